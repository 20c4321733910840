"""What staff may do with deliveries: have one tried again now, or all that one thing kept from going."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from services.notifications.contacts.store import get_contact
from services.notifications.deliveries.domain.delivery import Delivery, Status, no_contact, retried
from services.notifications.deliveries.store import deliveries as store
from services.notifications.deliveries.store import queue
from services.notifications.refusals import Refusal, RefusedError
from shared.clock import to_text


def retry_delivery(connection: Connection, delivery_id: str, now: datetime) -> Delivery:
    """Put a failed, queued or waiting delivery first in the queue, and return it as it stands then.

    A mail that is being sent just now goes on. Without a contact a failed one waits. Raises RefusedError for one
    that is unknown, sent or cancelled, or waits while no contact is known.
    """
    delivery = store.get_delivery(connection, delivery_id, lock=True)
    if delivery is None:
        raise RefusedError(Refusal.UNKNOWN, "there is no delivery with the id %(id)s", id=delivery_id)
    return _retry(connection, delivery, now)


def retry_deliveries(connection: Connection, now: datetime, reason: str | None = None) -> int:
    """Have all failed and queued deliveries tried again now, and return how many are.

    With `reason` only those that it keeps from going, as `shared_reason` says it. Failed ones without a contact wait.
    """
    found = store.list_unsent_for(connection, reason, lock=True)
    return sum(_retry(connection, delivery, now).status == Status.QUEUED for delivery in found)


def _retry(connection: Connection, delivery: Delivery, now: datetime) -> Delivery:
    contact = get_contact(connection, delivery.side, delivery.organisation_id)
    reason = no_contact(delivery.side, delivery.organisation_id)
    again = retried(delivery, contact is not None, reason, to_text(now))
    if again.status == Status.WAITING:
        queue.delete(connection, delivery.id)
    elif delivery.status == Status.QUEUED:
        queue.hurry(connection, delivery.id, now)
    else:
        queue.add(connection, delivery.id, now)
    if again is not delivery:
        store.save_delivery(connection, again)
    return again
