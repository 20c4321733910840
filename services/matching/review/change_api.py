"""The route by which staff read what the versions of a report changed."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from services.matching.context import database
from services.matching.reports.store import reports
from services.matching.review.comparison_views import changes_view
from shared.web.api import Blueprint, answers, not_found, route

blueprint = Blueprint(
    "report-changes", __name__, url_prefix="/api/v1", description="What versions of a match report changed"
)

BLUEPRINTS = (blueprint,)


class ChangeCause(Schema):
    """Why a report was changed."""

    code = fields.String(
        metadata={
            "description": "company, partner, request, policy, text_engine, erased, or rebuilt (not known)"
        }
    )
    company_id = fields.String(metadata={"description": "of the causes company and erased"})
    version = fields.Integer(
        metadata={"description": "of the causes partner, request and policy: the new one"}
    )


class ChangedMatch(Schema):
    """A match by its place, from 1, among those of its need and role."""

    company_id = fields.String()
    need_id = fields.String()
    role = fields.String()
    place = fields.Integer()
    score = fields.Float()
    place_before = fields.Integer(metadata={"description": "of moved and rescored ones"})
    score_before = fields.Float(metadata={"description": "of moved and rescored ones"})


class ChangedQuestions(Schema):
    """How many questions of a match were answered, and how many are asked anew."""

    company_id = fields.String()
    need_id = fields.String()
    answered = fields.Integer()
    asked = fields.Integer()


class ChangedFlags(Schema):
    """Flags that a match has no more, and those it has got."""

    company_id = fields.String()
    need_id = fields.String()
    gone = fields.List(fields.String())
    added = fields.List(fields.String())


class ChangedExclusion(Schema):
    """A company and the code of what excludes it."""

    company_id = fields.String()
    code = fields.String()


class ReportChange(Schema):
    """What a version changed beside the one before it."""

    version = fields.Integer()
    from_version = fields.Integer()
    at = fields.String()
    causes = fields.List(fields.Nested(ChangeCause))
    entered = fields.List(fields.Nested(ChangedMatch))
    left = fields.List(fields.Nested(ChangedMatch))
    moved = fields.List(fields.Nested(ChangedMatch))
    rescored = fields.List(fields.Nested(ChangedMatch), metadata={"description": "another score, same place"})
    questions = fields.List(fields.Nested(ChangedQuestions))
    flags = fields.List(fields.Nested(ChangedFlags))
    excluded = fields.List(fields.Nested(ChangedExclusion))
    readmitted = fields.List(fields.Nested(ChangedExclusion))
    covered = fields.List(fields.String(), metadata={"description": "needs that have got a match"})
    uncovered = fields.List(fields.String(), metadata={"description": "needs that have no match any more"})
    companies = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "names by id; empty: erased"}
    )


class ReportChanges(Schema):
    """The changes of a report, the newest first."""

    request_id = fields.String()
    version = fields.Integer(metadata={"description": "the report's version now"})
    items = fields.List(fields.Nested(ReportChange))


@route(
    blueprint, "/reports/<request_id>/changes", "GET", "staff", "List what a report's versions changed",
    description="The newest 50. A version without an entry is the first one, or older than that.",
)  # fmt: skip
@answers(blueprint, 200, ReportChanges)
def list_changes(request_id: str) -> dict[str, Any]:
    """List the changes of a report's versions."""
    with database().reading() as connection:
        report = reports.get_report(connection, request_id)
        if report is None:
            raise not_found("match report", request_id)
        items = changes_view(connection, request_id)
    return {"request_id": request_id, "version": report.version, "items": items}
