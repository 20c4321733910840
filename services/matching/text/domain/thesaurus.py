"""The thesaurus: concepts of health technology with their words in several languages. Data, kept by staff.

A file is `{"concepts": [...]}`; a concept is `{"id", "names": {"sv", "en"}, "stems": {language: [stem, ...]}}` and may
have `parents` (ids of wider concepts), `served_by` ({id: strength}: a need for this one is served, less
directly, by an offer of those), `areas` ({focus area code: 0..1}, else its parents'), and `weight` (0..1, how
telling it is; else 1.0, a concept with narrower ones under it 0.8). A place or branch of care (wards, theatres, home
care) tells less than a thing used there: 0.5; what stands in every profile (software, municipality) 0.3. A word that is
common outside health is a weak sign. Stems: see `stems.py`.

An organiser's own file has the same form. Its concepts come beside the standard ones; one with the id of a standard
concept adds to it (its stems, parents, links and leanings come on top; names and weight take the place of the
standard ones), or with `"replace": true` stands in its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.matching.text.domain.stems import Stem, read_stem
from services.matching.text.domain.thesaurus_check import circles, faults_of
from shared.lasting import making_what_lasts

STANDARD_FILE = Path(__file__).with_name("thesaurus.json")
WIDER_WEIGHT = 0.8

Row = Mapping[str, Any]


class BadThesaurusError(ValueError):
    """A thesaurus file that cannot be used; `problems` names every fault found, a line each."""

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
        """Return every wider concept with the least number of steps to it."""
        steps: dict[str, int] = {}
        level = [concept_id]
        distance = 0
        while level:
            distance += 1
            level = [parent for one in level for parent in self.concepts[one].parents if parent not in steps]
            steps.update((parent, distance) for parent in level)
        return steps


@making_what_lasts()
def read_thesaurus(
    path: Path = STANDARD_FILE, own: Path | None = None, area_codes: Collection[str] | None = None
) -> Thesaurus:
    """Read and check a thesaurus file, and an organiser's `own` file on top of it.

    `area_codes`: the focus areas that concepts may lean to, where that is to be checked. Raises BadThesaurusError
    that lists every fault of the first file that has some; OSError.
    """
    raw = path.read_bytes()
    rows = _checked(path.name, read_rows(raw, path.name), (), area_codes)
    if own is None:
        return _made(rows, _digest(raw))
    own_raw = own.read_bytes()
    ids = [row["id"] for row in rows]
    more = _checked(own.name, read_rows(own_raw, own.name), ids, area_codes)
    merged = merge(rows, more)
    if faults := circles({row["id"]: row.get("parents", ()) for row in merged}):
        raise BadThesaurusError([f"{own.name}: {fault}" for fault in faults])
    return _made(merged, _digest(raw + b"\n" + own_raw))


def read_rows(raw: bytes, name: str) -> list[Any]:
    """Read the rows of a file's content; `name` stands in errors. Raises BadThesaurusError."""
    form = 'of the form {"concepts": [...]}'
    try:
        content = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_no_field_twice)
    except UnicodeDecodeError as error:
        raise BadThesaurusError([f"{name} is not UTF-8: {error}; save it as UTF-8"]) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadThesaurusError(
            [f"{name} is not JSON {form}: {error.msg} ({where}); mend it there"]
        ) from error
    except _FieldTwiceError as error:
        raise BadThesaurusError([f"{name}: {error}; keep one"]) from error
    rows = content.get("concepts") if isinstance(content, dict) else None
    if not isinstance(rows, list) or len(content) > 1:
        raise BadThesaurusError([f"{name} is not JSON {form}; write that around the list of concepts"])
    return rows


def merge(rows: Iterable[Row], own: Iterable[Row]) -> list[Row]:
    """Return checked rows with an organiser's own on top, in the order of both."""
    merged: dict[str, Row] = {row["id"]: row for row in rows}
    for row in own:
        old = merged.get(row["id"])
        plain = {field: value for field, value in row.items() if field != "replace"}
        merged[row["id"]] = plain if old is None or row.get("replace") else _extended(old, plain)
    return list(merged.values())


def _extended(old: Row, more: Row) -> Row:
    stems = {
        language: list(
            dict.fromkeys([*old["stems"].get(language, ()), *more.get("stems", {}).get(language, ())])
        )
        for language in dict.fromkeys([*old["stems"], *more.get("stems", {})])
    }
    new = {**old, **more, "names": {**old["names"], **more.get("names", {})}, "stems": stems}
    if "parents" in more:
        new["parents"] = list(dict.fromkeys([*old.get("parents", ()), *more["parents"]]))
    for field in ("served_by", "areas"):
        if field in more:
            new[field] = {**old.get(field, {}), **more[field]}
    return new


@cache
def standard_thesaurus() -> Thesaurus:
    """Return the thesaurus that comes with the service, read once."""
    return read_thesaurus()


def thesaurus_with(own_file: str) -> Thesaurus:
    """Return the standard thesaurus with an organiser's own file on top; an empty name: the standard one alone.

    Raises BadThesaurusError, OSError.
    """
    return read_thesaurus(own=Path(own_file)) if own_file else standard_thesaurus()


def make_thesaurus(rows: Iterable[Row], content_hash: str) -> Thesaurus:
    """Check rows of a thesaurus file and make it. Raises BadThesaurusError that lists every fault."""
    return _made(_checked("", list(rows), (), None), content_hash)


def _made(rows: Sequence[Row], content_hash: str) -> Thesaurus:
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


def _checked(
    name: str, rows: list[Any], others: Collection[str], area_codes: Collection[str] | None
) -> list[Row]:
    faults = faults_of(rows, others, area_codes)
    if not faults and not others:
        faults = circles({row["id"]: row.get("parents", ()) for row in rows})
    if faults:
        raise BadThesaurusError([f"{name}: {fault}" if name else str(fault) for fault in faults])
    return rows


class _FieldTwiceError(Exception):
    pass


def _no_field_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        field = next(name for place, (name, _) in enumerate(pairs) if name in dict(pairs[:place]))
        raise _FieldTwiceError(f"an object has the field {field!r} twice ({str(found)[:60]}…)")
    return found


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:12]


def _areas(row: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    if "areas" in row:
        return {code: float(leaning) for code, leaning in row["areas"].items()}
    areas: dict[str, float] = {}
    for parent in row.get("parents", ()):
        for code, leaning in _areas(by_id[parent], by_id).items():
            areas[code] = max(areas.get(code, 0.0), leaning)
    return areas
