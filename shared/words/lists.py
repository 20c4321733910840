"""Several values in one text, as people write them: with commas, slashes, `and`, `och`, `&`, bullets, line breaks.

What a value is, the caller knows. A text is read as several values only where every one of them is known, so that
`Bosnia and Herzegovina` and `Korea, Republic of` stay one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from shared.words.invisible import trimmed
from shared.words.not_known import is_not_known

Known = Callable[[str], bool]

_AND = (
    "and|or|och|eller|samt|og|und|oder|sowie|en|et|ou|y|e|o|i|ja|tai|oraz|lub|plus|as well as"
    "|and/or|och/eller|og/eller|und/oder|et/ou|y/o|e/o|en/of|ja/tai|i/lub"
)
_LINE_BREAK = r"\r\n\v\f\x1c-\x1e\x85\u2028\u2029"
_BULLETS = "\u2022\u2023\u2043\u25aa\u25cf\u25e6\u25a0\u25c6\u25b8\u25ba\u2219\u00b7\u00a7\u27a2\u2713\u2714*"
_BY_COMMA = rf"[,;|{_LINE_BREAK}\t\u060c\u061b\u3001\uff0c\uff1b{_BULLETS}]"
_NUMBER = rf"(?:^|(?<=[{_LINE_BREAK}]))\s*+\d{{1,2}}[.)](?=\s)"
_KNOWN_SEPARATOR = (
    rf"{_BY_COMMA}|{_NUMBER}|[/\\&+\u2013\u2014\uff0f\uff06]|(?<=\s)-(?=\s)|^-(?=\s)"
    rf"|(?<=[\w.)?])\s++(?:{_AND})\s++(?=[\w(?])"
)
_SEPARATOR = re.compile(_KNOWN_SEPARATOR, re.IGNORECASE)
_SEPARATOR_OR_HYPHEN = re.compile(
    rf"{_KNOWN_SEPARATOR}|(?:(?<=[^\W\d_])|(?<=[.)\u2019']))[-\u2010\u2011](?=[^\W\d_]|\()", re.IGNORECASE
)
_PLAIN_SEPARATOR = re.compile(rf"{_BY_COMMA}|{_NUMBER}|^-(?=\s)|(?<=[{_LINE_BREAK}])\s*+-(?=\s)|\s/\s")
_MARKERS = re.compile(r"(?:(?:\d{1,2}[.)]|-)\s++)++")
_SLASH = re.compile(r"(?<=[^\W\d])/(?=[^\W\d])")
_ROW_SEPARATOR = re.compile(
    rf"[;|{_LINE_BREAK}\t\uff1b\u2022\u2023\u2043\u25aa\u25cf\u25e6\u25a0]|{_NUMBER}|^-(?=\s)"
)
# Between two codes of two letters these may be a conjunction as well as a code: Ethiopia, English, Estonian, Japanese.
_CODE_OR_CONJUNCTION = re.compile(r"(?<!\S)[^\W\d_]{2}\s+(en|et|ja)\s+[^\W\d_]{2}(?!\S)", re.IGNORECASE)
_LEADING = re.compile(rf"(?:{_AND})\s+(?=\S)")
_AROUND = " \t\"'`\u00b4\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb:=>_"
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_LONGEST_BARE = 150
"""Characters of the longest name whose brackets are taken off: no country or language is longer."""
_LONGEST_NAME = 8
"""Pieces between separators that one name may have."""
MOST_UNKNOWN = 50
"""Unknown parts of one text that are told."""


@dataclass(frozen=True)
class ListReading:
    """What a list says: its `values`, the items that stand for *not known* (`empty`), and those that nobody knows."""

    values: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def _never(text: str) -> bool:
    """Say of no text that it stands for no value."""
    return False


def split_known(
    text: str,
    is_known: Known,
    is_known_word: Known | None = None,
    no_value: Known = _never,
    *,
    hyphens: bool = False,
) -> tuple[str, ...] | None:
    """Return the known values that a text names, in its order; None where a part of it is not known.

    A value may hold separators itself: the longest known one is taken. With `is_known_word` values may stand apart by
    blanks alone, each of them known to it; with `hyphens` these part values, too. Parts that stand for `no_value` are
    among what is returned. Values come without the quotation marks and brackets around them.
    """
    text = trimmed(text)
    if is_known(text) and not _has_empty_part(text, no_value):
        return (_bare(text, is_known),)
    if is_known_word and any(is_known_word(match[1]) for match in _CODE_OR_CONJUNCTION.finditer(text)):
        return None
    pieces = _pieces(text, _SEPARATOR_OR_HYPHEN if hyphens else _SEPARATOR)
    pieces = _with_slashes(text, pieces, no_value)
    found: list[str] = []
    place = 0
    while place < len(pieces):
        for end in range(min(len(pieces), place + _LONGEST_NAME), place, -1):
            name = trimmed(text[pieces[place][0] : pieces[end - 1][1]])
            if end > place + 1 and _has_empty_part(name, no_value):
                continue
            if no_value(name):
                found.append(name)
                break
            leading = _LEADING.match(name) if place else None
            without = name[leading.end() :] if leading else ""
            known = next((one for one in (without, name, _bare(name)) if one and is_known(one)), "")
            if known:
                found.append(_bare(known, is_known))
                break
        else:
            name = trimmed(text[slice(*pieces[place])])
            several = _by_blanks(name, is_known_word) if is_known_word else None
            if several is None:
                return None
            found += (_bare(one, is_known_word) for one in several)
            end = place + 1
        place = end
    return tuple(found) or None


def split_plainly(text: str) -> tuple[str, ...]:
    """Return the parts of a list of free words: parted by commas, semicolons, bullets, line breaks, and slashes.

    The slash of `N/A` parts nothing.
    """
    rows = _parts(text, _PLAIN_SEPARATOR)
    return tuple(part for row in rows for part in ((row,) if is_not_known(row) else _parts(row, _SLASH)))


def split_rows(text: str) -> tuple[str, ...]:
    """Return the parts of a list whose items may hold commas: parted by semicolons, bullets and line breaks."""
    return _parts(text, _ROW_SEPARATOR)


def unknown_parts(text: str, names_known: Known) -> tuple[str, ...]:
    """Return the first 50 parts of a text that name nothing known, to be told to whoever wrote it."""
    parts = (part for part in split_plainly(text) if not names_known(part))
    return tuple(islice(parts, MOST_UNKNOWN)) or (trimmed(text),)


def count_pieces(text: str) -> int:
    """Count the pieces between anything that parts known values, hyphens too: what `split_known` has to look at."""
    return len(_pieces(text, _SEPARATOR_OR_HYPHEN))


def count_plain_pieces(text: str) -> int:
    """Count the pieces between what parts free words."""
    return len(_pieces(text, _PLAIN_SEPARATOR))


def _parts(text: str, separator: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(
        part for start, end in _pieces(text, separator) if (part := without_markers(text[start:end]))
    )


def without_markers(part: str) -> str:
    """Return a part of a list without what marks its place there (`2. `, `- `), also where several do."""
    part = trimmed(part)
    while marker := _MARKERS.match(part):
        part = trimmed(part[marker.end() :])
    return part


def _pieces(text: str, separator: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return where the pieces between separators stand; those without any text are left out."""
    places, start = [], 0
    for match in separator.finditer(text):
        places.append((start, match.start()))
        start = match.end()
    places.append((start, len(text)))
    return [(first, last) for first, last in places if trimmed(text[first:last])]


def _with_slashes(text: str, pieces: list[tuple[int, int]], no_value: Known) -> list[tuple[int, int]]:
    """Return the pieces with those together that stand for no value only together, such as `N/A`."""
    whole: list[tuple[int, int]] = []
    for start, end in pieces:
        if (
            whole
            and no_value(text[whole[-1][0] : end])
            and not no_value(text[slice(*whole[-1])])
            and not no_value(text[start:end])
        ):
            whole[-1] = whole[-1][0], end
        else:
            whole.append((start, end))
    return whole


def _has_empty_part(text: str, no_value: Known) -> bool:
    """Tell whether a part between separators stands for no value, so that the whole is more than one value."""
    if no_value is _never:
        return False
    pieces = _pieces(text, _SEPARATOR)
    return len(pieces) > 1 and any(no_value(text[start:end]) for start, end in pieces)


def _bare(name: str, is_known: Known | None = None) -> str:
    """Return a name without quotation marks and brackets around it; as it is where only that is known."""
    if len(name) > _LONGEST_BARE:
        return name
    bare, before = name.strip(_AROUND), ""
    while bare != before:
        before = bare
        for opening, closing in _BRACKETS:
            if bare[:1] == opening and (closing not in bare or bare.find(closing) == len(bare) - 1):
                bare = bare[1:].removesuffix(closing)
            elif bare[-1:] == closing and opening not in bare:
                bare = bare[:-1]
        if re.search(r"\w{4}\.$", bare):
            bare = bare[:-1]
        bare = without_markers(bare.strip(_AROUND))
    return bare if bare and (is_known is None or is_known(bare)) else name


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
