"""What may be posted: by staff to create a record, by anyone to be looked at; and the receipt that the latter get."""

from __future__ import annotations

from collections.abc import Mapping

from marshmallow import Schema, fields

from services.profiles.organisations.domain.codes import REQUESTS
from services.profiles.organisations.schemas.fields import id_field, part
from services.profiles.organisations.schemas.profiles import NEW, NewRequest, PartnerFields
from shared.web.problems import FieldErrorSchema


class PostedRequest(NewRequest):
    """A match request: staff name the partner by its id, anyone else may describe it."""

    partner_id = id_field(load_default=None, allow_none=True)
    partner = part(
        PartnerFields,
        load_default=None,
        allow_none=True,
        metadata={"description": "who asks, in words; only without the staff token, in place of partner_id"},
    )


POSTED: Mapping[str, type[Schema]] = {**NEW, REQUESTS: PostedRequest}
"""What is taken of each kind that may be posted."""


class Followed(Schema):
    """A submission as its sender follows it: nothing but where it stands and what was sent."""

    id = fields.String()
    kind = fields.String(metadata={"description": "company, partner or request"})
    status = fields.String(metadata={"description": "waiting, let_in, not_taken or withdrawn"})
    received_at = fields.String(metadata={"format": "date-time"})
    decided_at = fields.String(allow_none=True, metadata={"format": "date-time"})
    reason = fields.String(metadata={"description": "why it was not taken"})
    submitted = fields.Dict(metadata={"description": "what was sent, as it is understood"})


class Receipt(Schema):
    """What anyone without the staff token gets for a submission."""

    id = fields.String(
        metadata={"description": "of the submission; the record gets another when it is let in"}
    )
    kind = fields.String(metadata={"description": "company, partner or request"})
    status = fields.String(metadata={"description": "waiting"})
    received_at = fields.String(metadata={"format": "date-time"})
    submitted = fields.Dict(metadata={"description": "what was sent, as it is understood"})
    ignored = fields.List(fields.Nested(FieldErrorSchema), metadata={"description": "what is not taken"})
    follow = fields.String(
        metadata={"format": "uri", "description": "the page that shows it: who has it may withdraw it"}
    )
