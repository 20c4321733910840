"""Who is seen how often, and which rarely seen small member fits a request: as API and pages show it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions.domain.introductions import REJECTED
from services.matching.organisations.domain.model import Company, partner_from_state, request_from_state
from services.matching.organisations.store import projection
from services.matching.planning import store as plans
from services.matching.planning.domain.fairness import (
    REACH,
    STEPS,
    Near,
    Seen,
    also_look_at,
    fairness,
    rarely_seen,
)
from services.matching.reports.domain.graph import never_matched
from services.matching.reports.domain.report import match_id
from services.matching.reports.store import reports
from services.matching.reports.store.lifted import get_lifted
from services.matching.reports.store.reports import StoredReport
from services.matching.review.views import ReportView
from services.matching.scoring import store as policies
from services.matching.scoring.domain.features import company_features, need_features
from services.matching.scoring.domain.flags import FlagCode
from services.matching.scoring.domain.selection import pair_of
from services.matching.text.domain.concept_engine import TextEngine
from shared.clock import to_text

Json = dict[str, Any]

MOST_LOOKED_AT = 300
"""Small members whose texts are read for one request: those that share a focus area with it first."""


def fairness_of(connection: Connection, at: datetime) -> Json:
    """Count the calls and meetings of every active member in the twelve months up to `at`, those called least first."""
    members = plans.list_members(connection)
    never = never_matched(
        (one.id for one in members), (one.content for one in plans.list_open_reports(connection))
    )
    found = fairness(
        members, plans.list_introductions(connection), plans.list_sessions(connection), never, at
    )
    return {
        "as_of": to_text(at),
        "calls": found.calls,
        "spread": [
            {"from": low, "to": high, "members": count}
            for (low, high), count in zip(STEPS, found.spread, strict=True)
        ],
        "busiest_share": found.busiest_share,
        "never_introduced": [one.member.id for one in found.seen if one.last is None],
        "never_matched": never,
        "members": [_member(one) for one in found.seen],
    }


def rare_in_report(connection: Connection, view: ReportView, at: datetime) -> Near | None:
    """Find the best match of a report whose company is a small member that was not introduced in twelve months.

    Matches that staff rejected are passed over.
    """
    matches = [
        match
        for match in view.report.matches
        if any(flag.code == FlagCode.SMALL_MEMBER for flag in match.flags)
        and (view.beside[match.id].review or {}).get("decision") != REJECTED
    ]
    companies = {match.company.id for match in matches}
    past = [one for id in sorted(companies) for one in plans.list_introductions(connection, id)]
    rare = rarely_seen(companies, past, at)
    return also_look_at(
        Near(match.company.id, match.need_id, match.score, True)
        for match in matches
        if match.company.id in rare
    )


def also_look_at_for(
    connection: Connection, request_id: str, at: datetime, engine: TextEngine
) -> Json | None:
    """Find the best small member for a request that was not introduced in twelve months, or None without a report.

    It need not be a match: `REACH` points under the floor are near enough, where words speak for it and nothing known
    excludes it. `looked_at` of `rarely_seen` small members were read.
    """
    report = reports.get_report(connection, request_id)
    request = projection.get_state(connection, tables.requests, request_id)
    partner = request and projection.get_state(connection, tables.partners, request.state["partner_id"])
    if report is None or request is None or partner is None:
        return None
    small = {one.id: one for one in plans.list_small_members(connection)}
    rare = [small[one] for one in rarely_seen(small, plans.list_introductions(connection), at)]
    areas = {area.code for need in report.content.needs for area in need.focus_areas}
    looked_at = sorted(rare, key=lambda one: (not _areas(one) & areas, one.id))[:MOST_LOOKED_AT]
    near = _near(connection, report, request.state, partner.state, looked_at, engine)
    best = also_look_at(near)
    return {
        "request_id": request_id,
        "report_version": report.version,
        "rarely_seen": len(rare),
        "looked_at": len(looked_at),
        "best": best
        and {
            "company_id": best.company_id,
            "company_name": small[best.company_id].name,
            "need_id": best.need_id,
            "score": best.score,
            "match": best.listed,
        },
    }


def _near(
    connection: Connection,
    report: StoredReport,
    request_state: Mapping[str, Any],
    partner_state: Mapping[str, Any],
    companies: Collection[Company],
    engine: TextEngine,
) -> list[Near]:
    """Score companies for a request and return the pairs that are matches or near the floor."""
    if not companies:
        return []
    request, partner = request_from_state(request_state), partner_from_state(partner_state)
    version = policies.get_version(connection, report.content.policy_version)
    policy = policies.get_active_policy(connection) if version is None else version.policy
    features = company_features(sorted(companies, key=lambda one: one.id), engine)
    needs = need_features([(partner, need) for need in request.needs], engine, policy)
    lifted = get_lifted(connection, request.id)
    rejected = plans.list_rejected_matches(connection, [request.id])
    listed = {match.id for match in report.content.matches}
    found = []
    for row, need in enumerate(request.needs):
        for column, company in enumerate(features.companies):
            pair = pair_of(needs, row, features, column, request, partner, lifted)
            id = match_id(company.id, need.id)
            near = pair.score >= policy.floor - REACH and pair.by_words >= policy.least_words
            if near and not pair.exclusions and (request.id, id) not in rejected:
                found.append(Near(company.id, need.id, pair.score, id in listed))
    return found


def _areas(company: Company) -> set[str]:
    return {code for one in company.capabilities for code in one.focus_areas}


def _member(one: Seen) -> Json:
    return {
        "company_id": one.member.id,
        "company_name": one.member.name,
        "membership": one.member.membership,
        "calls": one.calls,
        "meetings": one.meetings,
        "ahead": one.ahead,
        "last_introduced": one.last and to_text(one.last),
        "matched": one.matched,
    }
