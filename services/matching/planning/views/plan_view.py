"""Introductions over all open requests, as API and pages show them. Looking stores nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from services.matching.planning import store as plans
from services.matching.planning.domain.introducing import (
    Candidate,
    IntroductionPlan,
    Limits,
    candidates,
    capacities_left,
    plan,
)
from services.matching.planning.store import OpenReport
from services.matching.reports.domain.graph import match_graph
from shared.clock import to_text

Json = dict[str, Any]


def introduction_plan(
    connection: Connection,
    at: datetime,
    limits: Limits,
    only: Collection[str] = (),
    role: str | None = None,
) -> Json:
    """Plan introductions over the open requests, or `only` some, as of `at`; for matches of one `role`, or all.

    The plan is exact: no other one within the capacities has a greater summed score (members first).
    """
    reports = plans.list_open_reports(connection, only)
    standing = plans.get_standing(connection, reports, at)
    graph = match_graph(one.content for one in reports)
    pairs = candidates(graph, standing, role)
    left = capacities_left(pairs, standing, limits, (one.request_id for one in reports))
    made = plan(pairs, left)
    names = {
        node.removeprefix("company:"): graph.nodes[node]["label"]
        for node in graph
        if graph.nodes[node]["kind"] == "company"
    }
    return {
        "as_of": to_text(at),
        "per_request": limits.per_request,
        "company_capacity": limits.company_capacity,
        "role": role,
        "score": made.score,
        "introductions": len(made.planned),
        "changed": len(set(made.alone) - set(made.planned)),
        "requests": _requests(reports, made, names),
        "companies": _companies(made, names),
    }


def _requests(reports: Sequence[OpenReport], made: IntroductionPlan, names: Mapping[str, str]) -> list[Json]:
    """Return each request with whom it meets, who is left out and what is full, and who is barred."""
    alone = set(made.alone)

    def said(one: Candidate, **more: Any) -> Json:
        return {
            "company_id": one.company,
            "company_name": names[one.company],
            "network": one.network,
            "role": one.role,
            "score": one.score,
            "matches": list(one.match_ids),
            "best_of_request": one in alone,
            **more,
        }

    found: dict[str, dict[str, list[Json]]] = {
        one.request_id: {"introductions": [], "left_out": [], "barred": []} for one in reports
    }
    for one in made.planned:
        found[one.request]["introductions"].append(said(one))
    for one, full in made.left_out:
        found[one.request]["left_out"].append(said(one, full=list(full)))
    for one in made.barred:
        found[one.request]["barred"].append(said(one, bar=one.bar))
    return [
        {
            "request_id": report.request_id,
            "report_version": report.version,
            "title": report.title,
            "partner_id": report.content.partner.id,
            "partner_name": report.content.partner.name,
            "capacity_left": made.left.requests[report.request_id],
            **found[report.request_id],
        }
        for report in reports
    ]


def _companies(made: IntroductionPlan, names: Mapping[str, str]) -> list[Json]:
    """Return each company with a pair: what it still takes, has in the plan, and would have from requests alone."""
    planned = Counter(one.company for one in made.planned)
    alone = Counter(one.company for one in made.alone)
    return [
        {
            "company_id": company,
            "company_name": names[company],
            "capacity_left": left,
            "planned": planned[company],
            "best_of_requests": alone[company],
        }
        for company, left in sorted(made.left.companies.items())
    ]
