"""The REST API of notifications: deliveries; all of it is for staff."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, current_app

from services.notifications.deliveries.actions import retry_deliveries, retry_delivery
from services.notifications.deliveries.domain.delivery import Delivery
from services.notifications.deliveries.schemas import (
    DeliveryArgs,
    DeliveryPage,
    DeliverySchema,
    RetriedSchema,
    RetryArgs,
)
from services.notifications.deliveries.store import deliveries as store
from services.notifications.refusals import Refusal, RefusedError
from shared.clock import Clock
from shared.ids import ID_PATTERN
from shared.storage.engine import Database
from shared.web.api import Blueprint, answers, etag_of, not_found, query, route
from shared.web.problems import Problem

blueprint = Blueprint(
    "deliveries", __name__, url_prefix="/api/v1/deliveries", description="Mails and their fate."
)


@route(blueprint, "", "GET", "staff", "List deliveries, newest first")
@query(blueprint, DeliveryArgs)
@answers(blueprint, 200, DeliveryPage)
def list_deliveries(asked: dict[str, Any]) -> dict[str, Any]:
    """List deliveries, newest first."""
    page, size = asked["page"], asked["page_size"]
    with _database().reading() as connection:
        filters = asked.get("status"), asked.get("request_id")
        found = store.list_deliveries(connection, *filters, size, (page - 1) * size)
        total = store.count_deliveries(connection, *filters)
    return {"items": [asdict(one) for one in found], "page": page, "page_size": size, "total": total}


@route(blueprint, "/<id>", "GET", "staff", "Read a delivery")
@answers(blueprint, 200, DeliverySchema)
def read(id: str) -> Response:
    """Read a delivery."""
    with _database().reading() as connection:
        delivery = store.get_delivery(connection, id) if ID_PATTERN.fullmatch(id) else None
    if delivery is None:
        raise not_found("delivery", id[:100])
    return _answer(delivery)


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
    if not ID_PATTERN.fullmatch(id):
        raise not_found("delivery", id[:100])
    try:
        with _database().writing() as connection:
            delivery = retry_delivery(connection, id, clock())
    except RefusedError as refused:
        if refused.kind is Refusal.UNKNOWN:
            raise not_found("delivery", id) from refused
        raise Problem(409, str(refused)) from refused
    return _answer(delivery)


@route(
    blueprint,
    "/retry",
    "POST",
    "staff",
    "Try all unsent deliveries again now",
    description="All that failed or are queued for later, or those with one reason; for after its cause was mended.",
)
@query(blueprint, RetryArgs)
@answers(blueprint, 200, RetriedSchema)
def retry_all(asked: dict[str, Any]) -> dict[str, int]:
    """Try all unsent deliveries again now."""
    clock: Clock = current_app.config["CLOCK"]
    with _database().writing() as connection:
        return {"retried": retry_deliveries(connection, clock(), asked.get("reason"))}


def _answer(delivery: Delivery) -> Response:
    response: Response = current_app.make_response(DeliverySchema().dump(asdict(delivery)))
    response.headers["ETag"] = etag_of(delivery.version)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _database() -> Database:
    opened: Database = current_app.extensions["handslag-database"]
    return opened
