"""The routes of matching's API; all are for staff."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, current_app, jsonify

from services.matching import tables
from services.matching.context import database
from services.matching.introductions import store as decisions
from services.matching.introductions.actions import approve, cancel, reject
from services.matching.refusal_answers import refusals_as_problems
from services.matching.reports.store import reports
from services.matching.reports.store.reports import ReportFilter
from services.matching.review import schemas
from services.matching.review.exclusion_api import blueprint as exclusions
from services.matching.review.views import introduction_view, report_view, with_deliveries
from shared.clock import Clock
from shared.ids import IdSource
from shared.web.answer_once import answer_once
from shared.web.api import Blueprint, answers, body, etag_of, not_found, query, route

Args = dict[str, Any]

blueprint = Blueprint(
    "matching", __name__, url_prefix="/api/v1", description="Match reports and introductions"
)

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
@answers(blueprint, 200)
def read_report(request_id: str) -> Response:
    """Give a report's canonical content with reviews, introductions and deliveries beside each match."""
    with database().reading() as connection:
        view = report_view(connection, request_id)
    if view is None:
        raise not_found("match report", request_id)
    response = jsonify(view)
    response.headers["ETag"] = etag_of(view["version"])
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
    clock, ids = _clock(), _ids()
    with refusals_as_problems(data["report_version"]), database().writing() as connection:

        def act() -> Response:
            done = approve(
                connection, request_id, data["report_version"], data["matches"], data["note"], clock, ids
            )
            answer = jsonify({"approval_id": done.approval_id, "introductions": list(done.introductions)})
            answer.status_code = 201
            return answer

        return answer_once(connection, tables.idempotency, clock(), act)


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
    clock = _clock()
    with refusals_as_problems(data["report_version"]), database().writing() as connection:

        def act() -> Response:
            reject(connection, request_id, data["report_version"], data["matches"], data["reason"], clock)
            return jsonify({"rejected": sorted(set(data["matches"]))})

        return answer_once(connection, tables.idempotency, clock(), act)


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
    """Give an introduction with what became of its mails."""
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
        cancel(connection, introduction_id, _clock())
        view = introduction_view(connection, introduction_id)
    return jsonify(view)


def _page(args: Args) -> Args:
    return {"page": args["page"], "page_size": args["page_size"]}


def _clock() -> Clock:
    clock: Clock = current_app.config["CLOCK"]
    return clock


def _ids() -> IdSource:
    ids: IdSource = current_app.config["IDS"]
    return ids
