"""Which known organisations a submission may be about: by name, website and mail domain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rapidfuzz import fuzz, process

from shared.words.countries import same_country
from shared.words.folding import folded_words
from shared.words.hosts import MAIL_PROVIDERS, SHARED_HOSTS

MOST = 5
SIMILAR = 86.0
"""From this likeness of names on (0 to 100, in any order of their words) two may be one."""

# fmt: off
_LEGAL_FORMS = frozenset((
    "ab", "publ", "as", "asa", "oy", "oyj", "aps", "gmbh", "ag", "kg", "ltd", "limited", "inc", "llc", "plc", "bv",
    "nv", "sa", "sarl", "srl", "spa", "co", "corp", "hf", "ehf",
))
# fmt: on
_HOST = re.compile(r"(?:[a-z]+://)?(?:www\.)?([^/:?#]+)")


class LikeBy(StrEnum):
    """Why two may be one organisation, the strongest first."""

    SAME_NAME = "same_name"
    WEBSITE = "website"
    MAIL = "mail"
    SIMILAR_NAME = "similar_name"


_WEIGHT = {LikeBy.SAME_NAME: 4, LikeBy.WEBSITE: 3, LikeBy.MAIL: 3, LikeBy.SIMILAR_NAME: 2}


@dataclass(frozen=True)
class Known:
    """An organisation that there is, as it is compared."""

    id: str
    name: str
    country: str
    city: str
    status: str
    key: str
    hosts: frozenset[str]


@dataclass(frozen=True)
class Likely:
    """A known organisation that a submission may be about, and why."""

    known: Known
    reasons: tuple[LikeBy, ...]


def known_of(state: Mapping[str, Any]) -> Known:
    """Read an organisation's state as it is compared."""
    return Known(
        state["id"],
        state["name"],
        state.get("country") or "",
        state.get("city") or "",
        state["status"],
        name_key(state["name"]),
        hosts_of(state),
    )


def name_key(name: str) -> str:
    """Return a name's words, folded and without legal forms; a name of nothing else stays whole."""
    words = folded_words(name)
    return " ".join([word for word in words if word not in _LEGAL_FORMS] or words)


def hosts_of(organisation: Mapping[str, Any]) -> frozenset[str]:
    """Return the hosts of an organisation's website and mail address, but those that strangers to each other share."""
    email = str((organisation.get("contact") or {}).get("email") or "").lower()
    found = {_host(str(organisation.get("website") or "")), email.rpartition("@")[2]}
    return frozenset(found - MAIL_PROVIDERS - SHARED_HOSTS - {""})


def likely(organisation: Mapping[str, Any], known: Sequence[Known], keys: Sequence[str]) -> list[Likely]:
    """Return the likeliest of the known organisations, at most five, the strongest reasons first.

    `keys` are the names' keys of `known`, in the same order. Names alone count for nothing between two countries.
    """
    key, hosts = name_key(str(organisation.get("name") or "")), hosts_of(organisation)
    reasons: dict[int, list[LikeBy]] = {}
    if key:
        country = str(organisation.get("country") or "")
        for found, score, place in process.extract(
            key, keys, scorer=fuzz.token_sort_ratio, score_cutoff=SIMILAR, limit=50
        ):
            theirs = known[place].country
            if not country or not theirs or same_country(country, theirs):
                by = LikeBy.SAME_NAME if found == key or score == 100 else LikeBy.SIMILAR_NAME
                reasons.setdefault(place, []).append(by)
    site = _host(str(organisation.get("website") or ""))
    for place, one in enumerate(known):
        if shared := hosts & one.hosts:
            reasons.setdefault(place, []).append(LikeBy.WEBSITE if site in shared else LikeBy.MAIL)
    ranked = sorted(reasons.items(), key=lambda found: (-_strength(found[1]), known[found[0]].id))
    return [Likely(known[place], tuple(why)) for place, why in ranked[:MOST]]


def _strength(reasons: Iterable[LikeBy]) -> int:
    return sum(_WEIGHT[reason] for reason in reasons)


def _host(website: str) -> str:
    found = _HOST.match(website.lower())
    return found.group(1) if found else ""
