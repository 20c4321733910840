"""The routes that say who is seen how often, and whom to look at besides. All are for staff."""

from __future__ import annotations

from typing import Any

from flask import current_app
from marshmallow import Schema, fields

from services.matching.context import database, text_engine
from services.matching.planning.fairness_views import also_look_at_for, fairness_of
from shared.web.api import Blueprint, answers, not_found, route

Args = dict[str, Any]

blueprint = Blueprint(
    "fairness", __name__, url_prefix="/api/v1/plans", description="Who is seen how often, and who never"
)


class Step(Schema):
    """How many members had so many calls in twelve months; `to` null: and more."""

    low = fields.Integer(data_key="from", attribute="from")
    high = fields.Integer(data_key="to", attribute="to", allow_none=True)
    members = fields.Integer()


class SeenMember(Schema):
    """How often a member was seen in twelve months."""

    company_id = fields.String()
    company_name = fields.String()
    membership = fields.String()
    calls = fields.Integer(metadata={"description": "introductions that were approved"})
    meetings = fields.Integer(metadata={"description": "sessions of programmes, held"})
    ahead = fields.Integer(metadata={"description": "sessions of programmes, still to come"})
    last_introduced = fields.String(allow_none=True, metadata={"description": "ever; null: never"})
    matched = fields.Boolean(metadata={"description": "a report of an open request names it"})


class FairnessAnswer(Schema):
    """The active members, those called least first, and how the calls are spread."""

    as_of = fields.String()
    calls = fields.Integer()
    spread = fields.List(fields.Nested(Step))
    busiest_share = fields.Float(
        metadata={"description": "0 to 1: what part of the calls went to the tenth of members with the most"}
    )
    never_introduced = fields.List(fields.String(), metadata={"description": "company ids"})
    never_matched = fields.List(fields.String(), metadata={"description": "company ids"})
    members = fields.List(fields.Nested(SeenMember))


class AlsoLookAt(Schema):
    """A small member that was not introduced in twelve months."""

    company_id = fields.String()
    company_name = fields.String()
    need_id = fields.String()
    score = fields.Float()
    match = fields.Boolean(metadata={"description": "the report names it; false: it is near the floor"})


class AlsoLookAtAnswer(Schema):
    """Whom to look at besides; no score and no order is changed by it."""

    request_id = fields.String()
    report_version = fields.Integer()
    rarely_seen = fields.Integer(metadata={"description": "small members without a call in twelve months"})
    looked_at = fields.Integer()
    best = fields.Nested(AlsoLookAt, allow_none=True)


@route(blueprint, "/fairness", "GET", "staff", "List how often members are seen")
@answers(blueprint, 200, FairnessAnswer)
def list_fairness() -> Args:
    """List calls and meetings of members in the last twelve months, those called least first."""
    with database().reading() as connection:
        return fairness_of(connection, current_app.config["CLOCK"]())


@route(
    blueprint, "/also-look-at/<request_id>", "GET", "staff", "Find a rarely seen small member for a request",
    description="The best small member that was introduced to nobody in twelve months and is a match, or near the "
    "floor of one. Scores and order of the report stay as they are.",
)  # fmt: skip
@answers(blueprint, 200, AlsoLookAtAnswer)
def find_also_look_at(request_id: str) -> Args:
    """Give the best rarely seen small member for a request."""
    engine = text_engine()
    with database().reading() as connection:
        found = also_look_at_for(connection, request_id, current_app.config["CLOCK"](), engine)
    if found is None:
        raise not_found("match report", request_id)
    return found
