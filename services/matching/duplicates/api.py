"""The routes by which staff see organisations that may be one, and say whether they are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, request

from services.matching.context import clock, database
from services.matching.duplicates.actions import decide_duplicate, undo_duplicate
from services.matching.duplicates.domain.reason_text import reason_said
from services.matching.duplicates.schemas import (
    DuplicateArgs,
    DuplicateDecision,
    DuplicateDecisionBody,
    DuplicateDecisionList,
    DuplicateSuggestionList,
)
from services.matching.duplicates.views import Decided, Pair, decided, suggestions
from services.matching.organisations.domain.sides import Side
from services.matching.refusal_answers import refusals_as_problems
from shared.web.api import Blueprint, answers, body, not_found, query, route

Args = dict[str, Any]

blueprint = Blueprint(
    "duplicates", __name__, url_prefix="/api/v1", description="Organisations that may be one and the same"
)

BLUEPRINTS = (blueprint,)

PATH = "/duplicates/<side>/<id>/<other_id>"


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
        found = suggestions().of(connection, Side(args["side"]))
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
        found = decided(connection, Side(args["side"]))
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
        return decision_view(
            decide_duplicate(connection, _side(side), (id, other_id), data["keep"], data["reason"], clock())
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
    """Return a decision as the API answers it."""
    left = one.to_withdraw
    places = {Side.COMPANY: "companies", Side.PARTNER: "partners"}
    return {
        "side": one.review.side,
        "first": asdict(one.first),
        "second": asdict(one.second),
        "same": one.review.keep is not None,
        "keep": one.review.keep,
        "withdraw": left.id if left else None,
        "withdraw_at": f"{request.script_root}/api/v1/{places[one.review.side]}/{left.id}/withdraw"
        if left
        else None,
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
    if side not in list(Side):
        raise not_found("side", side)
    return Side(side)
