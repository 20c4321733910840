"""Organisations of one side that may be one and the same: under several names, brands or scripts. Only a suggestion.

Each reason has a weight; a pair's score is 1 - (1 - w1)(1 - w2)…, as if the reasons were independent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from services.matching.duplicates.domain.blocks import Named, candidate_pairs
from services.matching.duplicates.domain.naming import distinctive, name_words, own_domain, website_place
from services.matching.text.domain.word_pieces import text_vector
from shared.words.countries import same_country


class ReasonCode(StrEnum):
    """Why two organisations may be one."""

    SAME_NAME = "same_name"
    SIMILAR_NAME = "similar_name"
    NAME_WITHIN = "name_within"
    SAME_WEBSITE = "same_website"
    SIMILAR_WEBSITE = "similar_website"
    SAME_CONTACT_DOMAIN = "same_contact_domain"
    SAYS_SO = "says_so"
    NAMES_OTHER = "names_other"
    SAME_TEXT = "same_text"
    SIMILAR_TEXT = "similar_text"
    SAME_CITY = "same_city"
    SAME_COUNTRY = "same_country"


LEAST = 0.6
"""A pair with a lower score is not suggested."""
WEIGHTS: Mapping[ReasonCode, float] = {
    ReasonCode.SAME_NAME: 0.8,
    ReasonCode.SIMILAR_NAME: 0.7,
    ReasonCode.NAME_WITHIN: 0.4,
    ReasonCode.SAME_WEBSITE: 0.8,
    ReasonCode.SIMILAR_WEBSITE: 0.35,
    ReasonCode.SAME_CONTACT_DOMAIN: 0.55,
    ReasonCode.SAYS_SO: 0.75,
    ReasonCode.NAMES_OTHER: 0.35,
    ReasonCode.SAME_TEXT: 0.8,
    ReasonCode.SIMILAR_TEXT: 0.3,
    ReasonCode.SAME_CITY: 0.2,
    ReasonCode.SAME_COUNTRY: 0.05,
}
OTHER_COUNTRY, OTHER_CITY, PLAIN_NAME = 0.7, 0.8, 0.6
"""What likeness of names counts where both say another country or city, or where it lies in ordinary words only."""
SIMILAR, SAME_TEXT, SIMILAR_TEXT = 0.9, 0.85, 0.6


@dataclass(frozen=True)
class Identity:
    """What is compared of an organisation; `texts` are its own words; `contact_domain` of its contact's address."""

    id: str
    name: str
    website: str = ""
    country: str = ""
    city: str = ""
    texts: tuple[str, ...] = ()
    contact_domain: str = ""


@dataclass(frozen=True)
class Reason:
    """Why two may be one, with the words of both; a word may be empty where only one side says it."""

    code: ReasonCode
    words: str
    other_words: str


@dataclass(frozen=True)
class Suggestion:
    """Two organisations that may be one, `id` before `other_id`; `score` 0..1; the strongest reason comes first."""

    id: str
    other_id: str
    score: float
    reasons: tuple[Reason, ...]


def suggest(identities: Iterable[Identity]) -> list[Suggestion]:
    """Suggest pairs, the likeliest first; the order of the identities does not matter."""
    by_id = {one.id: one for one in identities}
    named = {
        one.id: Named(
            name_words(one.name), website_place(one.website)[0], own_domain(one.contact_domain), one.texts
        )
        for one in by_id.values()
    }
    blocks = candidate_pairs(named)
    nearness = _Nearness()
    found = []
    for first, second in sorted(blocks.pairs):
        said = compare(
            by_id[first],
            by_id[second],
            blocks.mentions.get((first, second)),
            blocks.mentions.get((second, first)),
            (first, second) in blocks.texts,
            nearness,
        )
        if said.score >= LEAST:
            found.append(said)
    return sorted(found, key=lambda one: (-one.score, one.id, one.other_id))


def compare(
    one: Identity,
    other: Identity,
    mention: tuple[str, bool] | None = None,
    mentioned: tuple[str, bool] | None = None,
    look_at_texts: bool = True,
    nearness: Callable[[Identity, Identity], float] | None = None,
) -> Suggestion:
    """Say how likely two are one, and why. The same whichever comes first.

    `mention`: the words in which one's texts name the other, and whether they say that it is the same; `mentioned`:
    the other way round. `look_at_texts`: also where nothing else speaks for it. `nearness` of texts, 0..1; None: the
    cosine of their vectors.
    """
    if one.id > other.id:
        one, other, mention, mentioned = other, one, mentioned, mention
    weighed = [
        *_names(one, other),
        *_addresses(one, other),
        *_mentions(mention, mentioned),
    ]
    if look_at_texts or weighed:
        weighed += _texts(one, other, nearness or _Nearness())
    score = 0.0
    if weighed:
        weighed += _places(one, other)
        for weight, _ in weighed:
            score = 1.0 - (1.0 - score) * (1.0 - weight)
    reasons = tuple(reason for _, reason in sorted(weighed, key=lambda pair: (-pair[0], pair[1].code)))
    return Suggestion(one.id, other.id, round(score, 4), reasons)


Weighed = tuple[float, Reason]


def _weighed(code: ReasonCode, words: str, other_words: str) -> Weighed:
    return WEIGHTS[code], Reason(code, words, other_words)


def _names(one: Identity, other: Identity) -> list[Weighed]:
    mine, theirs = name_words(one.name), name_words(other.name)
    code = _likeness(mine, theirs)
    if code is None:
        return []
    weight = WEIGHTS[code]
    if not set(distinctive(mine)) | set(distinctive(theirs)) or (
        code == ReasonCode.NAME_WITHIN and not set(distinctive(mine)) & set(distinctive(theirs))
    ):
        weight *= PLAIN_NAME
    if one.country and other.country and not same_country(one.country, other.country):
        weight *= OTHER_COUNTRY
    elif one.city and other.city and not _same(one.city, other.city):
        weight *= OTHER_CITY
    return [(weight, Reason(code, one.name, other.name))]


def _likeness(mine: Sequence[str], theirs: Sequence[str]) -> ReasonCode | None:
    if not mine or not theirs:
        return None
    if sorted(mine) == sorted(theirs) or "".join(mine) == "".join(theirs):
        return ReasonCode.SAME_NAME
    only_mine = [word for word in mine if word not in theirs]
    only_theirs = [word for word in theirs if word not in mine]
    if not only_mine or not only_theirs:
        return ReasonCode.NAME_WITHIN if min(len("".join(mine)), len("".join(theirs))) >= 3 else None
    # A number or a whole other word (north, south) makes another organisation, however long the rest that is alike.
    digits = [sorted(word for word in words if word.isdecimal()) for words in (only_mine, only_theirs)]
    if digits[0] != digits[1]:
        return None
    rest = fuzz.ratio("".join(only_mine), "".join(only_theirs)) / 100
    whole = fuzz.token_sort_ratio(" ".join(mine), " ".join(theirs)) / 100
    long = min(len("".join(only_mine)), len("".join(only_theirs))) >= 4
    return ReasonCode.SIMILAR_NAME if long and rest >= 0.75 and whole >= SIMILAR else None


def _addresses(one: Identity, other: Identity) -> list[Weighed]:
    found: list[Weighed] = []
    (host, path), (other_host, other_path) = website_place(one.website), website_place(other.website)
    if host and host == other_host:
        same = path == other_path or not (path and other_path)
        code = ReasonCode.SAME_WEBSITE if same else ReasonCode.SIMILAR_WEBSITE
        found.append(_weighed(code, one.website, other.website))
    elif host and other_host and _label(host) == _label(other_host):
        found.append(_weighed(ReasonCode.SIMILAR_WEBSITE, one.website, other.website))
    domain = own_domain(one.contact_domain)
    if domain and domain == own_domain(other.contact_domain) and host != domain:
        found.append(_weighed(ReasonCode.SAME_CONTACT_DOMAIN, one.contact_domain, other.contact_domain))
    return found


def _label(host: str) -> str:
    """Return what stands before the country's or kind's ending: `kry` of kry.se and kry.fr."""
    return ".".join(host.split(".")[:-1])


def _mentions(mention: tuple[str, bool] | None, mentioned: tuple[str, bool] | None) -> list[Weighed]:
    if not mention and not mentioned:
        return []
    sure = any(said and said[1] for said in (mention, mentioned))
    code = ReasonCode.SAYS_SO if sure else ReasonCode.NAMES_OTHER
    words = mention[0] if mention else "", mentioned[0] if mentioned else ""
    return [_weighed(code, *words)]


class _Nearness:
    """The cosine of two organisations' texts; each text is read once."""

    def __init__(self) -> None:
        self._vectors: dict[str, npt.NDArray[np.float32]] = {}

    def __call__(self, one: Identity, other: Identity) -> float:
        return float(self._vector(one) @ self._vector(other))

    def _vector(self, one: Identity) -> npt.NDArray[np.float32]:
        if one.id not in self._vectors:
            self._vectors[one.id] = text_vector(one.texts)
        return self._vectors[one.id]


def _texts(one: Identity, other: Identity, nearness: Callable[[Identity, Identity], float]) -> list[Weighed]:
    near = nearness(one, other)
    if near < SIMILAR_TEXT:
        return []
    code = ReasonCode.SAME_TEXT if near >= SAME_TEXT else ReasonCode.SIMILAR_TEXT
    return [_weighed(code, _beginning(one.texts), _beginning(other.texts))]


def _places(one: Identity, other: Identity) -> list[Weighed]:
    found: list[Weighed] = []
    if one.city and _same(one.city, other.city):
        found.append(_weighed(ReasonCode.SAME_CITY, one.city, other.city))
    if one.country and other.country and same_country(one.country, other.country):
        found.append(_weighed(ReasonCode.SAME_COUNTRY, one.country, other.country))
    return found


def _same(one: str, other: str) -> bool:
    return name_words(one) == name_words(other)


def _beginning(texts: Sequence[str], most: int = 80) -> str:
    """Return the first words of the first text that says something, exactly as they stand."""
    text = next(text for text in texts if text.strip()).strip()
    if len(text) <= most:
        return text
    return text[:most].rsplit(maxsplit=1)[0]
