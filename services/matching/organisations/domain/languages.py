"""Languages that organisations work in: which two mean the same, which are close, and their names."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from babel import Locale

from services.matching.organisations.domain.free_words import folded_name

_CLOSE = frozenset({"sv", "no", "da"})
_SAME = {"nb": "no", "nn": "no"}
CLOSE = 0.7
"""How well neighbours understand each other, where two that share a language have 1.0."""


@cache
def _codes_by_name() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in ("en", "sv", "da", "nb", "de"):
        for code, name in sorted(Locale.parse(language).languages.items()):
            if len(code) == 2:
                names.setdefault(folded_name(name), code)
    return names


def language_code(word: str) -> str:
    """Return the code of a language (`sv` for `Swedish`, `svenska`, `sv-SE`); an unknown word stays, folded."""
    folded = folded_name(word)
    code = _codes_by_name().get(folded, folded.split("-")[0].split("_")[0])
    return _SAME.get(code, code)


def language_name(word: str, language: str) -> str:
    """Return the language's name in a language (`sv`, `en`); an unknown word as it was written."""
    name = Locale.parse(language).languages.get(language_code(word))
    return str(name) if name else word


def common_language(one: Iterable[str], other: Iterable[str]) -> float:
    """Return 1.0 when two share a language, `CLOSE` when theirs are Swedish, Norwegian and Danish, else 0.0."""
    mine, theirs = {language_code(word) for word in one}, {language_code(word) for word in other}
    if mine & theirs:
        return 1.0
    return CLOSE if mine & _CLOSE and theirs & _CLOSE else 0.0
