"""Exact pieces of a text: a found word with the words around it, and words that two texts have alike."""

from __future__ import annotations

import re
from functools import lru_cache

from shared.words.folding import without_accents

LONGEST = 55
"""Characters of a phrase around a quote."""
ALIKE = 6
"""Letters at the beginning that two words must share to count as alike."""

_BREAK = re.compile(r"[.;:!?,()\[\]\n\r\t\"“”„«»]|\s[–—-]\s")
_LOOSE = frozenset({
    "a", "an", "and", "are", "as", "at", "att", "av", "by", "das", "de", "den", "der", "det", "die", "ein",
    "eine", "eller", "en", "er", "et", "ett", "for", "fra", "from", "för", "har", "i", "im", "in", "is",
    "med", "mit", "och", "oder", "of", "og", "om", "on", "or", "på", "som", "that", "the", "til", "till",
    "to", "und", "von", "which", "with", "zu", "är",
})  # fmt: skip
"""Words that a phrase does not begin or end with."""
_WORD = re.compile(r"[^\W\d_]+")


def phrase_around(text: str, quote: str, longest: int = LONGEST) -> str:
    """Return the part of a sentence around a quote: whole words, at most `longest` characters, exactly as written.

    Space around the quote does not count. A quote that is longer itself, or does not stand in the text, is returned
    as it is.
    """
    quote = quote.strip()
    start = text.find(quote)
    if start < 0 or not quote:
        return quote
    end = start + len(quote)
    left = max((found.end() for found in _BREAK.finditer(text, 0, start)), default=0)
    after = _BREAK.search(text, end)
    right = after.start() if after else len(text)
    edges = [(m.start(), m.end()) for m in re.finditer(r"\S+", text[left:right])]
    words = [(left + a, left + b) for a, b in edges]
    before = [word for word in words if word[0] < start]
    behind = [word for word in words if word[1] > end]
    # A quote inside a word takes in the whole word first.
    if before and before[-1][1] > start:
        start = before.pop()[0]
    if behind and behind[0][0] < end:
        end = behind.pop(0)[1]
    # What stands before a word tells more of it than what comes after.
    while before and end - before[-1][0] <= longest:
        start = before.pop()[0]
    while behind and behind[0][1] - start <= longest:
        end = behind.pop(0)[1]
    return _trimmed(text, start, end, text.find(quote), text.find(quote) + len(quote))


def _trimmed(text: str, start: int, end: int, quote_start: int, quote_end: int) -> str:
    """Leave out loose words at both ends, never the quote itself."""
    words = [(start + m.start(), start + m.end()) for m in re.finditer(r"\S+", text[start:end])]
    while words and words[0][1] <= quote_start and text[slice(*words[0])].casefold() in _LOOSE:
        words.pop(0)
    while words and words[-1][0] >= quote_end and text[slice(*words[-1])].casefold() in _LOOSE:
        words.pop()
    return text[words[0][0] : words[-1][1]] if words else text[start:end]


def alike_words(one: str, other: str, most: int = 3) -> tuple[tuple[str, str], ...]:
    """Return up to `most` pairs of words, exactly as written, that begin alike; the longest beginnings first."""
    theirs: dict[str, tuple[str, str]] = {}
    for folded, word in _long_words(other):
        theirs.setdefault(folded[:ALIKE], (folded, word))
    pairs: dict[str, tuple[int, str, str]] = {}
    for folded, word in _long_words(one):
        beginning = folded[:ALIKE]
        if beginning in theirs and beginning not in pairs:
            pairs[beginning] = (_common(folded, theirs[beginning][0]), word, theirs[beginning][1])
    ordered = sorted(pairs.values(), key=lambda pair: (-pair[0], pair[1], pair[2]))
    return tuple((mine, their) for _, mine, their in ordered[:most])


@lru_cache(maxsize=64)
def _long_words(text: str) -> tuple[tuple[str, str], ...]:
    """Return the words of a text, folded and as written; a need's text is asked for with each of a company's."""
    words = ((without_accents(found.group()), found.group()) for found in _WORD.finditer(text))
    return tuple((folded, word) for folded, word in words if len(folded) >= ALIKE)


def _common(one: str, other: str) -> int:
    """Count the letters at the beginning that are the same."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
