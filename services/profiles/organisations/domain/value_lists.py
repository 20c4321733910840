"""How each list of a profile is read, whichever entrance it came by: what it names, what says nothing, what is unknown.

Where values are known (countries, languages, focus areas, ids) an item may name several, and what is not known is told.
Free words are parted by commas, semicolons, slashes, bullets and line breaks only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from shared.focus_areas import focus_area_code, read_focus_areas
from shared.ids import ID_PATTERN
from shared.words.countries import read_areas
from shared.words.folding import without_accents
from shared.words.invisible import trimmed
from shared.words.languages import read_languages
from shared.words.lists import (
    ListReading,
    count_pieces,
    count_plain_pieces,
    distinct,
    read_free_words,
    split_known,
    split_plainly,
    split_rows,
    unknown_parts,
    without_markers,
)
from shared.words.not_known import has_no_value

MOST_PIECES = 300
"""Pieces that all items of one list may have together: more than there are countries or languages to name."""


@dataclass(frozen=True)
class ValueList:
    """One way of reading a list, and what to say of a word in it that is not known: problem and fix.

    `%(word)r` in the problem stands for the word. `count` tells how many pieces an item has, without reading them.
    """

    read: Callable[[Sequence[str]], ListReading]
    problem: str = ""
    fix: str = ""
    count: Callable[[str], int] = count_pieces

    def is_too_long(self, items: Iterable[str]) -> bool:
        """Tell whether the items have more pieces than a list may have; ask it before they are read."""
        left = MOST_PIECES
        for item in items:
            left -= self.count(item)
            if left < 0:
                return True
        return False


_STATUS_WORDS = frozenset({
    "ce", "mdr", "mdd", "aimdd", "ivdr", "ivdd", "fda", "ukca", "mhra", "pma", "iso", "iec", "nmpa", "cfda",
    "pmda", "tga", "anvisa", "sfda", "mfds", "kfda", "cdsco", "hsa", "swissmedic", "mdsap", "mdel", "gmp", "gdpr",
    "hipaa", "cofepris", "sahpra", "dkma", "emea", "ema", "invima", "roszdravnadzor", "dtac", "diga",
})  # fmt: skip
_CLASS_ONLY = re.compile(
    r"(?:(?:risk)?klass|class|classe|klasse)?\s*(?:i{1,3}[ab]?|[1-4abcd])", re.IGNORECASE
)
_LEGAL_FORM = re.compile(
    r"(?:inc|ltd|llc|llp|plc|ab|as|asa|aps|oy|oyj|gmbh|ag|kg|bv|nv|sa|sas|sarl|srl|spa|sl|lda|co|corp|kft|pty)\.?"
    r"|[a-z](?:\.\s?[a-z]){1,3}\.?",
    re.IGNORECASE,
)


def read_focus_area_codes(items: Sequence[str]) -> ListReading:
    """Read focus areas as their codes, from codes and from names in any of their languages."""
    return _read_known(
        items, lambda word: focus_area_code(word) is not None, lambda word: focus_area_code(word) or word
    )


def read_ids(items: Sequence[str]) -> ListReading:
    """Read identifiers of organisations."""
    return _read_known(items, lambda word: ID_PATTERN.fullmatch(word) is not None, str)


def read_partnership_kinds(items: Sequence[str]) -> ListReading:
    """Read kinds of partnership, which are free words."""
    return read_free_words(items, split_plainly, has_no_value)


def read_statuses(items: Sequence[str]) -> ListReading:
    """Read regulatory statuses: `CE and FDA` are two, `MDR class IIa` and `CE, class IIa` are one each."""
    return read_free_words(items, _split_statuses, has_no_value)


def read_names(items: Sequence[str]) -> ListReading:
    """Read names of organisations; a legal form after a comma (`Exempel, Inc.`) belongs to its name."""
    return read_free_words(items, _split_names, has_no_value)


def read_places(items: Sequence[str]) -> ListReading:
    """Read places, whose names may hold commas."""
    return read_free_words(items, split_rows, has_no_value)


def _read_known(
    items: Iterable[str], is_known: Callable[[str], bool], code: Callable[[str], str]
) -> ListReading:
    found: list[str] = []
    empty: list[str] = []
    unknown: list[str] = []
    for item in map(trimmed, items):
        if has_no_value(item):
            empty.append(item)
        elif item:
            parts = split_known(item, is_known, no_value=has_no_value)
            if parts is None:
                unknown += unknown_parts(
                    item, lambda part: split_known(part, is_known, no_value=has_no_value) is not None
                )
            for part in parts or ():
                if has_no_value(part):
                    empty.append(part)
                else:
                    found.append(code(part))
    return ListReading(distinct(found), distinct(empty), distinct(unknown))


def _split_statuses(text: str) -> tuple[str, ...]:
    parts = [part for row in split_plainly(text) for part in split_known(row, _is_status) or (row,)]
    return _glued(parts, lambda part: _CLASS_ONLY.fullmatch(part) is not None)


def _is_status(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", without_accents(text))
    return len(set(words) & _STATUS_WORDS) == 1


def _split_names(text: str) -> tuple[str, ...]:
    parts = [
        part
        for row in split_rows(text)
        for part in _glued(
            [without_markers(one) for one in row.split(",")], lambda one: bool(_LEGAL_FORM.fullmatch(one))
        )
    ]
    return tuple(filter(None, parts))


def _glued(parts: Sequence[str], belongs_to_last: Callable[[str], bool]) -> tuple[str, ...]:
    glued: list[str] = []
    for part in parts:
        if glued and belongs_to_last(part):
            glued[-1] = f"{glued[-1]}, {part}"
        else:
            glued.append(part)
    return tuple(glued)


MARKETS = ValueList(
    read_areas,
    "%(word)r is no country and no group of countries that is known",
    "write the names of countries, such as Norway, or a group such as EU, Nordics or worldwide",
)
LANGUAGES = ValueList(
    read_languages,
    "%(word)r is no language that is known",
    "write its code of two letters, such as sv, en or de",
)
FOCUS_AREAS = ValueList(
    read_focus_area_codes,
    "%(word)r is no focus area",
    f"choose from {', '.join(read_focus_areas())}, or leave it empty",
)
IDS = ValueList(
    read_ids, "%(word)r is no identifier", "use at most 64 letters a-z, digits, dots, dashes and underscores"
)
PARTNERSHIP_KINDS = ValueList(read_partnership_kinds, count=count_plain_pieces)
STATUSES = ValueList(read_statuses)
NAMES = ValueList(read_names, count=count_plain_pieces)
PLACES = ValueList(read_places, count=count_plain_pieces)
