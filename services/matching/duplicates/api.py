"""The routes by which staff see organisations that may be one, and say whether they are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, current_app
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.matching.context import database
from services.matching.duplicates.actions import (
    Decided,
    Pair,
    Suggestions,
    decide_duplicate,
    decided,
    undo_duplicate,
)
from services.matching.duplicates.domain.reason_text import reason_said
from services.matching.duplicates.store import SIDES, Side
from services.matching.refusal_answers import refusals_as_problems
from services.matching.refusals import LONGEST_TEXT
from shared.web.api import Blueprint, PageArgs, answers, body, not_found, query, route
from shared.web.schemas import Strict

Args = dict[str, Any]

blueprint = Blueprint(
    "duplicates", __name__, url_prefix="/api/v1", description="Organisations that may be one and the same"
)

PATH = "/duplicates/<side>/<id>/<other_id>"


class DuplicateArgs(PageArgs):
    """Which suggestions or decisions to list."""

    side = fields.String(load_default="company", validate=validate.OneOf(SIDES))


class DuplicateOrganisation(Schema):
    """One of two."""

    id = fields.String()
    name = fields.String(metadata={"description": "empty: not known any more"})
    country = fields.String()
    city = fields.String()
    website = fields.String()
    active = fields.Boolean()


class DuplicateReason(Schema):
    """Why two may be one, with the words of both."""

    code = fields.String()
    words = fields.String()
    other_words = fields.String()
    said = fields.Dict(keys=fields.String(), values=fields.String(), metadata={"description": "in sv and en"})


class DuplicateSuggestion(Schema):
    """Two that may be one; `score` 0 to 1; the strongest reason comes first."""

    side = fields.String()
    first = fields.Nested(DuplicateOrganisation)
    second = fields.Nested(DuplicateOrganisation)
    score = fields.Float()
    reasons = fields.List(fields.Nested(DuplicateReason))


class DuplicateSuggestionList(Schema):
    """One page of the suggestions."""

    items = fields.List(fields.Nested(DuplicateSuggestion))
    page = fields.Integer()
    page_size = fields.Integer()
    total = fields.Integer()


class DuplicateDecisionBody(Strict):
    """Whether two are the same, which one stands for both, and why."""

    same = fields.Boolean(required=True)
    keep = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 200),
        metadata={"description": "needed where they are the same: the id that stands for both"},
    )
    reason = fields.String(required=True, validate=validate.Length(1, LONGEST_TEXT))

    @validates_schema
    def _keep_where_same(self, data: Args, **_: Any) -> None:
        if data["same"] != (data["keep"] is not None):
            said = "give the id to keep" if data["same"] else "leave it out: they are not the same"
            raise ValidationError(said, "keep")


class DuplicateDecision(Schema):
    """What staff said of two. `withdraw`: the id still to be withdrawn, at POST `withdraw_at` of the profiles' API."""

    side = fields.String()
    first = fields.Nested(DuplicateOrganisation)
    second = fields.Nested(DuplicateOrganisation)
    same = fields.Boolean()
    keep = fields.String(allow_none=True)
    withdraw = fields.String(allow_none=True)
    withdraw_at = fields.String(allow_none=True)
    reason = fields.String()
    at = fields.String()


class DuplicateDecisionList(Schema):
    """One page of the decisions, the newest first."""

    items = fields.List(fields.Nested(DuplicateDecision))
    page = fields.Integer()
    page_size = fields.Integer()
    total = fields.Integer()


def suggestions() -> Suggestions:
    """Give the suggestions of the app that answers."""
    made: Suggestions = current_app.extensions["handslag-duplicates"]
    return made


@route(
    blueprint, "/duplicates", "GET", "staff", "List organisations that may be one",
    description="Pairs of active organisations of one side that staff have not decided on, the likeliest first. "
    "Nothing is merged by itself.",
)  # fmt: skip
@query(blueprint, DuplicateArgs)
@answers(blueprint, 200, DuplicateSuggestionList)
def list_duplicates(args: Args) -> Args:
    """List pairs with the reasons."""
    with database().reading() as connection:
        found = suggestions().of(connection, args["side"])
    return _page(args, found, _pair)


@route(
    blueprint,
    "/duplicates/decisions",
    "GET",
    "staff",
    "List what was decided on organisations that may be one",
)
@query(blueprint, DuplicateArgs)
@answers(blueprint, 200, DuplicateDecisionList)
def list_decisions(args: Args) -> Args:
    """List decisions."""
    with database().reading() as connection:
        found = decided(connection, args["side"])
    return _page(args, found, decision_view)


@route(
    blueprint, PATH, "PUT", "staff", "Say whether two organisations are the same",
    description="`side` is company or partner. It records the decision and changes neither organisation: the answer "
    "says which one to withdraw, and where. The two are not suggested again. The same again changes nothing.",
)  # fmt: skip
@body(
    blueprint,
    DuplicateDecisionBody,
    example={"same": True, "keep": "C1", "reason": "The brand of the same company abroad."},
)
@answers(blueprint, 200, DuplicateDecision)
def decide(data: Args, side: str, id: str, other_id: str) -> Args:
    """Keep a decision."""
    with refusals_as_problems(), database().writing() as connection:
        clock = current_app.config["CLOCK"]
        return decision_view(
            decide_duplicate(connection, _side(side), (id, other_id), data["keep"], data["reason"], clock)
        )


@route(
    blueprint, PATH, "DELETE", "staff", "Take a decision on two organisations back",
    description="They are suggested again. A decision that is not there is no error.",
)  # fmt: skip
@answers(blueprint, 204)
def undo(side: str, id: str, other_id: str) -> Response:
    """Take a decision back."""
    with database().writing() as connection:
        undo_duplicate(connection, _side(side), (id, other_id))
    return Response(status=204)


def decision_view(one: Decided) -> Args:
    """Give a decision as the API answers it."""
    left = one.to_withdraw
    places = {"company": "companies", "partner": "partners"}
    return {
        "side": one.review.side,
        "first": asdict(one.first),
        "second": asdict(one.second),
        "same": one.review.keep is not None,
        "keep": one.review.keep,
        "withdraw": left.id if left else None,
        "withdraw_at": f"/api/v1/{places[one.review.side]}/{left.id}/withdraw" if left else None,
        "reason": one.review.reason,
        "at": one.review.at,
    }


def _pair(one: Pair) -> Args:
    reasons = [{**asdict(reason), "said": reason_said(reason)} for reason in one.reasons]
    return {
        "side": one.side,
        "first": asdict(one.first),
        "second": asdict(one.second),
        "score": one.score,
        "reasons": reasons,
    }


def _page(args: Args, found: list[Any], view: Any) -> Args:
    start = (args["page"] - 1) * args["page_size"]
    items = [view(one) for one in found[start : start + args["page_size"]]]
    return {"items": items, "total": len(found), "page": args["page"], "page_size": args["page_size"]}


def _side(side: str) -> Side:
    if side not in SIDES:
        raise not_found("side", side)
    return side
