"""The worker that makes deliveries of approvals, and moves them on as contacts and cancellations become known."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from services.notifications.deliveries.domain.delivery import Delivery, moved
from services.notifications.deliveries.domain.mail_plan import (
    PlannedMail,
    approval_is_complete,
    delivery_id,
    plan_mails,
)
from services.notifications.deliveries.store import queue
from services.notifications.deliveries.store import records as store
from shared.clock import Clock, to_text
from shared.storage.engine import Database
from shared.telemetry import traces

BATCH = 100
CANCELLED = "The introduction was cancelled before the mail was sent."


def no_contact(side: str, organisation_id: str) -> str:
    """Say why a delivery waits."""
    return (
        f"No contact is known for {side} {organisation_id}. Add a contact with a mail address to its profile."
    )


class Composer:
    """Turns what the handlers recorded into deliveries; every step is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def step(self) -> bool:
        """Do what is due and tell whether there was anything."""
        with self._database.reading() as connection:
            if not self._is_due(connection):
                return False
        with self._database.writing() as connection:
            changed = self._cancel(connection) + self._queue_waiting(connection) + self._make(connection)
        return changed > 0

    def _is_due(self, connection: Connection) -> bool:
        """Look without any lock: a worker at rest must not stand in the writers' way."""
        now = self._clock()
        return bool(
            any(self._complete(connection, one) for one in store.open_approvals(connection, hold=False))
            or store.waiting_with_contact(connection, 1, hold=False)
            or queue.without_introduction(connection, now, 1, hold=False)
        )

    def _complete(self, connection: Connection, approval: store.OpenApproval) -> bool:
        arrived = len(store.introductions_of(connection, approval.id))
        return approval_is_complete(approval.size, arrived, approval.first_seen, self._clock())

    def _make(self, connection: Connection) -> int:
        ready = [one for one in store.open_approvals(connection) if self._complete(connection, one)]
        for approval in ready[:BATCH]:
            with traces.carried_on("notifications write mails", approval.traceparent):
                self._write(connection, approval.id)
        return len(ready)

    def _write(self, connection: Connection, approval_id: str) -> None:
        made = store.deliveries_of(connection, approval_id)
        open_ids = {one.id for one in made if self._can_change(connection, one)}
        for mail in plan_mails(store.introductions_of(connection, approval_id), made, open_ids):
            if mail.joins is None:
                self._add(connection, approval_id, mail)
            else:
                self._join(connection, mail.joins, mail)
        store.settle_approval(connection, approval_id)

    def _can_change(self, connection: Connection, delivery: Delivery) -> bool:
        unsent = delivery.status in {"waiting", "queued"}
        return unsent and not queue.in_hand(connection, delivery.id, self._clock())

    def _add(self, connection: Connection, approval_id: str, mail: PlannedMail) -> None:
        now = self._clock()
        known = store.read_contact(connection, mail.side, mail.organisation_id) is not None
        delivery = Delivery(
            id=delivery_id(approval_id, mail.side, mail.organisation_id, mail.template),
            version=1,
            status="queued" if known else "waiting",
            updated_at=to_text(now),
            approval_id=approval_id,
            request_id=mail.request_id,
            introduction_ids=mail.introduction_ids,
            side=mail.side,
            organisation_id=mail.organisation_id,
            template=mail.template,
            reason="" if known else no_contact(mail.side, mail.organisation_id),
        )
        store.add_delivery(connection, delivery)
        if known:
            queue.enqueue(connection, delivery.id, now)

    def _join(self, connection: Connection, joined: str, mail: PlannedMail) -> None:
        delivery = store.read_delivery(connection, joined, lock=True)
        if delivery is None:
            raise LookupError(f"delivery {joined} is gone")
        told = tuple(sorted({*delivery.introduction_ids, *mail.introduction_ids}))
        at = to_text(self._clock())
        store.save_delivery(
            connection, moved(delivery, delivery.status, at, delivery.reason, introduction_ids=told)
        )

    def _queue_waiting(self, connection: Connection) -> int:
        found = store.waiting_with_contact(connection, BATCH)
        now = self._clock()
        for delivery in found:
            store.save_delivery(connection, moved(delivery, "queued", to_text(now)))
            queue.enqueue(connection, delivery.id, now)
        return len(found)

    def _cancel(self, connection: Connection) -> int:
        found = queue.without_introduction(connection, self._clock(), BATCH)
        for delivery in found:
            queue.remove(connection, delivery.id)
            store.save_delivery(connection, moved(delivery, "cancelled", to_text(self._clock()), CANCELLED))
        return len(found)
