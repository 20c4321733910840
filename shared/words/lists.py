"""Several values in one text, as people write them: with commas, slashes, `and`, `och`, `&`, bullets, line breaks.

What a value is, the caller knows. A text is read as several values only where every one of them is known, so that
`Bosnia and Herzegovina` and `Korea, Republic of` stay one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from shared.words.invisible import trimmed

Known = Callable[[str], bool]

_AND = (
    "and|or|och|eller|samt|og|und|oder|sowie|en|et|ou|y|e|o|i|ja|tai|oraz|lub|plus|as well as"
    "|and/or|och/eller|og/eller|und/oder|et/ou|y/o|e/o|en/of|ja/tai|i/lub"
)
_LINE_BREAK = r"\r\n\v\f\x1c-\x1e\x85\u2028\u2029"
_BULLETS = "\u2022\u2023\u2043\u25aa\u25cf\u25e6\u25a0\u25c6\u25b8\u25ba\u2219\u00b7\u00a7\u27a2\u2713\u2714*"
_BY_COMMA = rf"[,;|{_LINE_BREAK}\t\u060c\u061b\u3001\uff0c\uff1b{_BULLETS}]"
_SEPARATOR = re.compile(
    rf"{_BY_COMMA}|[/\\&+\u2013\u2014\uff0f\uff06]|(?<=\s)-(?=\s)|^-(?=\s)"
    rf"|(?<=[\w.)])\s++(?:{_AND})\s++(?=[\w(])",
    re.IGNORECASE,
)
_PLAIN_SEPARATOR = re.compile(
    rf"{_BY_COMMA}|^-(?=\s)|(?<=[{_LINE_BREAK}])\s*+-(?=\s)|\s/\s|(?<=[^\W\d])/(?=[^\W\d])"
)
_ROW_SEPARATOR = re.compile(rf"[;|{_LINE_BREAK}\t\uff1b\u2022\u2023\u2043\u25aa\u25cf\u25e6\u25a0]|^-(?=\s)")
# Between two codes of two letters these may be a conjunction as well as a code: Ethiopia, English, Estonian, Japanese.
_CODE_OR_CONJUNCTION = re.compile(r"(?<!\S)[^\W\d_]{2}\s+(en|et|ja)\s+[^\W\d_]{2}(?!\S)", re.IGNORECASE)
_LEADING = re.compile(rf"(?:{_AND})\s+(?=\S)")
_LONGEST_NAME = 8
"""Pieces between separators that one name may have."""


@dataclass(frozen=True)
class ListReading:
    """What a list says: its `values`, the items that stand for *not known* (`empty`), and those that nobody knows."""

    values: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def split_known(text: str, is_known: Known, is_known_word: Known | None = None) -> tuple[str, ...] | None:
    """Return the known values that a text names, in its order; None where a part of it is not known.

    A value may hold separators itself: the longest known one is taken. With `is_known_word` values may stand apart by
    blanks alone, each of them known to it.
    """
    text = trimmed(text)
    if is_known(text):
        return (text,)
    if is_known_word and any(is_known_word(match[1]) for match in _CODE_OR_CONJUNCTION.finditer(text)):
        return None
    pieces = _pieces(text, _SEPARATOR)
    found: list[str] = []
    place = 0
    while place < len(pieces):
        for end in range(min(len(pieces), place + _LONGEST_NAME), place, -1):
            name = trimmed(text[pieces[place][0] : pieces[end - 1][1]])
            leading = _LEADING.match(name) if place else None
            known = next(
                (one for one in (name[leading.end() :] if leading else "", name) if one and is_known(one)), ""
            )
            if known:
                found.append(known)
                break
        else:
            name = trimmed(text[slice(*pieces[place])])
            several = _by_blanks(name, is_known_word) if is_known_word else None
            if several is None:
                return None
            found += several
            end = place + 1
        place = end
    return tuple(found) or None


def split_plainly(text: str) -> tuple[str, ...]:
    """Return the parts of a list of free words: parted by commas, semicolons, bullets, line breaks, and slashes."""
    return _parts(text, _PLAIN_SEPARATOR)


def split_rows(text: str) -> tuple[str, ...]:
    """Return the parts of a list whose items may hold commas: parted by semicolons, bullets and line breaks."""
    return _parts(text, _ROW_SEPARATOR)


def unknown_parts(text: str, names_known: Known) -> tuple[str, ...]:
    """Return the parts of a text that name nothing known, to be told to whoever wrote it."""
    parts = split_plainly(text)
    return tuple(part for part in parts if not names_known(part)) or (trimmed(text),)


def _parts(text: str, separator: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(part for start, end in _pieces(text, separator) if (part := trimmed(text[start:end])))


def _pieces(text: str, separator: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return where the pieces between separators stand; those without any text are left out."""
    places, start = [], 0
    for match in separator.finditer(text):
        places.append((start, match.start()))
        start = match.end()
    places.append((start, len(text)))
    return [(first, last) for first, last in places if trimmed(text[first:last])]


def _by_blanks(text: str, is_known_word: Known) -> tuple[str, ...] | None:
    words = text.split()
    found: list[str] = []
    place = 0
    while place < len(words):
        for end in range(min(len(words), place + _LONGEST_NAME), place, -1):
            name = " ".join(words[place:end])
            if is_known_word(name):
                found.append(name)
                break
        else:
            return None
        place = end
    return tuple(found)


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values without those that are written like one before."""
    return tuple(dict.fromkeys(values))


def read_free_words(
    items: Sequence[str], split: Callable[[str], tuple[str, ...]], no_value: Known
) -> ListReading:
    """Read a list of free words, of which none is unknown; `no_value` tells which stand for no value at all."""
    values: list[str] = []
    empty: list[str] = []
    for item in items:
        for part in (trimmed(item),) if no_value(item) else split(item):
            (empty if no_value(part) else values).append(part)
    return ListReading(distinct(values), distinct(empty))
