"""Languages as people write them: codes (`sv`, `swe`), tags (`sv-SE`, `en_GB`), names in the languages of the trade."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from babel import Locale
from babel.core import get_global

from shared.words.countries import NAME_LANGUAGES
from shared.words.folding import plain_letters
from shared.words.invisible import trimmed
from shared.words.kept import kept
from shared.words.lists import ListReading, distinct, split_known, unknown_parts
from shared.words.not_known import is_not_known, means_none

_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*(?:\.[a-z0-9-]+)?", re.IGNORECASE)
_REMARK = re.compile(r"(?<=\w)\s*+\([^()]*+\)\s*+$")
_OTHER_NAMES = {
    "mandarin": "zh", "kantonesiska": "zh", "farsi": "fa", "dari": "fa", "flemish": "nl", "flamlandska": "nl",
    "vlaams": "nl", "bokmal": "nb", "nynorsk": "nn", "castellano": "es", "espanol castellano": "es", "greek": "el",
    "norwegian nynorsk": "nn", "serbokroatiska": "sh", "serbo-croatian": "sh", "tagalog": "tl",
}  # fmt: skip
_NO_CODES = frozenset({"mul", "und", "zxx", "mis", "root"})


def _key(word: str) -> str:
    plain = plain_letters(trimmed(word))
    return " ".join(re.sub(r"[()]", " ", plain).split()).strip(".")


@cache
def _codes() -> frozenset[str]:
    return frozenset(
        code
        for code in map(str, Locale.parse("en").languages)
        if re.fullmatch("[a-z]{2,3}", code) and code not in _NO_CODES
    )


@cache
def _codes_by_name() -> Mapping[str, str]:
    names = dict(_OTHER_NAMES)
    for language in NAME_LANGUAGES:
        for code, name in sorted(Locale.parse(language).languages.items()):
            if code not in _NO_CODES:
                names.setdefault(_key(str(name)), code.split("_")[0])
    return names


def language_of_code(word: str) -> str | None:
    """Return the ISO 639 code that a code or a tag stands for: `sv` for `SV`, `swe`, `sv-SE`; None for another word."""
    match = _TAG.fullmatch(trimmed(word))
    if match is None:
        return None
    code = match[1].lower()
    longer = str(get_global("language_aliases").get(code, code)).split("_")[0] if len(code) == 3 else code
    return longer if longer in _codes() else None


@kept(4096)
def known_language(word: str) -> str | None:
    """Return the ISO 639 code of a language's code, tag or name; None where it is not known.

    A remark in brackets after it (`English (UK)`) counts where it is part of a name only.
    """
    plain = _REMARK.sub("", word)
    return (
        language_of_code(word)
        or _codes_by_name().get(_key(word))
        or (known_language(plain) if plain != word else None)
    )


def read_languages(items: Iterable[str]) -> ListReading:
    """Read a list of languages as their codes; an item may name several. `N/A` and the like stand for none."""
    found: list[str] = []
    empty: list[str] = []
    unknown: list[str] = []
    for item in map(trimmed, items):
        if says_no_language(item):
            empty.append(item)
        elif item:
            parts = split_known(item, _is_known, _is_known, says_no_language)
            if parts is None:
                unknown += unknown_parts(item, _names_languages)
            for part in parts or ():
                code = known_language(part) or part
                if says_no_language(part) or says_no_language(code):
                    empty.append(part)
                else:
                    found.append(code)
    return ListReading(distinct(found), distinct(empty), distinct(unknown))


def says_no_language(word: str) -> bool:
    """Say whether a word stands for *not known*; `nn` and `ka`, which do elsewhere, are Nynorsk and Georgian."""
    if trimmed(word).casefold() in ("nn", "ka"):
        return False
    return is_not_known(word) or means_none(word)


def _is_known(word: str) -> bool:
    return known_language(word) is not None


def _names_languages(text: str) -> bool:
    return split_known(text, _is_known, _is_known, says_no_language) is not None
