"""What a restore needs of notifications: deliveries as events, taking up newer ones, and holding back mails that may
have been sent since the backup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from services.notifications.contacts.domain.contact import Side
from services.notifications.deliveries.domain.delivery import Delivery, Status, moved
from services.notifications.deliveries.domain.mail_plan import delivery_id
from services.notifications.deliveries.store import deliveries as store
from services.notifications.deliveries.store import queue
from shared.clock import from_text, to_text
from shared.events.event import Event

UNKNOWN_APPROVAL = "unknown:"


def current(connection: Connection, topic: str) -> Iterator[Event]:
    """Yield every delivery as the event that would tell of its state."""
    for one in store.list_all_deliveries(connection):
        moment = from_text(one.updated_at)
        yield Event(f"delivery.{one.status}", one.id, one.version, moment, one.state())


def adopt(connection: Connection, event: Event, approvals: Mapping[str, set[str]], now: datetime) -> None:
    """Take up the delivery that an event tells of, in place of the one that is here; a tombstone removes it.

    `approvals` are the ids of approvals by request: a delivery's event does not name its own, and its id is
    derived from it. A mail that was queued is queued again, one that was sent leaves the queue.
    """
    id = event.aggregate_id
    queue.delete(connection, id)
    if event.state is None:
        store.delete_delivery(connection, id)
        return
    known = store.get_delivery(connection, id, lock=True)
    fields = {name: event.state[name] for name in Delivery.__dataclass_fields__ if name in event.state}
    approval = known.approval_id if known else _approval_of(event.state, approvals)
    fields |= {
        "introduction_ids": tuple(event.state["introduction_ids"]),
        "approval_id": approval,
        "side": Side(event.state["side"]),
    }
    delivery = Delivery(**fields)
    store.save_restored_delivery(connection, delivery)
    if delivery.status == Status.QUEUED:
        queue.add(connection, id, now)


def hold_mails(connection: Connection, reason: str, now: datetime) -> int:
    """Hold back every queued mail: its delivery fails with a reason. Return how many they were.

    Staff look whether it was sent, and have it tried again where it was not.
    """
    queued = store.list_queued_deliveries(connection)
    for one in queued:
        queue.delete(connection, one.id)
        store.save_delivery(connection, moved(one, Status.FAILED, to_text(now), reason))
    return len(queued)


def _approval_of(state: Mapping[str, Any], approvals: Mapping[str, set[str]]) -> str:
    parts = (Side(state["side"]), state["organisation_id"], state["template"])
    for approval in sorted(approvals.get(state["request_id"], ())):
        if delivery_id(approval, *parts) == state["id"]:
            return approval
    # Of an approval that nobody knows any more: no mail is made of it again either.
    return f"{UNKNOWN_APPROVAL}{state['id']}"
