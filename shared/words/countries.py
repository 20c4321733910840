"""Countries and the words for groups of them, as people write them in several languages.

Names come from Unicode CLDR through Babel; further names and the groups stand in `countries.json`, all folded and
without spaces. A word that is neither a country nor a known group stays unknown:
what it covers is never guessed.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale
from babel.core import get_global

from shared.words.folding import plain_letters
from shared.words.invisible import trimmed
from shared.words.kept import kept
from shared.words.lists import ListReading, distinct, split_known, unknown_parts
from shared.words.not_known import is_not_known, means_none

NAME_LANGUAGES = ("en", "sv", "da", "nb", "nn", "de", "fi", "fr", "es", "pt", "it", "nl", "pl", "uk", "ru")
"""Languages whose names for countries are understood."""

_NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
_FILLER = frozenset({"the", "of", "and", "och", "og", "und", "et", "y", "e"})


NAMIBIA = "NA"
"""The code of Namibia, which is also what people write for *not known*."""
_NORWAY_OR_NONE = "no"


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
_GROUP_OF_REGION = {
    "EU": "eu", "EZ": "eurozone", "150": "europe", "154": "northerneurope", "155": "westerneurope",
    "151": "easterneurope", "039": "southerneurope", "002": "africa", "015": "northafrica", "014": "eastafrica",
    "011": "westafrica", "018": "southernafrica", "019": "americas", "003": "northamerica", "021": "northamerica",
    "005": "southamerica", "029": "caribbean", "419": "latinamerica", "142": "asia", "143": "centralasia",
    "034": "southasia", "030": "eastasia", "035": "southeastasia", "009": "oceania",
}  # fmt: skip
"""The regions of CLDR (UN M49), whose names are known in every language."""
_WORLD_REGION = "001"
MOST_KEPT = 500
"""Characters of a list whose reading is kept."""


@kept(4096)
def _key(word: str) -> str:
    """Fold case and accents and leave out fillers, so that `The Netherlands` and `netherlands` are one."""
    plain = plain_letters(word)
    parts = [part for part in re.split(r"[\W_]+", plain) if part]
    return "".join(part for part in parts if part not in _FILLER) or "".join(parts)  # `ET` is Ethiopia


@cache
def _codes_by_name() -> Mapping[str, str]:
    codes: dict[str, str] = {}
    for language in NAME_LANGUAGES:
        for code, name in sorted(Locale.parse(language).territories.items()):
            if re.fullmatch("[A-Z]{2}", code) and code not in _NOT_COUNTRIES:
                codes.setdefault(_key(name), code)
                codes.setdefault(code.casefold(), code)
    for longer, shorter in get_global("territory_aliases").items():
        if re.fullmatch("[A-Z]{3}", longer) and len(shorter) == 1:
            codes.setdefault(longer.casefold(), shorter[0])
    return {**codes, **_OTHER_NAMES}


@cache
def _groups() -> Mapping[str, _Group]:
    groups = dict(_GROUPS)
    for language in NAME_LANGUAGES:
        names = Locale.parse(language).territories
        for region, word in _GROUP_OF_REGION.items():
            groups.setdefault(_key(names[region]), _GROUPS[word])
    return {word: group for word, group in groups.items() if word not in _codes_by_name() or word in _GROUPS}


@cache
def _world() -> frozenset[str]:
    return _WORLD | {_key(Locale.parse(language).territories[_WORLD_REGION]) for language in NAME_LANGUAGES}


@kept(4096)
def country_code(name: str) -> str | None:
    """Return the ISO 3166 code of two letters for a country's name or code, None where it is not known.

    `N/A` and the like stand for no country; `NA` is Namibia's code.
    """
    if is_not_known(name) and name.strip() != NAMIBIA:
        return None
    code = _codes_by_name().get(_key(name))
    if code is None and name.count(",") == 1:
        # ISO and many lists put the telling word first: `Korea, Republic of`.
        code = _codes_by_name().get(_key(" ".join(reversed(name.split(",")))))
    return code


def same_country(one: str, other: str) -> bool:
    """Say whether two names mean one country; two unknown names are one when they are written alike."""
    return bool(_key(one)) and (country_code(one) or _key(one)) == (country_code(other) or _key(other))


def is_known_area(word: str) -> bool:
    """Say whether a word is a country or a known group of countries (`EU`, `Nordics`, `worldwide`)."""
    key = _key(word)
    return bool(key) and (key in _world() or key in _groups() or country_code(word) is not None)


def _is_known_area_by_blanks(word: str) -> bool:
    # Short words of many languages (no, is, so, not, me) are codes as well: among words only capitals are codes.
    return is_known_area(word) and (len(word) > 3 or word.isupper())


def read_areas(items: Iterable[str]) -> ListReading:
    """Read a list of countries and groups, of which an item may name several, each as it was written.

    `NA` is Namibia only among other codes of two letters, and `no` alone may be Norway or none: then it is unknown.
    """
    given = tuple(items)
    # Long lists are strangers' more often than they come again: kept, they would fill memory.
    return _kept_areas(given) if sum(map(len, given)) <= MOST_KEPT else _read_areas(given)


@lru_cache(maxsize=4096)
def _kept_areas(items: tuple[str, ...]) -> ListReading:
    return _read_areas(items)


def _read_areas(items: tuple[str, ...]) -> ListReading:
    found: list[str] = []
    empty: list[str] = []
    unknown: list[str] = []
    for item in items:
        if _names_no_area(item):
            empty.append(item.strip())
        elif trimmed(item):
            parts = _split_areas(item)
            if parts is None:
                unknown += unknown_parts(item, _names_areas)
            else:
                empty += filter(_names_no_area, parts)
                found += itertools.filterfalse(_names_no_area, parts)
    codes = {word for word in found if len(word) == 2 and word.casefold() != _NORWAY_OR_NONE}
    if codes <= {NAMIBIA}:
        empty += [word for word in found if word == NAMIBIA]
        found = [word for word in found if word != NAMIBIA]
        unknown += [word for word in found if word in ("no", "No")]
        found = [word for word in found if word not in ("no", "No")]
    return ListReading(distinct(found), distinct(empty), distinct(unknown))


def _names_areas(text: str) -> bool:
    return _split_areas(text) is not None


def _names_no_area(text: str) -> bool:
    return (is_not_known(text) and text.strip() != NAMIBIA) or means_none(text)


def _split_areas(text: str) -> tuple[str, ...] | None:
    return split_known(text, is_known_area, _is_known_area_by_blanks, _names_no_area, hyphens=True)


def covers(words: Iterable[str], country: str) -> bool | None:
    """Say whether a list of countries and groups (`EU`, `Nordics`, `worldwide`) has a country in it.

    A word may name several. None where that is not known: a word whose countries are not known, or that stands for *not
    known*, or a country that is not known.
    """
    if not _key(country):
        return None
    items = tuple(words)
    reading = read_areas(items)
    code = country_code(country)
    # Of a country that nobody knows only its own name, written alike, is known to have it.
    answer = code is None and any(same_country(item, country) for item in items)
    unknown = code is None or bool(reading.unknown or reading.empty)
    for word in reading.values:
        key = _key(word)
        group = _groups().get(key)
        if key in _world() or (group and code in group.sure) or same_country(word, country):
            answer = True
        elif group and code in group.perhaps:
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
