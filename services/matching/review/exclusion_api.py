"""The routes by which staff lift exclusions, and let them hold again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, current_app
from marshmallow import Schema, fields, validate

from services.matching.context import database
from services.matching.introductions.lifting import lift, take_back
from services.matching.refusal_answers import refusals_as_problems
from services.matching.refusals import LONGEST_TEXT
from services.matching.scoring.domain.exclusions import LIFTABLE
from shared.web.api import Blueprint, answers, body, route
from shared.web.schemas import Strict

blueprint = Blueprint(
    "exclusions", __name__, url_prefix="/api/v1", description="Exclusions that staff lift for one request"
)

PATH = "/reports/<request_id>/exclusions/<company_id>/<code>/lifted"


class LiftingBody(Strict):
    """Why an exclusion is lifted."""

    reason = fields.String(required=True, validate=validate.Length(1, LONGEST_TEXT))


class LiftedExclusion(Schema):
    """An exclusion that staff lifted: it keeps nobody out, and its match is marked."""

    company_id = fields.String()
    code = fields.String(validate=validate.OneOf(LIFTABLE))
    reason = fields.String()
    at = fields.String()


@route(
    blueprint, PATH, "PUT", "staff", "Lift an exclusion",
    description="`code` is the exclusion's, as the report lists it. The report is made again; the match then carries "
    "the flag `lifted_` with the code. The same again changes nothing; another reason takes the place of the first. "
    "Answers 409 when the company is not excluded so, or the request is not open.",
)  # fmt: skip
@body(blueprint, LiftingBody, example={"reason": "They have opened an office there this spring."})
@answers(blueprint, 200, LiftedExclusion)
def lift_exclusion(data: dict[str, Any], request_id: str, company_id: str, code: str) -> dict[str, Any]:
    """Lift one known conflict of one company, for one request."""
    with refusals_as_problems(), database().writing() as connection:
        return asdict(
            lift(connection, request_id, company_id, code, data["reason"], current_app.config["CLOCK"])
        )


@route(
    blueprint, PATH, "DELETE", "staff", "Let a lifted exclusion hold again",
    description="One that is not lifted is no error. Answers 409 while the company is introduced for the request.",
)  # fmt: skip
@answers(blueprint, 204)
def take_back_exclusion(request_id: str, company_id: str, code: str) -> Response:
    """Let a lifted exclusion hold again."""
    with refusals_as_problems(), database().writing() as connection:
        take_back(connection, request_id, company_id, code, current_app.config["CLOCK"])
    return Response(status=204)
