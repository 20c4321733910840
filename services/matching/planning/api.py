"""The routes of plans: introductions under capacities, consortia, gaps, fairness. All are for staff."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from services.matching import tables
from services.matching.context import clock, database, ids, settings, text_engine
from services.matching.planning import schemas
from services.matching.planning.actions import PlanRefusedError, Wanted, approve_plan
from services.matching.planning.domain.introducing import Limits
from services.matching.planning.views.consortium_view import consortia_of
from services.matching.planning.views.fairness_view import also_look_at_for, fairness_of
from services.matching.planning.views.gap_view import as_csv, gaps_of
from services.matching.planning.views.plan_view import introduction_plan
from services.matching.refusal_answers import STATUS
from shared.web.answer_once import answer_once
from shared.web.api import Blueprint, answers, answers_whole, body, not_found, query, route
from shared.web.app import current_language
from shared.web.problems import Problem, field_error

Args = dict[str, Any]

plans = Blueprint(
    "plans", __name__, url_prefix="/api/v1/plans", description="Plans over many requests at once"
)
gaps = Blueprint("gaps", __name__, url_prefix="/api/v1/plans", description="What no company covers")
fairness = Blueprint(
    "fairness", __name__, url_prefix="/api/v1/plans", description="Who is seen how often, and who never"
)

BLUEPRINTS = (plans, gaps, fairness)


@route(
    plans, "/introductions", "GET", "staff", "Plan introductions under capacities",
    description="Who would meet whom over the open requests so that the summed score is the greatest, exactly: a "
    "company gets at most its capacity in twelve months, a request at most `per_request`, a pair meets once, and "
    "network companies come after members. Nothing is stored.",
)  # fmt: skip
@query(plans, schemas.PlanArgs)
@answers(plans, 200, schemas.IntroductionPlanAnswer)
def plan_introductions(args: Args) -> Args:
    """Plan introductions, beside what each request by itself would take."""
    limits = Limits(args["per_request"], args["company_capacity"])
    with database().reading() as connection:
        return introduction_plan(connection, clock()(), limits, args["request"], args["role"])


@route(
    plans, "/introductions/approvals", "POST", "staff", "Approve a plan of introductions",
    description="Approves matches of several reports, all or none: one introduction per company and request goes on "
    "its way, and mails cannot be called back. Answers 409 when a report has changed since it was read; `refused` "
    "then names each report that stands in the way. Takes an `Idempotency-Key`.",
)  # fmt: skip
@body(
    plans,
    schemas.PlanApprovalBody,
    example={"approvals": [{"request_id": "R1", "report_version": 1, "matches": ["C1.n1"]}], "note": ""},
)
@answers(plans, 201, schemas.PlanApprovalAnswer)
def approve_planned(data: Args) -> Response:
    """Approve matches of the versions that were seen."""
    wanted = [
        Wanted(one["request_id"], one["report_version"], tuple(one["matches"])) for one in data["approvals"]
    ]
    if len({one.request_id for one in wanted}) < len(wanted):
        errors = [field_error("approvals", "A request comes twice.", "Put its matches into one entry.")]
        raise Problem(422, "A request comes twice.", errors=errors)
    try:
        with database().writing() as connection:

            def act() -> Response:
                done = approve_plan(connection, wanted, data["note"], clock(), ids())
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

            return answer_once(connection, tables.idempotency, clock()(), act)
    except PlanRefusedError as refused:
        raise _problem(refused) from refused


@route(
    plans, "/consortia/<request_id>", "GET", "staff", "Find consortia for a request",
    description="The best sets of two to five companies that cover the request's needs together, and what stays "
    "uncovered. Competitors and those who do not want to meet are in no set together. Nothing is stored.",
)  # fmt: skip
@answers(plans, 200, schemas.ConsortiaAnswer)
def find_consortia(request_id: str) -> Args:
    """Find the best sets for the request's latest report."""
    with database().reading() as connection:
        found = consortia_of(connection, request_id)
    if found is None:
        raise not_found("match report", request_id)
    return found


@route(gaps, "/gaps", "GET", "staff", "List the needs that no company covers")
@answers(gaps, 200, schemas.GapsAnswer)
def list_gaps() -> Args:
    """List the needs of open requests that no company covers, by focus area and by concept."""
    return _gaps()


@route(
    gaps, "/gaps.csv", "GET", "staff", "Export the needs that no company covers",
    description="CSV in UTF-8, a row a need, separated by commas in English (`?lang=en`) and by semicolons in "
    "Swedish, as spreadsheets of that language do. What a spreadsheet would compute gets an apostrophe before it.",
)  # fmt: skip
@answers_whole(gaps, 200, "string", "text/csv")
def export_gaps() -> Response:
    """Write the gaps as a CSV file."""
    answer = Response(as_csv(_gaps(), current_language()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="gaps.csv"'
    return answer


@route(fairness, "/fairness", "GET", "staff", "List how often members are seen")
@answers(fairness, 200, schemas.FairnessAnswer)
def list_fairness() -> Args:
    """List calls and meetings of members in the last twelve months, those called least first."""
    with database().reading() as connection:
        return fairness_of(connection, clock()())


@route(
    fairness, "/also-look-at/<request_id>", "GET", "staff", "Find a rarely seen small member for a request",
    description="The best small member that was introduced to nobody in twelve months and is a match, or near the "
    "floor of one. Scores and order of the report stay as they are.",
)  # fmt: skip
@answers(fairness, 200, schemas.AlsoLookAtAnswer)
def find_also_look_at(request_id: str) -> Args:
    """Find the best rarely seen small member for a request."""
    engine = text_engine()
    with database().reading() as connection:
        found = also_look_at_for(connection, request_id, clock()(), engine)
    if found is None:
        raise not_found("match report", request_id)
    return found


def _gaps() -> Args:
    with database().reading() as connection:
        return gaps_of(connection, clock()(), settings().thesaurus)


def _problem(refused: PlanRefusedError) -> Problem:
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
    return Problem(STATUS[refused.kind], f"Nothing was approved. {refused}", extra={"refused": said})
