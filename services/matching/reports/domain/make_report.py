"""Making the report of one request: its ranked matches with their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from services.matching.organisations.domain.model import Company, MatchRequest, Need, Partner
from services.matching.organisations.domain.procurement import stage_of
from services.matching.organisations.domain.roles import SUPPLIER
from services.matching.organisations.domain.wording import LANGUAGES
from services.matching.reports.domain.explanations import Sides, cap_part, explain_parts, reasons
from services.matching.reports.domain.report import (
    ExcludedCompany,
    Exclusion,
    Match,
    MatchedCompany,
    Report,
    ReportedNeed,
    ReportedPartner,
)
from services.matching.reports.domain.verdict import MATCHES, NO_GOOD_MATCH, Outcome, verdict_text
from services.matching.scoring.domain import exclusions
from services.matching.scoring.domain.evidence import pair_parts
from services.matching.scoring.domain.exclusions import Lifted, lifted_conflicts, questions
from services.matching.scoring.domain.features import CompanyFeatures, NeedFeatures, need_features
from services.matching.scoring.domain.flags import Flag, flags_of
from services.matching.scoring.domain.history import History
from services.matching.scoring.domain.policy import ScoringPolicy
from services.matching.scoring.domain.selection import Chosen, select
from services.matching.text.domain.areas import AreaFinding
from services.matching.text.domain.concept_engine import TextEngine
from shared.focus_areas import FocusArea, read_focus_areas


@dataclass(frozen=True)
class MadeReport:
    """A report with the reach of the selection that it was made of (selection.Selection): what is due depends on it."""

    report: Report
    reach: tuple[float, ...]


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
) -> MadeReport:
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
        _match(
            one,
            request,
            partner,
            needs,
            companies,
            known_areas,
            flags_of(
                companies.companies[one.column],
                partner,
                request,
                history,
                policy,
                as_of,
                suppliers[one.row],
                lifted_conflicts(companies.companies[one.column], partner, request, lifted),
            ),
        )
        for one in chosen
    )
    covered = {one.row for one in chosen}
    report = Report(
        request_id=request.id,
        request_version=request.version,
        partner=ReportedPartner(
            partner.id, partner.version, partner.name, partner.country, partner.kind, partner.language
        ),
        as_of=as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
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
        needs=tuple(_need(need, needs.areas[row], row in covered) for row, need in enumerate(request.needs)),
        matches=matches,
        excluded=tuple(
            _exclusion(companies.companies[one.column], request.needs[one.row], exclusion)
            for one in excluded
            for exclusion in one.exclusions
        ),
    )
    return MadeReport(report, found.reach)


def company_text(company: Company) -> str:
    """Return all that a company says of itself: its description and its capabilities, each text once."""
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


def _match(
    one: Chosen,
    request: MatchRequest,
    partner: Partner,
    needs: NeedFeatures,
    companies: CompanyFeatures,
    areas: Mapping[str, FocusArea],
    flags: tuple[Flag, ...],
) -> Match:
    company = companies.companies[one.column]
    scores = pair_parts(needs, one.row, companies, one.column)
    sides = Sides(partner, company, needs.readings[one.row], companies.readings[one.column], areas)
    parts = explain_parts(sides, scores)
    if one.cap is not None and one.toward_need > one.cap:
        parts = (*parts, cap_part(one.aims, one.toward_need, one.cap))
    asked = questions(company, partner, request)
    return Match(
        company=MatchedCompany(
            company.id,
            company.version,
            company.name,
            company.country,
            company.city,
            company.website,
            company.kind,
            company.membership,
            company_text(company),
        ),
        need_id=request.needs[one.row].id,
        role=one.role,
        score=one.score,
        toward_need=one.toward_need,
        toward_company=one.aims.total,
        aims=tuple(replace(part, points=round(part.points, 2)) for part in one.aims.parts),
        cap=one.cap,
        shared_areas=tuple(join.concept for join in scores["areas"].evidence),
        parts=parts,
        reasons=reasons(sides, one.role, scores),
        questions={language: tuple(text[language] for text in asked) for language in LANGUAGES},
        flags=flags,
    )


def _need(need: Need, areas: Sequence[AreaFinding], covered: bool) -> ReportedNeed:
    rounded = tuple(replace(one, strength=round(one.strength, 2)) for one in areas)
    return ReportedNeed(need.id, need.title, need.text, rounded, need.requirements, covered)


def _exclusion(company: Company, need: Need, why: exclusions.Exclusion) -> Exclusion:
    return Exclusion(ExcludedCompany(company.id, company.name), need.id, why.code, why.reason)
