"""What the API of deliveries takes and answers."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from services.notifications.contacts.domain.contact import Side
from services.notifications.deliveries.domain.delivery import Status
from shared.ids import ID_PATTERN
from shared.web.api import PageArgs

STATUSES = [status.value for status in Status]


class DeliverySchema(Schema):
    """One mail to one recipient, by ids."""

    id = fields.String()
    version = fields.Integer()
    status = fields.String(validate=validate.OneOf(STATUSES))
    updated_at = fields.String(metadata={"format": "date-time"})
    approval_id = fields.String()
    request_id = fields.String()
    introduction_ids = fields.List(fields.String())
    side = fields.String(validate=validate.OneOf([side.value for side in Side]))
    organisation_id = fields.String()
    template = fields.String()
    attempts = fields.Integer()
    reason = fields.String(metadata={"description": "why it waits, is tried again, failed or was cancelled"})


class DeliveryPage(Schema):
    """One page of the deliveries."""

    items = fields.List(fields.Nested(DeliverySchema))
    page = fields.Integer()
    page_size = fields.Integer()
    total = fields.Integer(metadata={"description": "how many there are on all pages"})


class DeliveryArgs(PageArgs):
    """What a list of deliveries may be asked for."""

    status = fields.String(validate=validate.OneOf(STATUSES))
    request_id = fields.String(validate=validate.Regexp(ID_PATTERN.pattern + "$", error="is no identifier"))


class RetryArgs(Schema):
    """Which unsent deliveries to try again."""

    reason = fields.String(
        metadata={"description": "only those that it keeps; the organisation's id in it may stand as …"}
    )


class RetriedSchema(Schema):
    """How many deliveries are tried again."""

    retried = fields.Integer()
