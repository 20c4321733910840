"""Countries and the words for groups of them, as people write them in several languages.

Names come from Unicode CLDR through Babel; further names and the groups stand in `countries.json`, all folded and
without spaces. A word that is neither a country nor a known group stays unknown:
what it covers is never guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale

from shared.words.folding import without_accents

NAME_LANGUAGES = ("en", "sv", "da", "nb", "de", "fi", "fr", "es", "pt", "nl", "pl", "uk", "ru")
"""Languages whose names for countries are understood."""

_NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
_FILLER = frozenset({"the", "of", "and", "och", "og", "und", "et", "y", "e"})


@dataclass(frozen=True)
class _Group:
    """Countries that a word surely means, and those that some count in and others not."""

    sure: frozenset[str]
    perhaps: frozenset[str]


_DATA = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
_OTHER_NAMES: Mapping[str, str] = _DATA["names"]
_WORLD = frozenset(_DATA["world"].split())
_GROUPS = {
    word: _Group(frozenset(row["sure"].split()), frozenset(row["perhaps"].split()))
    for row in _DATA["groups"]
    for word in row["words"].split()
}


@lru_cache(maxsize=4096)
def _key(word: str) -> str:
    """Fold case and accents and leave out fillers, so that `The Netherlands` and `netherlands` are one."""
    plain = without_accents(word).replace("ø", "o").replace("æ", "a")
    return "".join(part for part in re.split(r"[\W_]+", plain) if part not in _FILLER)


@cache
def _codes_by_name() -> Mapping[str, str]:
    codes: dict[str, str] = {}
    for language in NAME_LANGUAGES:
        for code, name in sorted(Locale.parse(language).territories.items()):
            if re.fullmatch("[A-Z]{2}", code) and code not in _NOT_COUNTRIES:
                codes.setdefault(_key(name), code)
                codes.setdefault(code.casefold(), code)
    return {**codes, **_OTHER_NAMES}


def country_code(name: str) -> str | None:
    """Return the ISO 3166 code of two letters for a country's name or code, None where it is not known."""
    return _codes_by_name().get(_key(name))


def same_country(one: str, other: str) -> bool:
    """Say whether two names mean one country; two unknown names are one when they are written alike."""
    return bool(_key(one)) and (country_code(one) or _key(one)) == (country_code(other) or _key(other))


def covers(words: Iterable[str], country: str) -> bool | None:
    """Say whether a list of countries and groups (`EU`, `Nordics`, `worldwide`) has a country in it.

    None where that is not known: a word whose countries are not known, or a country that is not known.
    """
    if not _key(country):
        return None
    code, answer = country_code(country), False
    unknown = code is None
    for word in words:
        key = _key(word)
        if not key:
            continue
        group = _GROUPS.get(key)
        if key in _WORLD or (group and code in group.sure) or same_country(word, country):
            answer = True
        elif (group and code in group.perhaps) or (group is None and country_code(word) is None):
            unknown = True
    if answer:
        return True
    return None if unknown else False


_WITH_THE = frozenset(
    {"NL", "GB", "US", "AE", "PH", "BS", "GM", "MV", "SB", "KM", "CF", "DO", "CD", "CG", "SC", "MH", "FO"}
)
_ON_ISLANDS = frozenset({"IS", "MT", "CY", "IE", "GL", "FO", "CU", "JM", "BB", "AX"})


def country_name(country: str, language: str) -> str:
    """Return a country's name in a language (`sv`, `en`); as it was written where it is not known."""
    code = country_code(country)
    if code is None:
        return country
    return str(Locale.parse(language).territories[code])


def in_country(country: str, language: str) -> str:
    """Return *in that country* as it stands in a sentence: `in the Netherlands`, `på Island`."""
    code, name = country_code(country), country_name(country, language)
    if language == "sv":
        return f"{'på' if code in _ON_ISLANDS else 'i'} {name}"
    return f"in {'the ' if code in _WITH_THE else ''}{name}"
