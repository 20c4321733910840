"""Small help for sentences in Swedish and English: quotation marks, lists of words, both languages side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LANGUAGES = ("sv", "en")
"""The languages that reasons, questions and verdicts are written in."""

Bilingual = Mapping[str, str]
"""One text in each of `LANGUAGES`."""

_MARKS = {"sv": ("”", "”"), "en": ("“", "”")}
_AND = {"sv": "och", "en": "and"}


def both(sv: str, en: str) -> dict[str, str]:
    """Return one text in both languages."""
    return {"sv": sv, "en": en}


def quoted(words: str, language: str) -> str:
    """Set words in the language's quotation marks; the words themselves stay as they are."""
    opening, closing = _MARKS[language]
    return f"{opening}{words}{closing}"


def listed(words: Sequence[str], language: str) -> str:
    """Join words as a sentence does: `a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {_AND[language]} {words[-1]}"


def in_sentence(name: str) -> str:
    """Write a name as it stands inside a sentence: a small first letter, unless the word is an abbreviation."""
    return name if len(name) > 1 and name[1].isupper() else name[:1].lower() + name[1:]
