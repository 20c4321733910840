"""The thesaurus: concepts of health technology with their words in several languages. Data, kept by staff.

A file is `{"concepts": [...]}`; a concept is `{"id", "names": {"sv", "en"}, "stems": {language: [stem, ...]}}` and may
have `parents` (ids of wider concepts), `served_by` ({id: strength}: a need for this one is served, less
directly, by an offer of those), `areas` ({focus area code: 0..1}, else its parents'), and `weight` (0..1, how
telling it is; else 1.0, a concept with narrower ones under it 0.8). A place or branch of care (wards, theatres, home
care) tells less than a thing used there: 0.5; what stands in every profile (software, municipality) 0.3. A word that is
common outside health is a weak sign. Stems: see `stems.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.matching.domain.text.folding import WORD, fold
from services.matching.domain.text.stems import BadStemError, Stem, StemMatcher, read_stem

STANDARD_FILE = Path(__file__).with_name("thesaurus.json")
WIDER_WEIGHT = 0.8


class BadThesaurusError(ValueError):
    """A thesaurus file that cannot be used; `problems` names every fault found."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class Concept:
    """One concept. `areas` are effective: its own leanings, or what it takes from its parents."""

    id: str
    names: Mapping[str, str]
    stems: tuple[tuple[str, Stem], ...]
    parents: tuple[str, ...]
    served_by: Mapping[str, float]
    areas: Mapping[str, float]
    weight: float


@dataclass(frozen=True)
class Thesaurus:
    """Concepts by id, in the file's order, and a hash of the file's content."""

    concepts: Mapping[str, Concept]
    content_hash: str

    def ancestors(self, concept_id: str) -> dict[str, int]:
        """Give every wider concept with the least number of steps to it."""
        steps: dict[str, int] = {}
        level = [concept_id]
        distance = 0
        while level:
            distance += 1
            level = [parent for one in level for parent in self.concepts[one].parents if parent not in steps]
            steps.update((parent, distance) for parent in level)
        return steps


def read_thesaurus(path: Path = STANDARD_FILE) -> Thesaurus:
    """Read and check a thesaurus file. Raises BadThesaurusError that lists every fault."""
    raw = path.read_bytes()
    try:
        rows = json.loads(raw)["concepts"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadThesaurusError(
            [f'{path.name} is not JSON of the form {{"concepts": [...]}}: {error}']
        ) from error
    return make_thesaurus(rows, hashlib.sha256(raw).hexdigest()[:12])


@cache
def standard_thesaurus() -> Thesaurus:
    """Give the thesaurus that comes with the service, read once."""
    return read_thesaurus()


def make_thesaurus(rows: Iterable[Mapping[str, Any]], content_hash: str) -> Thesaurus:
    """Check rows of a thesaurus file and make it. Raises BadThesaurusError that lists every fault."""
    rows = list(rows)
    problems = _faults(rows)
    if problems:
        raise BadThesaurusError(problems)
    by_id = {row["id"]: row for row in rows}
    wider = {parent for row in rows for parent in row.get("parents", ())}
    concepts = {}
    for row in rows:
        concepts[row["id"]] = Concept(
            id=row["id"],
            names=dict(row["names"]),
            stems=tuple(
                (language, read_stem(stem)) for language, stems in row["stems"].items() for stem in stems
            ),
            parents=tuple(row.get("parents", ())),
            served_by={other: float(strength) for other, strength in row.get("served_by", {}).items()},
            areas=_areas(row, by_id),
            weight=float(row.get("weight", WIDER_WEIGHT if row["id"] in wider else 1.0)),
        )
    return Thesaurus(concepts, content_hash)


def _areas(row: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    if "areas" in row:
        return {code: float(leaning) for code, leaning in row["areas"].items()}
    areas: dict[str, float] = {}
    for parent in row.get("parents", ()):
        for code, leaning in _areas(by_id[parent], by_id).items():
            areas[code] = max(areas.get(code, 0.0), leaning)
    return areas


def _faults(rows: list[Mapping[str, Any]]) -> list[str]:
    problems = []
    ids = Counter(row.get("id") for row in rows)
    problems += [
        f"concept {one!r} is there {count} times: keep one" for one, count in ids.items() if count > 1
    ]
    known = {"id", "names", "stems", "parents", "served_by", "areas", "weight"}
    for row in rows:
        name = f"concept {row.get('id')!r}"
        if not isinstance(row.get("id"), str) or not row["id"]:
            problems.append("a concept has no id")
        problems += [f"{name}: unknown field {field!r}" for field in row if field not in known]
        if not row.get("names", {}).get("sv") or not row.get("names", {}).get("en"):
            problems.append(f"{name}: needs names in sv and en")
        stems = [stem for stems in row.get("stems", {}).values() for stem in stems]
        if not stems:
            problems.append(f"{name}: has no stems, so no text can mention it")
        for stem in stems:
            try:
                read_stem(stem)
            except BadStemError as error:
                problems.append(f"{name}: {error}")
        for field in ("parents", "served_by"):
            problems += [
                f"{name}: {field} names {other!r}, which is no concept"
                for other in row.get(field, ())
                if other not in ids
            ]
        shares = {**row.get("areas", {}), **row.get("served_by", {}), "weight": row.get("weight", 1.0)}
        problems += [
            f"{name}: {key} must be over 0 and at most 1" for key, x in shares.items() if not 0 < x <= 1
        ]
    return problems or _cycles(rows)


def _cycles(rows: list[Mapping[str, Any]]) -> list[str]:
    parents = {row["id"]: tuple(row.get("parents", ())) for row in rows}
    done: set[str] = set()
    while True:
        ready = {one for one, above in parents.items() if one not in done and done.issuperset(above)}
        if not ready:
            break
        done |= ready
    stuck = sorted(set(parents) - done)
    return [f"parents go in a circle among {', '.join(stuck)}"] if stuck else []


def unknown_words(
    texts: Iterable[str], thesaurus: Thesaurus | None = None, shortest: int = 5
) -> list[tuple[str, int]]:
    """List words that no concept knows with the number of texts they stand in, the most frequent first.

    For staff who extend the thesaurus. Words under `shortest` letters are left out.
    """
    thesaurus = thesaurus or standard_thesaurus()
    stems = [(one.id, language, stem) for one in thesaurus.concepts.values() for language, stem in one.stems]
    matcher = StemMatcher(stems)
    counts: Counter[str] = Counter()
    for text in texts:
        folded = fold(text).text
        known = [(found.start, found.end) for found in matcher.find(folded, "")]
        counts.update(
            {
                match.group()
                for match in WORD.finditer(folded)
                if match.end() - match.start() >= shortest
                and not any(start <= match.start() < end for start, end in known)
            }
        )
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
