"""Letters and their marks in the one form in which texts are kept and compared."""

from __future__ import annotations

import re
import unicodedata

_MANY = 3
# A first letter is no mark; of the ranges some characters are none, which changes nothing.
_MARKS = re.compile(f"[^\\x00-\u02ff]{{{_MANY},}}")


def composed(text: str) -> str:
    """Return the text in Unicode's Normalization Form C (UAX #15), in time that grows with its length alone.

    Marks that stand one after the other are put in their order first: the library's way of doing so takes the square
    of their number.
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _MARKS.sub(_ordered, text))


def compatible(text: str) -> str:
    """Return the text in Normalization Form KC, where half and full width, ligatures and the like are one."""
    return text if text.isascii() else unicodedata.normalize("NFKC", _MARKS.sub(_ordered, text))


def _ordered(found: re.Match[str]) -> str:
    run: list[str] = []
    out: list[str] = []
    for character in found.group():
        if unicodedata.combining(character):
            run.append(character)
            continue
        if run:
            out += sorted(run, key=unicodedata.combining)
            run = []
        out.append(character)
    return "".join([*out, *sorted(run, key=unicodedata.combining)])
