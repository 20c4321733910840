"""Introductions over all open requests: the plan as API and pages show it, and its approval. Looking stores nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from services.matching.i18n import N_
from services.matching.introductions.actions import Decided, approve
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
from services.matching.refusals import Refusal, RefusedError
from services.matching.reports.domain.graph import match_graph
from shared.clock import Clock, to_text
from shared.ids import IdSource

Json = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What to approve of one report: the version that was seen, and its match ids."""

    request_id: str
    report_version: int
    matches: tuple[str, ...]


class PlanRefusedError(Exception):
    """An approval of several reports that was not carried out, with each report's refusal by request id."""

    def __init__(self, refusals: Mapping[str, RefusedError]) -> None:
        super().__init__(" ".join(f"{request}: {refused}" for request, refused in refusals.items()))
        self.refusals = dict(refusals)


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
    reports = plans.open_reports(connection, only)
    standing = plans.standing(connection, reports, at)
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


def approve_plan(
    connection: Connection, wanted: Sequence[Wanted], note: str, clock: Clock, ids: IdSource
) -> dict[str, Decided]:
    """Approve matches of several reports as `decisions.approve` does, all or none, and give what came of each.

    Raises PlanRefusedError with every refusal; the caller's transaction must then end without a commit. Raises
    shared.messaging.outbox.EventTooLargeError when an introduction would be larger than the event log takes.
    """
    done, refusals = {}, {}
    # In one order for everybody: two who approve at once wait for each other instead of both giving up.
    for one in sorted(wanted, key=lambda one: one.request_id):
        try:
            done[one.request_id] = approve(
                connection, one.request_id, one.report_version, one.matches, note, clock, ids
            )
        except RefusedError as refused:
            refusals[one.request_id] = refused
    if not wanted:
        refusals[""] = RefusedError(
            Refusal.INVALID, N_("Choose at least one introduction."), ["introductions"]
        )
    if refusals:
        raise PlanRefusedError(refusals)
    return done


def _requests(reports: Sequence[OpenReport], made: IntroductionPlan, names: Mapping[str, str]) -> list[Json]:
    """Give each request with whom it meets, who is left out and what is full, and who is barred."""
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
    """Give each company with a pair: what it still takes, what the plan gives it, and what the requests alone would."""
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
