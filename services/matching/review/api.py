"""The routes of matching's API; all are for staff."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, jsonify

from services.matching import tables
from services.matching.context import clock, database, ids
from services.matching.introductions import store as decisions
from services.matching.introductions.actions import approve, cancel, reject
from services.matching.introductions.lifting import lift, take_back
from services.matching.refusal_answers import refusals_as_problems
from services.matching.reports.store import reports
from services.matching.reports.store.reports import ReportFilter
from services.matching.review import schemas
from services.matching.review.comparison_views import changes_view
from services.matching.review.views import introduction_view, report_view, with_deliveries
from shared.web.answer_once import answer_once
from shared.web.api import Blueprint, answers, answers_whole, body, etag_of, not_found, query, route

Args = dict[str, Any]

blueprint = Blueprint(
    "matching", __name__, url_prefix="/api/v1", description="Match reports and introductions"
)
exclusions = Blueprint(
    "exclusions", __name__, url_prefix="/api/v1", description="Exclusions that staff lift for one request"
)
changes = Blueprint(
    "report-changes", __name__, url_prefix="/api/v1", description="What versions of a match report changed"
)
LIFTED_PATH = "/reports/<request_id>/exclusions/<company_id>/<code>/lifted"

BLUEPRINTS = (blueprint, exclusions)


@route(blueprint, "/reports", "GET", "staff", "List match reports")
@query(blueprint, schemas.ReportArgs)
@answers(blueprint, 200, schemas.ReportList)
def list_reports(args: Args) -> Args:
    """List requests with their reports, the newest change first."""
    chosen = ReportFilter(args.get("status"), args.get("partner"), args.get("verdict"))
    with database().reading() as connection:
        lines, total = reports.list_reports(connection, chosen, args["page"], args["page_size"])
    return {"items": [asdict(line) for line in lines], "total": total, **_page(args)}


@route(
    blueprint, "/reports/<request_id>", "GET", "staff", "Read a match report",
    description="The ETag is the report's version, which approvals and rejections name.",
)  # fmt: skip
@answers_whole(blueprint, 200, "object")
def read_report(request_id: str) -> Response:
    """Return a report's canonical content with reviews, introductions and deliveries beside each match."""
    with database().reading() as connection:
        view = report_view(connection, request_id)
    if view is None:
        raise not_found("match report", request_id)
    response = jsonify(view.to_json())
    response.headers["ETag"] = etag_of(view.version)
    return response


@route(
    blueprint, "/reports/<request_id>/approvals", "POST", "staff", "Approve matches",
    description="Makes one introduction per company and sends it on its way; mails cannot be called back. "
    "Answers 409 when the report has changed since it was read. Takes an `Idempotency-Key`.",
)  # fmt: skip
@body(blueprint, schemas.ApprovalBody, example={"report_version": 1, "matches": ["C1.n1"], "note": ""})
@answers(blueprint, 201, schemas.ApprovalAnswer)
def approve_matches(data: Args, request_id: str) -> Response:
    """Approve matches of the version that was seen."""
    with refusals_as_problems(data["report_version"]), database().writing() as connection:

        def act() -> Response:
            done = approve(
                connection, request_id, data["report_version"], data["matches"], data["note"], clock(), ids()
            )
            answer = jsonify({"approval_id": done.approval_id, "introductions": list(done.introductions)})
            answer.status_code = 201
            return answer

        return answer_once(connection, tables.idempotency, clock()(), act)


@route(
    blueprint, "/reports/<request_id>/rejections", "POST", "staff", "Reject matches",
    description="The reason is kept, so that a company can learn why it was not chosen. Takes an `Idempotency-Key`.",
)  # fmt: skip
@body(
    blueprint,
    schemas.RejectionBody,
    example={"report_version": 1, "matches": ["C1.n1"], "reason": "No capacity"},
)
@answers(blueprint, 200, schemas.RejectionAnswer)
def reject_matches(data: Args, request_id: str) -> Response:
    """Reject matches of the version that was seen."""
    with refusals_as_problems(data["report_version"]), database().writing() as connection:

        def act() -> Response:
            reject(connection, request_id, data["report_version"], data["matches"], data["reason"], clock())
            return jsonify({"rejected": sorted(set(data["matches"]))})

        return answer_once(connection, tables.idempotency, clock()(), act)


@route(blueprint, "/introductions", "GET", "staff", "List introductions")
@query(blueprint, schemas.IntroductionArgs)
@answers(blueprint, 200, schemas.IntroductionList)
def list_introductions(args: Args) -> Args:
    """List introductions, the newest change first."""
    wanted = {
        "status": args.get("status"),
        "request_id": args.get("request"),
        "company_id": args.get("company"),
        "partner_id": args.get("partner"),
    }
    with database().reading() as connection:
        found, total = decisions.list_introductions(connection, wanted, args["page"], args["page_size"])
        items = with_deliveries(connection, found)
    return {"items": items, "total": total, **_page(args)}


@route(blueprint, "/introductions/<introduction_id>", "GET", "staff", "Read an introduction")
@answers(blueprint, 200, schemas.IntroductionWithDeliveries)
def read_introduction(introduction_id: str) -> Response:
    """Return an introduction with what became of its mails."""
    with database().reading() as connection:
        view = introduction_view(connection, introduction_id)
    if view is None:
        raise not_found("introduction", introduction_id)
    response = jsonify(view)
    response.headers["ETag"] = etag_of(view["version"])
    return response


@route(
    blueprint, "/introductions/<introduction_id>/cancel", "POST", "staff", "Cancel an introduction",
    description="Only while none of its mails has been sent; 409 after that. Cancelling twice changes nothing.",
)  # fmt: skip
@answers(blueprint, 200, schemas.IntroductionWithDeliveries)
def cancel_introduction(introduction_id: str) -> Response:
    """Cancel an introduction of which no mail has been sent."""
    with refusals_as_problems(), database().writing() as connection:
        cancel(connection, introduction_id, clock())
        view = introduction_view(connection, introduction_id)
    return jsonify(view)


@route(
    exclusions, LIFTED_PATH, "PUT", "staff", "Lift an exclusion",
    description="`code` is the exclusion's, as the report lists it. The report is made again; the match then carries "
    "the flag `lifted_` with the code. The same again changes nothing; another reason takes the place of the first. "
    "Answers 409 when the company is not excluded so, or the request is not open.",
)  # fmt: skip
@body(exclusions, schemas.LiftingBody, example={"reason": "They have opened an office there this spring."})
@answers(exclusions, 200, schemas.LiftedExclusion)
def lift_exclusion(data: Args, request_id: str, company_id: str, code: str) -> Args:
    """Lift one known conflict of one company, for one request."""
    with refusals_as_problems(), database().writing() as connection:
        return asdict(lift(connection, request_id, company_id, code, data["reason"], clock()))


@route(
    exclusions, LIFTED_PATH, "DELETE", "staff", "Let a lifted exclusion hold again",
    description="One that is not lifted is no error. Answers 409 while the company is introduced for the request.",
)  # fmt: skip
@answers(exclusions, 204)
def take_back_exclusion(request_id: str, company_id: str, code: str) -> Response:
    """Let a lifted exclusion hold again."""
    with refusals_as_problems(), database().writing() as connection:
        take_back(connection, request_id, company_id, code, clock())
    return Response(status=204)


@route(
    changes, "/reports/<request_id>/changes", "GET", "staff", "List what a report's versions changed",
    description="The newest 50. A version without an entry is the first one, or older than that.",
)  # fmt: skip
@answers(changes, 200, schemas.ReportChanges)
def list_changes(request_id: str) -> Args:
    """List the changes of a report's versions."""
    with database().reading() as connection:
        report = reports.get_report(connection, request_id)
        if report is None:
            raise not_found("match report", request_id)
        items = changes_view(connection, request_id)
    return {"request_id": request_id, "version": report.version, "items": items}


def _page(args: Args) -> Args:
    return {"page": args["page"], "page_size": args["page_size"]}
