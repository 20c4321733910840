"""The worker that makes deliveries of approvals, and moves them on as contacts and cancellations become known."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from services.notifications.contacts.store import get_contact
from services.notifications.deliveries.domain.delivery import (
    CANCELLED,
    UNSENT,
    Delivery,
    Status,
    moved,
    no_contact,
)
from services.notifications.deliveries.domain.mail_plan import (
    PlannedMail,
    approval_is_complete,
    delivery_id,
    plan_mails,
)
from services.notifications.deliveries.store import deliveries as store
from services.notifications.deliveries.store import introductions, queue
from shared.clock import Clock, to_text
from shared.storage.engine import Database
from shared.telemetry import traces

BATCH = 100


class Composer:
    """Turns what the events' handlers recorded into deliveries; every step is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def step(self) -> bool:
        """Do what is due, and tell whether there was anything."""
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
            any(self._complete(connection, one) for one in introductions.list_open_approvals(connection))
            or store.list_waiting_with_contact(connection, 1)
            or store.list_without_introduction(connection, now, 1)
        )

    def _complete(self, connection: Connection, approval: introductions.OpenApproval) -> bool:
        arrived = len(introductions.list_introductions(connection, approval.id))
        return approval_is_complete(approval.size, arrived, approval.first_seen, self._clock())

    def _make(self, connection: Connection) -> int:
        ready = [
            one
            for one in introductions.list_open_approvals(connection, lock=True)
            if self._complete(connection, one)
        ]
        for approval in ready[:BATCH]:
            with traces.carried_on("notifications write mails", approval.traceparent):
                self._write(connection, approval.id)
        return len(ready)

    def _write(self, connection: Connection, approval_id: str) -> None:
        made = store.list_deliveries_of_approval(connection, approval_id)
        open_ids = {one.id for one in made if self._can_change(connection, one)}
        for mail in plan_mails(introductions.list_introductions(connection, approval_id), made, open_ids):
            if mail.joins is None:
                self._add(connection, approval_id, mail)
            else:
                self._join(connection, mail.joins, mail)
        introductions.save_settled(connection, approval_id)

    def _can_change(self, connection: Connection, delivery: Delivery) -> bool:
        unsent = delivery.status in UNSENT
        return unsent and not queue.is_taken(connection, delivery.id, self._clock())

    def _add(self, connection: Connection, approval_id: str, mail: PlannedMail) -> None:
        now = self._clock()
        known = get_contact(connection, mail.side, mail.organisation_id) is not None
        delivery = Delivery(
            id=delivery_id(approval_id, mail.side, mail.organisation_id, mail.template),
            version=1,
            status=(Status.QUEUED if known else Status.WAITING).value,
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
            queue.add(connection, delivery.id, now)

    def _join(self, connection: Connection, joined: str, mail: PlannedMail) -> None:
        delivery = store.get_delivery(connection, joined, lock=True)
        if delivery is None:
            raise LookupError(f"delivery {joined} is gone")
        told = tuple(sorted({*delivery.introduction_ids, *mail.introduction_ids}))
        at = to_text(self._clock())
        store.save_delivery(
            connection, moved(delivery, delivery.status, at, delivery.reason, introduction_ids=told)
        )

    def _queue_waiting(self, connection: Connection) -> int:
        found = store.list_waiting_with_contact(connection, BATCH, lock=True)
        now = self._clock()
        for delivery in found:
            store.save_delivery(connection, moved(delivery, Status.QUEUED, to_text(now)))
            queue.add(connection, delivery.id, now)
        return len(found)

    def _cancel(self, connection: Connection) -> int:
        found = store.list_without_introduction(connection, self._clock(), BATCH, lock=True)
        for delivery in found:
            queue.delete(connection, delivery.id)
            store.save_delivery(
                connection, moved(delivery, Status.CANCELLED, to_text(self._clock()), CANCELLED)
            )
        return len(found)
