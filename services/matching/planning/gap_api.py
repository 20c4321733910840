"""The routes that say what is missing and who is rarely seen. All are for staff."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app
from marshmallow import Schema, fields

from services.matching.context import database
from services.matching.planning.gap_views import as_csv, gaps_of
from shared.web.api import Blueprint, answers, route

Args = dict[str, Any]

blueprint = Blueprint("gaps", __name__, url_prefix="/api/v1/plans", description="What no company covers")


class NeedKey(Schema):
    """Which need."""

    request_id = fields.String()
    need_id = fields.String()


class GapLine(NeedKey):
    """A need that no company covers."""

    partner_id = fields.String()
    partner_name = fields.String()
    country = fields.String()
    title = fields.String()
    text = fields.String()
    areas = fields.List(fields.String(), metadata={"description": "focus areas"})
    concepts = fields.List(fields.String(), metadata={"description": "concepts that its words mention"})


class GapGroup(Schema):
    """Needs that a focus area or a concept has in common; the empty code: those that have none."""

    code = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())
    uncovered = fields.Integer()
    asked = fields.Integer(allow_none=True, metadata={"description": "covered or not; null: not counted"})
    partners = fields.Integer(metadata={"description": "how many partners ask"})
    gaps = fields.List(fields.Nested(NeedKey))


class GapsAnswer(Schema):
    """The needs of open requests that no company covers, the groups with the most of them first."""

    as_of = fields.String()
    needs = fields.Integer(metadata={"description": "of open requests with a report"})
    uncovered = fields.Integer()
    gaps = fields.List(fields.Nested(GapLine))
    by_area = fields.List(fields.Nested(GapGroup))
    by_concept = fields.List(fields.Nested(GapGroup))


@route(blueprint, "/gaps", "GET", "staff", "List the needs that no company covers")
@answers(blueprint, 200, GapsAnswer)
def list_gaps() -> Args:
    """List the needs of open requests that no company covers, by focus area and by concept."""
    return _gaps()


@route(
    blueprint, "/gaps.csv", "GET", "staff", "Export the needs that no company covers",
    description="CSV in UTF-8, a row a need. A cell that a spreadsheet would compute gets an apostrophe before it.",
)  # fmt: skip
@answers(blueprint, 200)
def export_gaps() -> Response:
    """Give the gaps as a CSV file."""
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    answer = Response("\ufeff" + as_csv(_gaps()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="gaps.csv"'
    return answer


def _gaps() -> Args:
    with database().reading() as connection:
        return gaps_of(connection, current_app.config["CLOCK"](), current_app.config["SETTINGS"].thesaurus)
