"""What staff may do with a delivery: have it tried again now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from services.notifications.deliveries.composer import no_contact
from services.notifications.deliveries.domain.delivery import Delivery, retried
from services.notifications.deliveries.store import queue
from services.notifications.deliveries.store import records as store
from shared.clock import to_text


def retry_delivery(connection: Connection, delivery_id: str, now: datetime) -> Delivery | None:
    """Put a failed, queued or waiting delivery first in the queue; give it as it stands then, None if unknown.

    A mail in hand just now goes on. Without a contact a failed one waits. Raises DeliveryMoveError for one
    that is sent or cancelled, or waits while no contact is known.
    """
    delivery = store.read_delivery(connection, delivery_id, lock=True)
    if delivery is None:
        return None
    contact = store.read_contact(connection, delivery.side, delivery.organisation_id)
    reason = no_contact(delivery.side, delivery.organisation_id)
    again = retried(delivery, contact is not None, reason, to_text(now))
    if again.status == "waiting":
        queue.remove(connection, delivery.id)
    elif delivery.status == "queued":
        queue.hurry(connection, delivery.id, now)
    else:
        queue.enqueue(connection, delivery.id, now)
    if again is not delivery:
        store.save_delivery(connection, again)
    return again
