"""Consortia for one request, as API and pages show them, from its report and the companies' profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Connection

from services.matching.organisations.domain.model import Company
from services.matching.organisations.domain.roles import STUDY_VISIT_HOST
from services.matching.planning import store as plans
from services.matching.planning.domain.consortia import (
    Consortium,
    Offer,
    conflicts_among,
    consortia,
    who_covers_all,
)
from services.matching.reports.store import reports
from services.matching.scoring.domain.flags import FlagCode, is_network

Json = dict[str, Any]


def consortia_of(connection: Connection, request_id: str) -> Json | None:
    """Find the best sets of companies that cover a request's needs together, or None where it has no report.

    Of the report's matches those of study-visit hosts (they receive visitors and deliver nothing), of companies that
    see the partner as a competitor or are not active any more, and those that staff rejected are left out. `nobody`
    are the needs that none of the rest matches; `alone` companies that match them all; `best_possible`: it is proved
    that no set is better.
    """
    report = reports.get_report(connection, request_id)
    if report is None:
        return None
    needs = {need.id: need.label for need in report.content.needs}
    rejected = plans.list_rejected_matches(connection, [request_id])
    matches = [
        match
        for match in report.content.matches
        if match.role != STUDY_VISIT_HOST
        and (request_id, match.id) not in rejected
        and all(flag.code != FlagCode.COMPETITOR for flag in match.flags)
    ]
    companies = plans.list_companies(connection, {match.company.id for match in matches})
    scores: dict[str, dict[str, float]] = {}
    for match in matches:
        scores.setdefault(match.company.id, {})[match.need_id] = match.score
    offers = [Offer(one, scores[one], is_network(company)) for one, company in sorted(companies.items())]
    found = consortia(tuple(needs), offers, conflicts_among(list(companies.values())))
    matched = {need for one in offers for need in one.scores}
    return {
        "request_id": request_id,
        "report_version": report.version,
        "needs": [{"id": need, "title": title} for need, title in needs.items()],
        "nobody": [need for need in needs if need not in matched],
        "alone": [_company(companies[one]) for one in who_covers_all(tuple(needs), offers)],
        "consortia": [_consortium(one, scores, companies) for one in found.consortia],
        "best_possible": found.proved,
    }


def _consortium(
    one: Consortium, scores: Mapping[str, Mapping[str, float]], companies: Mapping[str, Company]
) -> Json:
    return {
        "companies": [_company(companies[member]) for member in one.companies],
        "serves": [
            {"need_id": need, "company_id": member, "score": scores[member][need]}
            for need, member in one.serves.items()
        ],
        "uncovered": list(one.uncovered),
        "score": one.score,
    }


def _company(company: Company) -> Json:
    return {"id": company.id, "name": company.name, "network": is_network(company)}
