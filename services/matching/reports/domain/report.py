"""The match report: the ranked matches of one request, with their reasons; as a value and as canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from services.matching.organisations.domain.wording import Bilingual
from services.matching.scoring.domain.aims import AimPart
from services.matching.scoring.domain.flags import Flag
from services.matching.text.domain.areas import AreaFinding
from shared.ids import joined

Lines = Mapping[str, tuple[str, ...]]
"""Sentences by language."""


@dataclass(frozen=True)
class ReportedPartner:
    """The foreign organisation as the report saw it."""

    id: str
    version: int
    name: str
    country: str
    kind: str
    language: str


@dataclass(frozen=True)
class MatchedCompany:
    """A matched company as the report saw it; `text` is all that it says of itself.

    Of an erased one (`erased_at` a moment as text) only id, version and membership are kept.
    """

    id: str
    version: int
    name: str
    country: str
    city: str
    website: str
    kind: str
    membership: str
    text: str
    erased_at: str | None = None


@dataclass(frozen=True)
class ExcludedCompany:
    """A company that a known conflict keeps out; `erased_at` as of a matched one."""

    id: str
    name: str
    erased_at: str | None = None


@dataclass(frozen=True)
class Exclusion:
    """Why a company that would match a need is kept out: a code that staff can lift, and the reason."""

    company: ExcludedCompany
    need_id: str
    code: str
    reason: Bilingual

    @property
    def match_id(self) -> str:
        """Return the id of the match that this would be."""
        return match_id(self.company.id, self.need_id)


@dataclass(frozen=True)
class Quote:
    """Words of both sides that belong together, the company's field, and the name of what joins them.

    `near`: the words do not name it; their meaning is near. None in old reports, which do not tell.
    """

    need: str
    company: str
    field: str
    concept: Bilingual
    near: bool | None = False


@dataclass(frozen=True)
class Part:
    """One part of a score: `points` (2 decimals) of at most `most`; `missing` is empty when nothing is."""

    name: str
    points: float
    most: float
    quotes: tuple[Quote, ...]
    missing: Bilingual


@dataclass(frozen=True)
class Match:
    """A company and a need with its score and reasons; `score` is the sum of `parts`."""

    company: MatchedCompany
    need_id: str
    role: str
    score: float
    toward_need: float
    toward_company: float
    aims: tuple[AimPart, ...]
    cap: float | None
    shared_areas: tuple[str, ...]
    parts: tuple[Part, ...]
    reasons: Lines
    questions: Lines
    flags: tuple[Flag, ...]

    @property
    def id(self) -> str:
        """Return `<company id>.<need id>`."""
        return match_id(self.company.id, self.need_id)


@dataclass(frozen=True)
class ReportedNeed:
    """A need with its focus areas (strengths at 2 decimals); `covered` when it has a match."""

    id: str
    title: str
    text: str
    focus_areas: tuple[AreaFinding, ...]
    requirements: str
    covered: bool

    @property
    def label(self) -> str:
        """Return the need's title, or its text where it has none."""
        return self.title or self.text


@dataclass(frozen=True)
class Report:
    """What staff review: made `as_of` a moment (text, in UTC) from the versions it names. Numbers are rounded."""

    request_id: str
    request_version: int
    partner: ReportedPartner
    as_of: str
    policy_version: int
    text_engine: str
    verdict: str
    verdict_text: Bilingual
    needs: tuple[ReportedNeed, ...]
    matches: tuple[Match, ...]
    excluded: tuple[Exclusion, ...]

    def matches_of(self, need_id: str) -> list[Match]:
        """Return a need's matches, in the report's order."""
        return [match for match in self.matches if match.need_id == need_id]

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the report without its `as_of`, in hexadecimal: the same when it says the same."""
        said = self.to_json()
        del said["as_of"]
        return hashlib.sha256(canonical_json(said).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Return the report in its canonical shape: plain dicts, lists, texts and numbers of at most 2 decimals."""
        return {
            "request_id": self.request_id,
            "request_version": self.request_version,
            "partner": dict(vars(self.partner)),
            "as_of": self.as_of,
            "policy_version": self.policy_version,
            "text_engine": self.text_engine,
            "verdict": self.verdict,
            "verdict_text": dict(self.verdict_text),
            "needs": [_need_to_json(need) for need in self.needs],
            "matches": [_match_to_json(match) for match in self.matches],
            "excluded": [_exclusion_to_json(one) for one in self.excluded],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Report:
        """Read what `to_json` returned, now or in an older version. Raises KeyError when it is no report."""
        partner = content["partner"]
        return cls(
            request_id=content["request_id"],
            request_version=content["request_version"],
            partner=ReportedPartner(**{name: partner[name] for name in _PARTNER_FIELDS}),
            as_of=content["as_of"],
            policy_version=content["policy_version"],
            text_engine=content["text_engine"],
            verdict=content["verdict"],
            verdict_text=content["verdict_text"],
            needs=tuple([_need_from_json(need) for need in content["needs"]]),
            matches=tuple([_match_from_json(match) for match in content["matches"]]),
            excluded=tuple([_exclusion_from_json(one) for one in content["excluded"]]),
        )


def match_id(company_id: str, need_id: str) -> str:
    """Return the id of the match of a company and a need; `shared.ids.taken_apart` returns the two."""
    return joined(company_id, need_id)


def canonical_json(content: Report | Mapping[str, Any]) -> str:
    """Write a report, or other plain content, the one way: keys sorted, no spaces, texts as they are."""
    plain = content.to_json() if isinstance(content, Report) else content
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


_PARTNER_FIELDS = tuple(ReportedPartner.__dataclass_fields__)


def _need_to_json(need: ReportedNeed) -> dict[str, Any]:
    areas = [
        {"code": one.code, "given": one.given, "strength": one.strength, "words": list(one.words)}
        for one in need.focus_areas
    ]
    return {**vars(need), "focus_areas": areas}


def _need_from_json(need: Mapping[str, Any]) -> ReportedNeed:
    return ReportedNeed(
        need["id"],
        need["title"],
        need["text"],
        tuple([
            AreaFinding(one["code"], one["strength"], one["given"], tuple(one["words"]))
            for one in need["focus_areas"]
        ]),
        need["requirements"],
        need["covered"],
    )  # fmt: skip


def _company_to_json(company: MatchedCompany | ExcludedCompany) -> dict[str, Any]:
    told = dict(vars(company))
    if company.erased_at is None:
        del told["erased_at"]
    return told


def _exclusion_to_json(one: Exclusion) -> dict[str, Any]:
    return {
        "company": _company_to_json(one.company),
        "need_id": one.need_id,
        "code": one.code,
        "reason": dict(one.reason),
    }


def _exclusion_from_json(one: Mapping[str, Any]) -> Exclusion:
    company = one["company"]
    return Exclusion(
        ExcludedCompany(company["id"], company["name"], company.get("erased_at")),
        one["need_id"],
        one["code"],
        one["reason"],
    )


def _match_to_json(match: Match) -> dict[str, Any]:
    return {
        "id": match.id,
        "company": _company_to_json(match.company),
        "need_id": match.need_id,
        "role": match.role,
        "score": match.score,
        "toward_need": match.toward_need,
        "toward_company": match.toward_company,
        "aims": [dict(vars(part)) for part in match.aims],
        "cap": match.cap,
        "shared_areas": list(match.shared_areas),
        "parts": [_part_to_json(part) for part in match.parts],
        "reasons": {language: list(lines) for language, lines in match.reasons.items()},
        "questions": {language: list(lines) for language, lines in match.questions.items()},
        "flags": [{"code": flag.code, "text": dict(flag.text)} for flag in match.flags],
    }


def _match_from_json(match: Mapping[str, Any]) -> Match:
    company = match["company"]
    return Match(
        MatchedCompany(
            company["id"],
            company["version"],
            company["name"],
            company["country"],
            company["city"],
            company["website"],
            company["kind"],
            company["membership"],
            company["text"],
            company.get("erased_at"),
        ),
        match["need_id"],
        match["role"],
        match["score"],
        match["toward_need"],
        match["toward_company"],
        tuple([AimPart(one["name"], one["points"], one["most"], one["known"]) for one in match["aims"]]),
        match["cap"],
        tuple(match["shared_areas"]),
        tuple([_part_from_json(part) for part in match["parts"]]),
        {language: tuple(lines) for language, lines in match["reasons"].items()},
        {language: tuple(lines) for language, lines in match["questions"].items()},
        tuple([Flag(one["code"], one["text"]) for one in match["flags"]]),
    )


_BY = {"nearness": True, "words": False}
"""`near` by how a quote says it."""


def _part_to_json(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "points": part.points,
        "most": part.most,
        "quotes": [_quote_to_json(quote) for quote in part.quotes],
        "missing": dict(part.missing),
    }


def _part_from_json(part: Mapping[str, Any]) -> Part:
    quotes = [
        Quote(one["need"], one["company"], one["field"], one["concept"], _BY.get(one.get("by", "")))
        for one in part["quotes"]
    ]
    return Part(part["name"], part["points"], part["most"], tuple(quotes), part["missing"])


def _quote_to_json(quote: Quote) -> dict[str, Any]:
    told: dict[str, Any] = {
        "need": quote.need,
        "company": quote.company,
        "field": quote.field,
        "concept": dict(quote.concept),
    }
    if quote.near is not None:
        told["by"] = "nearness" if quote.near else "words"
    return told
