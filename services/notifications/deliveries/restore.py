"""What putting a restored house in order needs of notifications: deliveries as events, taking up newer ones, and
holding back mails that may have been sent since the backup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.notifications.deliveries.domain.delivery import Delivery, moved
from services.notifications.deliveries.domain.mail_plan import delivery_id
from services.notifications.deliveries.store import queue
from services.notifications.deliveries.store import records as store
from services.notifications.tables import deliveries, mail_queue, told
from shared.clock import from_text, to_text
from shared.events.event import Event

UNKNOWN_APPROVAL = "unknown:"


def current(connection: Connection, topic: str) -> Iterator[Event]:
    """Return every delivery as the event that would tell of its state."""
    for row in connection.execute(sa.select(deliveries).order_by(deliveries.c.id)).all():
        one = store.delivery_of(row)
        moment = from_text(one.updated_at)
        yield Event(f"delivery.{one.status}", one.id, one.version, moment, one.state())


def adopt(connection: Connection, event: Event, approvals: Mapping[str, set[str]], now: datetime) -> None:
    """Take up the delivery that an event tells of, in place of the one that is here; a tombstone removes it.

    `approvals` are the ids of approvals by request: a delivery's event does not name its own, and its id is
    derived from it. A mail that was queued is queued again, one that was sent leaves the queue.
    """
    id = event.aggregate_id
    queue.remove(connection, id)
    connection.execute(sa.delete(told).where(told.c.delivery_id == id))
    if event.state is None:
        connection.execute(sa.delete(deliveries).where(deliveries.c.id == id))
        return
    known = store.read_delivery(connection, id, lock=True)
    fields = {name: event.state[name] for name in Delivery.__dataclass_fields__ if name in event.state}
    approval = known.approval_id if known else _approval_of(event.state, approvals)
    fields |= {"introduction_ids": tuple(event.state["introduction_ids"]), "approval_id": approval}
    store.put_delivery(connection, Delivery(**fields))
    if event.state["status"] == "queued":
        queue.enqueue(connection, id, now)


def hold_mails(connection: Connection, reason: str, now: datetime) -> int:
    """Take every mail out of the queue and let its delivery fail with a reason; return how many.

    Staff look whether it was sent, and have it tried again where it was not.
    """
    waiting = sa.select(deliveries).join(mail_queue, mail_queue.c.delivery_id == deliveries.c.id)
    rows = connection.execute(waiting.where(deliveries.c.status == "queued")).all()
    for one in map(store.delivery_of, rows):
        queue.remove(connection, one.id)
        store.save_delivery(connection, moved(one, "failed", to_text(now), reason))
    return len(rows)


def _approval_of(state: Mapping[str, Any], approvals: Mapping[str, set[str]]) -> str:
    parts = (state["side"], state["organisation_id"], state["template"])
    for approval in sorted(approvals.get(state["request_id"], ())):
        if delivery_id(approval, *parts) == state["id"]:
            return approval
    # Of an approval that nobody knows any more: no mail is made of it again either.
    return f"{UNKNOWN_APPROVAL}{state['id']}"
