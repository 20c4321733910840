"""Checking the rows of a thesaurus file: every fault with its concept, its field, and what to write instead."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.matching.text.domain.stems import BadStemError, read_stem

FIELDS = ("id", "names", "stems", "parents", "served_by", "areas", "weight")
OWN_FIELDS = (*FIELDS, "replace")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_LANGUAGE = re.compile(r"[a-z]{2}")


@dataclass(frozen=True)
class Fault:
    """What is wrong in one place; `concept` is its id, or its place in the file (`number 3`) where it has none."""

    concept: str
    field: str
    said: str
    fix: str

    def __str__(self) -> str:
        """Say it in one line."""
        place = f"concept {self.concept!r}" if self.concept else "the file"
        return f"{place}: {f'{self.field}: ' if self.field else ''}{self.said}; {self.fix}"


def faults_of(
    rows: Sequence[object], others: Collection[str] = (), area_codes: Collection[str] | None = None
) -> list[Fault]:
    """Return every fault of a file's rows; without any they make a thesaurus.

    `others` are the ids of a thesaurus that the rows extend: a row with such an id may leave out `names` and `stems`,
    and say `replace`. `area_codes`, where given, are the focus areas that `areas` may name.
    """
    found: list[Fault] = []
    good: list[tuple[str, Mapping[str, Any]]] = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            said = f"a concept is an object, not {_kind(row)}"
            found.append(Fault(f"number {number}", "", said, 'write {"id": …, "names": …, "stems": …}'))
            continue
        name = row.get("id")
        if not isinstance(name, str) or not _ID.fullmatch(name):
            said = f"{name!r} is no id"
            found.append(
                Fault(f"number {number}", "id", said, "write small letters a-z, digits and _, a letter first")
            )
            continue
        good.append((name, row))
    counts = Counter(name for name, _ in good)
    found += [
        Fault(name, "id", f"it is there {count} times", "keep one")
        for name, count in counts.items()
        if count > 1
    ]
    known = set(counts) | set(others)
    for name, row in good:
        found += _row_faults(name, row, known, name in others, bool(others), area_codes)
    return found


def circles(parents: Mapping[str, Sequence[str]]) -> list[Fault]:
    """Return a fault when concepts are, over several steps, parents of themselves."""
    done: set[str] = set()
    while True:
        ready = {one for one, above in parents.items() if one not in done and done.issuperset(above)}
        if not ready:
            break
        done |= ready
    stuck = sorted(set(parents) - done)
    if not stuck:
        return []
    return [
        Fault(stuck[0], "parents", f"they go in a circle among {', '.join(stuck)}", "take one of them out")
    ]


def _row_faults(
    name: str,
    row: Mapping[str, Any],
    known: Collection[str],
    extends: bool,
    own: bool,
    area_codes: Collection[str] | None,
) -> list[Fault]:
    fields = OWN_FIELDS if own else FIELDS
    found = [
        Fault(name, field, f"unknown field {field!r}", f"write one of {', '.join(fields)}")
        for field in row
        if field not in fields
    ]
    whole = not extends or row.get("replace") is True
    found += _names(name, row, whole)
    found += _stems(name, row, whole)
    parents = row.get("parents", [])
    if not isinstance(parents, list):
        found.append(Fault(name, "parents", f"is {_kind(parents)}", 'write a list of ids, as ["home_care"]'))
        parents = []
    found += _strangers(name, "parents", parents, known)
    if name in parents:
        found.append(Fault(name, "parents", "names itself", "take it out"))
    for field, example in (("served_by", '{"home_care": 0.5}'), ("areas", '{"ageing": 0.8}')):
        shares = row.get(field, {})
        if not isinstance(shares, dict):
            found.append(Fault(name, field, f"is {_kind(shares)}", f"write an object, as {example}"))
            continue
        found += [_share(name, field, key, share) for key, share in shares.items() if not _is_share(share)]
        if field == "served_by":
            found += _strangers(name, field, list(shares), known)
        elif area_codes is not None:
            found += [
                Fault(name, field, f"{code!r} is no focus area", f"write one of {', '.join(area_codes)}")
                for code in shares
                if code not in area_codes
            ]
    if not _is_share(row.get("weight", 1.0)):
        found.append(_share(name, "weight", "weight", row["weight"]))
    if not isinstance(row.get("replace", False), bool):
        found.append(Fault(name, "replace", f"is {row['replace']!r}", "write true, or leave it out"))
    return found


def _names(name: str, row: Mapping[str, Any], whole: bool) -> list[Fault]:
    names = row.get("names", {})
    if not isinstance(names, dict) or not all(isinstance(one, str) for one in names.values()):
        return [Fault(name, "names", "is no object of texts", 'write {"sv": "…", "en": "…"}')]
    if whole and not (names.get("sv", "").strip() and names.get("en", "").strip()):
        return [Fault(name, "names", "needs names in sv and en", 'write {"sv": "…", "en": "…"}')]
    return [
        Fault(name, f"names.{language}", "is empty", "write a name, or leave it out")
        for language, one in names.items()
        if not one.strip()
    ]


def _stems(name: str, row: Mapping[str, Any], whole: bool) -> list[Fault]:
    stems = row.get("stems", {})
    if not isinstance(stems, dict):
        return [
            Fault(
                name, "stems", f"is {_kind(stems)}", 'write an object of lists, as {"sv": ["trygghetslarm*"]}'
            )
        ]
    found = []
    for language, some in stems.items():
        place = f"stems.{language}"
        if not _LANGUAGE.fullmatch(language):
            found.append(Fault(name, place, f"{language!r} is no language", "write ISO 639-1, as sv or de"))
        if not isinstance(some, list) or not all(isinstance(stem, str) for stem in some):
            found.append(Fault(name, place, "is no list of texts", 'write ["trygghetslarm*"]'))
            continue
        for stem in some:
            try:
                read_stem(stem)
            except BadStemError as error:
                found.append(Fault(name, place, str(error), "see the notation in docs/thesaurus.md"))
        found += [
            Fault(name, place, f"{stem!r} is there {count} times", "keep one")
            for stem, count in Counter(some).items()
            if count > 1
        ]
    if whole and not any(stems.values()):
        found.append(Fault(name, "stems", "has no stems, so no text can mention it", "write its words"))
    return found


def _strangers(name: str, field: str, ids: Sequence[object], known: Collection[str]) -> list[Fault]:
    return [
        Fault(name, field, f"{field} names {other!r}, which is no concept", "write a concept's id, or add it")
        for other in ids
        if not isinstance(other, str) or other not in known
    ]


def _is_share(share: object) -> bool:
    return isinstance(share, (int, float)) and not isinstance(share, bool) and 0 < share <= 1


def _share(name: str, field: str, key: str, share: object) -> Fault:
    return Fault(name, field, f"{key} must be over 0 and at most 1, not {share!r}", "write it as 0.5")


def _kind(value: object) -> str:
    words = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return words.get(type(value), "a number")
