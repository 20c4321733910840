"""Text made comparable: case, accents and the Nordic letters folded away, with the way back to the original."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

WORD = re.compile(r"[^\W_]+")
_LETTERS = {"æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "t"}


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    # Soft hyphens and zero-width joiners stand inside words without being read.
    if unicodedata.category(character) in ("Cf", "Mn"):
        return ""
    out = []
    for part in unicodedata.normalize("NFKD", character.casefold()):
        if not unicodedata.combining(part):
            out.append(_LETTERS.get(part, part))
    return "".join(out)


@dataclass(frozen=True)
class Folded:
    """A folded text. `places` gives for each folded character its place in the original; None: the same."""

    text: str
    places: Sequence[int] | None
    length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the original of a non-empty span of the folded text."""
        if self.places is None:
            return start, end
        last = self.places[end] if end < len(self.places) else self.length
        # A folded letter may be half of an original one (ß): such a one is taken whole.
        return self.places[start], max(last, self.places[end - 1] + 1)


def fold(text: str) -> Folded:
    """Fold case, accents, ligatures and invisible characters: ä and å become a; ø and ö o; æ ae; ß ss."""
    if text.isascii() and text.isprintable():
        return Folded(text.lower(), None, len(text))
    parts = [_fold_character(character) for character in text]
    folded = "".join(parts)
    if len(folded) == len(text) and all(len(part) == 1 for part in parts):
        return Folded(folded, None, len(text))
    places = [place for place, part in enumerate(parts) for _ in part]
    return Folded(folded, places, len(text))


def folded_words(text: str) -> list[str]:
    """Return the folded words of a text: runs of letters and digits, in order."""
    return WORD.findall(fold(text).text)


@lru_cache(maxsize=4096)
def _without_marks(character: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))


def without_accents(text: str) -> str:
    """Fold case and accents: what Unicode takes apart loses its marks, other letters stay (ø, æ, ł)."""
    folded = text.casefold()
    # Letter by letter: Unicode puts the marks of a letter in order, which takes the square of their number.
    return folded if folded.isascii() else "".join(map(_without_marks, folded))


def plain_letters(text: str) -> str:
    """Fold case and accents, and write ø as o and æ as a: a Nordic word as one without such keys writes it."""
    return without_accents(text).replace("ø", "o").replace("æ", "a")
