"""The routes of plans: introductions under capacities. All are for staff; looking stores nothing."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify

from services.matching import tables
from services.matching.context import database
from services.matching.planning import schemas as plan_schemas
from services.matching.planning.actions import PlanRefusedError, Wanted, approve_plan, introduction_plan
from services.matching.planning.consortium_views import consortia_of
from services.matching.planning.domain.introducing import Limits
from services.matching.refusals import STATUS, Refusal
from shared.web.answer_once import answer_once
from shared.web.api import Blueprint, answers, body, not_found, query, route
from shared.web.problems import Problem, field_error

Args = dict[str, Any]

blueprint = Blueprint(
    "plans", __name__, url_prefix="/api/v1/plans", description="Plans over many requests at once"
)


@route(
    blueprint, "/introductions", "GET", "staff", "Plan introductions under capacities",
    description="Who would meet whom over the open requests so that the summed score is the greatest, exactly: a "
    "company gets at most its capacity in twelve months, a request at most `per_request`, a pair meets once, and "
    "network companies come after members. Nothing is stored.",
)  # fmt: skip
@query(blueprint, plan_schemas.PlanArgs)
@answers(blueprint, 200, plan_schemas.IntroductionPlanAnswer)
def plan_introductions(args: Args) -> Args:
    """Give the best plan and what each request by itself would take."""
    limits = Limits(args["per_request"], args["company_capacity"])
    with database().reading() as connection:
        return introduction_plan(
            connection, current_app.config["CLOCK"](), limits, args["request"], args["role"]
        )


@route(
    blueprint, "/introductions/approvals", "POST", "staff", "Approve a plan of introductions",
    description="Approves matches of several reports, all or none: one introduction per company and request goes on "
    "its way, and mails cannot be called back. Answers 409 when a report has changed since it was read; `refused` "
    "then names each report that stands in the way. Takes an `Idempotency-Key`.",
)  # fmt: skip
@body(
    blueprint,
    plan_schemas.PlanApprovalBody,
    example={"approvals": [{"request_id": "R1", "report_version": 1, "matches": ["C1.n1"]}], "note": ""},
)
@answers(blueprint, 201, plan_schemas.PlanApprovalAnswer)
def approve_planned(data: Args) -> Response:
    """Approve matches of the versions that were seen."""
    clock, ids = current_app.config["CLOCK"], current_app.config["IDS"]
    wanted = [
        Wanted(one["request_id"], one["report_version"], tuple(one["matches"])) for one in data["approvals"]
    ]
    if len({one.request_id for one in wanted}) < len(wanted):
        errors = [field_error("approvals", "A request comes twice.", "Put its matches into one entry.")]
        raise Problem(422, "A request comes twice.", errors=errors)
    try:
        with database().writing() as connection:

            def act() -> Response:
                done = approve_plan(connection, wanted, data["note"], clock, ids)
                approvals = [
                    {
                        "request_id": request,
                        "approval_id": one.approval_id,
                        "introductions": list(one.introductions),
                    }
                    for request, one in done.items()
                ]
                answer = jsonify({"approvals": approvals})
                answer.status_code = 201
                return answer

            return answer_once(connection, tables.idempotency, clock(), act)
    except PlanRefusedError as refused:
        raise _problem(refused) from refused


@route(
    blueprint, "/consortia/<request_id>", "GET", "staff", "Find consortia for a request",
    description="The best sets of two to five companies that cover the request's needs together, and what stays "
    "uncovered. Competitors and those who do not want to meet are in no set together. Nothing is stored.",
)  # fmt: skip
@answers(blueprint, 200, plan_schemas.ConsortiaAnswer)
def find_consortia(request_id: str) -> Args:
    """Give the best sets of the request's latest report."""
    with database().reading() as connection:
        found = consortia_of(connection, request_id)
    if found is None:
        raise not_found("match report", request_id)
    return found


def _problem(refused: PlanRefusedError) -> Problem:
    kinds = {one.kind for one in refused.refusals.values()}
    gravest = (Refusal.STALE, Refusal.CONFLICT, Refusal.UNKNOWN, Refusal.UNKNOWN_MATCH, Refusal.INVALID)
    status = next(STATUS[kind] for kind in gravest if kind in kinds)
    said = [
        {
            "request_id": request,
            "kind": one.kind,
            "reason": str(one),
            "about": list(one.about),
            "current_version": one.current_version,
        }
        for request, one in refused.refusals.items()
    ]
    return Problem(status, f"Nothing was approved. {refused}", extra={"refused": said})
