"""The shapes in which the API takes and shows organisations that may be one."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.matching.organisations.domain.sides import Side
from services.matching.refusals import LONGEST_TEXT
from shared.web.api import PageArgs
from shared.web.schemas import Strict


class DuplicateArgs(PageArgs):
    """Which suggestions or decisions to list."""

    side = fields.String(
        load_default=Side.COMPANY.value, validate=validate.OneOf([side.value for side in Side])
    )


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
    def _keep_where_same(self, data: dict[str, Any], **_: Any) -> None:
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
