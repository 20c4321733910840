"""The match report: the ranked matches of one request, with their reasons, as canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.matching.organisations.domain.model import Company, MatchRequest, Need, Partner
from services.matching.organisations.domain.procurement import stage_of
from services.matching.organisations.domain.roles import SUPPLIER
from services.matching.organisations.domain.wording import LANGUAGES, Bilingual
from services.matching.reports.domain.explanations import Part, Sides, cap_part, explain_parts, reasons
from services.matching.reports.domain.verdict import MATCHES, NO_GOOD_MATCH, Outcome, verdict_text
from services.matching.scoring.domain.aims import Aims
from services.matching.scoring.domain.evidence import pair_parts
from services.matching.scoring.domain.exclusions import Exclusion, Lifted, lifted_conflicts, questions
from services.matching.scoring.domain.features import CompanyFeatures, NeedFeatures, need_features
from services.matching.scoring.domain.flags import Flag, flags_of
from services.matching.scoring.domain.history import History
from services.matching.scoring.domain.policy import ScoringPolicy
from services.matching.scoring.domain.selection import Chosen, select
from services.matching.text.domain.areas import AreaFinding
from services.matching.text.domain.engine import TextEngine
from shared.focus_areas import FocusArea, read_focus_areas


@dataclass(frozen=True)
class Match:
    """A company and a need with its score and reasons; `score` is the sum of `parts`."""

    company: Company
    need_id: str
    role: str
    score: float
    toward_need: float
    aims: Aims
    cap: float | None
    shared_areas: tuple[str, ...]
    parts: tuple[Part, ...]
    reasons: Mapping[str, list[str]]
    questions: tuple[Bilingual, ...]
    flags: tuple[Flag, ...]

    @property
    def id(self) -> str:
        """Give `<company id>.<need id>`."""
        return f"{self.company.id}.{self.need_id}"


@dataclass(frozen=True)
class ReportedNeed:
    """A need with its focus areas; `covered` when it has a match."""

    need: Need
    areas: tuple[AreaFinding, ...]
    covered: bool


@dataclass(frozen=True)
class Report:
    """What staff review: made `as_of` a moment from the versions it names. `reach` is `select`'s, and not shown."""

    request: MatchRequest
    partner: Partner
    as_of: datetime
    policy_version: int
    text_engine: str
    verdict: str
    verdict_text: Bilingual
    needs: tuple[ReportedNeed, ...]
    matches: tuple[Match, ...]
    excluded: tuple[tuple[Company, str, Exclusion], ...]
    reach: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the report in its canonical shape: plain dicts, lists, texts and numbers of at most 2 decimals."""
        return {
            "request_id": self.request.id,
            "request_version": self.request.version,
            "partner": {name: getattr(self.partner, name) for name in _PARTNER_FIELDS},
            "as_of": self.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "policy_version": self.policy_version,
            "text_engine": self.text_engine,
            "verdict": self.verdict,
            "verdict_text": dict(self.verdict_text),
            "needs": [_need_json(need) for need in self.needs],
            "matches": [_match_json(match) for match in self.matches],
            "excluded": [
                {
                    "company": {"id": company.id, "name": company.name},
                    "need_id": need_id,
                    "code": exclusion.code,
                    "reason": dict(exclusion.reason),
                }
                for company, need_id, exclusion in self.excluded
            ],
        }


def make_report(
    request: MatchRequest,
    partner: Partner,
    companies: CompanyFeatures,
    history: History,
    policy: ScoringPolicy,
    engine: TextEngine,
    as_of: datetime,
    lifted: Lifted = frozenset(),
    areas: Mapping[str, FocusArea] | None = None,
    moments: Mapping[str, datetime] | None = None,
    needs: NeedFeatures | None = None,
) -> Report:
    """Match a request with companies. The same material gives the same report, in whatever order companies come.

    `as_of` (aware) is the moment the report speaks of, or a later one that `moments` gives a company it names:
    introductions after it are not looked at. `lifted` are exclusions that staff lifted, as (company id, code); `areas`
    the focus areas by code, else the standard ones; `needs` the needs' features where they are read already.
    Raises ValueError when the request is another partner's or two needs share an id.
    """
    _check(request, partner)
    needs = needs or need_features([(partner, need) for need in request.needs], engine, policy)
    found = select(request, partner, needs, companies, policy, lifted)
    chosen, excluded = found.matches, found.excluded
    named = {companies.companies[one.column].id for one in (*chosen, *excluded)}
    as_of = max([as_of, *((moments or {}).get(id, as_of) for id in named)])
    known_areas = read_focus_areas() if areas is None else areas
    suppliers = [
        sum(one.row == row and one.role == SUPPLIER for one in chosen) for row in range(len(request.needs))
    ]
    matches = tuple(
        Match(
            company=companies.companies[one.column],
            need_id=request.needs[one.row].id,
            role=one.role,
            score=one.score,
            toward_need=one.toward_need,
            aims=one.aims,
            cap=one.cap,
            flags=flags_of(
                companies.companies[one.column],
                partner,
                request,
                history,
                policy,
                as_of,
                suppliers[one.row],
                lifted_conflicts(companies.companies[one.column], partner, request, lifted),
            ),
            questions=questions(companies.companies[one.column], partner, request),
            **_explained(one, partner, needs, companies, known_areas),
        )
        for one in chosen
    )
    covered = {one.row for one in chosen}
    return Report(
        request=request,
        partner=partner,
        as_of=as_of,
        policy_version=policy.version,
        text_engine=engine.name,
        verdict=MATCHES if matches else NO_GOOD_MATCH,
        verdict_text=verdict_text(
            Outcome(
                companies=len({match.company.id for match in matches}),
                needs=len(request.needs),
                covered=len(covered),
                excluded=len({one.column for one in excluded}),
                liftable=len({one.row for one in excluded} - covered),
                register=len(companies.companies),
                said_something=any(needs.spots),
                stage=stage_of(request),
                fewest=min((suppliers[row] for row in covered), default=0),
            )
        ),
        needs=tuple(
            ReportedNeed(need, needs.areas[row], row in covered) for row, need in enumerate(request.needs)
        ),
        matches=matches,
        excluded=tuple(
            (companies.companies[one.column], request.needs[one.row].id, exclusion)
            for one in excluded
            for exclusion in one.exclusions
        ),
        reach=found.reach,
    )


def canonical_json(report: Report | Mapping[str, Any]) -> str:
    """Write a report, or what its `to_json` gave, the one way: keys sorted, no spaces, texts as they are."""
    content = report.to_json() if isinstance(report, Report) else report
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_digest(report: Report | Mapping[str, Any]) -> str:
    """Give the SHA-256 of a report without its `as_of`, in hexadecimal: the same when it says the same."""
    content = report.to_json() if isinstance(report, Report) else report
    said = {name: value for name, value in content.items() if name != "as_of"}
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()


_PARTNER_FIELDS = ("id", "version", "name", "country", "kind", "language")
_COMPANY_FIELDS = ("id", "version", "name", "country", "city", "website", "kind", "membership")


def company_text(company: Company) -> str:
    """Give all that a company says of itself: its description and its capabilities, each text once."""
    parts = [company.description]
    parts += [text for one in company.capabilities for text in (one.title, one.text)]
    return "\n\n".join(dict.fromkeys(part for part in parts if part.strip()))


def _check(request: MatchRequest, partner: Partner) -> None:
    if request.partner_id != partner.id:
        raise ValueError(f"request {request.id} is of partner {request.partner_id}, not of {partner.id}")
    ids = [need.id for need in request.needs]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise ValueError(
            f"request {request.id} has several needs with the id {', '.join(twice)}: give each its own"
        )


def _explained(
    one: Chosen,
    partner: Partner,
    needs: NeedFeatures,
    companies: CompanyFeatures,
    areas: Mapping[str, FocusArea],
) -> dict[str, Any]:
    scores = pair_parts(needs, one.row, companies, one.column)
    sides = Sides(
        partner,
        companies.companies[one.column],
        needs.readings[one.row],
        companies.readings[one.column],
        areas,
    )
    parts = explain_parts(sides, scores)
    if one.cap is not None and one.toward_need > one.cap:
        parts = (*parts, cap_part(one.aims, one.toward_need, one.cap))
    shared = tuple(join.concept for join in scores["areas"].evidence)
    return {"shared_areas": shared, "parts": parts, "reasons": reasons(sides, one.role, scores)}


def _need_json(reported: ReportedNeed) -> dict[str, Any]:
    need = reported.need
    areas = [
        {"code": one.code, "given": one.given, "strength": round(one.strength, 2), "words": list(one.words)}
        for one in reported.areas
    ]
    return {
        "id": need.id,
        "title": need.title,
        "text": need.text,
        "focus_areas": areas,
        "requirements": need.requirements,
        "covered": reported.covered,
    }


def _match_json(match: Match) -> dict[str, Any]:
    company = {name: getattr(match.company, name) for name in _COMPANY_FIELDS}
    return {
        "id": match.id,
        "company": {**company, "text": company_text(match.company)},
        "need_id": match.need_id,
        "role": match.role,
        "score": match.score,
        "toward_need": match.toward_need,
        "toward_company": match.aims.total,
        "aims": [
            {"name": part.name, "points": round(part.points, 2), "most": part.most, "known": part.known}
            for part in match.aims.parts
        ],
        "cap": match.cap,
        "shared_areas": list(match.shared_areas),
        "parts": [_part_json(part) for part in match.parts],
        "reasons": {language: list(match.reasons[language]) for language in LANGUAGES},
        "questions": {language: [one[language] for one in match.questions] for language in LANGUAGES},
        "flags": [{"code": flag.code, "text": dict(flag.text)} for flag in match.flags],
    }


def _part_json(part: Part) -> dict[str, Any]:
    quotes = [
        {
            "need": one.need,
            "company": one.company,
            "field": one.field,
            "concept": dict(one.concept),
            "by": "nearness" if one.near else "words",
        }
        for one in part.quotes
    ]
    return {
        "name": part.name,
        "points": part.points,
        "most": part.most,
        "quotes": quotes,
        "missing": dict(part.missing),
    }
