"""The REST API of notifications: deliveries; all of it is for staff."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, current_app
from marshmallow import Schema, fields, validate

from services.notifications.deliveries.actions import retry_delivery
from services.notifications.deliveries.domain.delivery import MOVES, Delivery, DeliveryMoveError
from services.notifications.deliveries.store import records as store
from shared.clock import Clock
from shared.ids import ID_PATTERN
from shared.storage.engine import Database
from shared.web.api import Blueprint, PageArgs, answers, etag_of, not_found, query, route
from shared.web.problems import Problem

blueprint = Blueprint(
    "deliveries", __name__, url_prefix="/api/v1/deliveries", description="Mails and their fate."
)


class DeliverySchema(Schema):
    """One mail to one recipient, by ids."""

    id = fields.String()
    version = fields.Integer()
    status = fields.String(validate=validate.OneOf(list(MOVES)))
    updated_at = fields.String(metadata={"format": "date-time"})
    approval_id = fields.String()
    request_id = fields.String()
    introduction_ids = fields.List(fields.String())
    side = fields.String(validate=validate.OneOf(["company", "partner"]))
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
    """Which deliveries are wanted."""

    status = fields.String(validate=validate.OneOf(list(MOVES)))
    request_id = fields.String(validate=validate.Regexp(ID_PATTERN.pattern + "$", error="is no identifier"))


@route(blueprint, "", "GET", "staff", "List deliveries, newest first")
@query(blueprint, DeliveryArgs)
@answers(blueprint, 200, DeliveryPage)
def list_deliveries(asked: dict[str, Any]) -> dict[str, Any]:
    """List deliveries, newest first."""
    page, size = asked["page"], asked["page_size"]
    with _database().reading() as connection:
        found, total = store.list_deliveries(
            connection, asked.get("status"), asked.get("request_id"), size, (page - 1) * size
        )
    return {"items": [asdict(one) for one in found], "page": page, "page_size": size, "total": total}


@route(blueprint, "/<id>", "GET", "staff", "Read a delivery")
@answers(blueprint, 200, DeliverySchema)
def read(id: str) -> Response:
    """Read a delivery."""
    with _database().reading() as connection:
        delivery = store.read_delivery(connection, id) if ID_PATTERN.fullmatch(id) else None
    return _answer(delivery, id)


@route(
    blueprint,
    "/<id>/retry",
    "POST",
    "staff",
    "Try a delivery again now",
    description="For one that failed or is queued for later; 409 for one that is sent, cancelled or without a contact.",
)
@answers(blueprint, 200, DeliverySchema)
def retry(id: str) -> Response:
    """Try a delivery again now."""
    clock: Clock = current_app.config["CLOCK"]
    try:
        with _database().writing() as connection:
            delivery = retry_delivery(connection, id, clock()) if ID_PATTERN.fullmatch(id) else None
    except DeliveryMoveError as error:
        raise Problem(409, str(error)) from error
    return _answer(delivery, id)


def _answer(delivery: Delivery | None, id: str) -> Response:
    if delivery is None:
        raise not_found("delivery", id[:100])
    response: Response = current_app.make_response(DeliverySchema().dump(asdict(delivery)))
    response.headers["ETag"] = etag_of(delivery.version)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _database() -> Database:
    opened: Database = current_app.extensions["handslag-database"]
    return opened
