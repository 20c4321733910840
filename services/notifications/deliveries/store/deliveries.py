"""The statements on deliveries. Every published change records its event in the outbox, in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.notifications.contacts.domain.contact import Side
from services.notifications.deliveries.domain.delivery import UNSENT, Delivery, Status, shared_reason
from services.notifications.mail.domain.introduction import APPROVED
from services.notifications.tables import contacts, deliveries, introductions, mail_queue, messaging, told
from shared.clock import from_text, to_text
from shared.events.event import Event
from shared.messaging.outbox import record_event


def get_delivery(connection: Connection, delivery_id: str, lock: bool = False) -> Delivery | None:
    """Return a delivery, or None when there is none; with `lock` nobody else changes it until the commit."""
    query = sa.select(deliveries).where(deliveries.c.id == delivery_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else delivery_of(row)


def list_deliveries(
    connection: Connection, status: str | None, request_id: str | None, limit: int, offset: int
) -> list[Delivery]:
    """Return deliveries, newest first; a filter that is None or empty lets everything through."""
    query = sa.select(deliveries).where(*_conditions(status, request_id))
    page = query.order_by(deliveries.c.created_at.desc(), deliveries.c.id).limit(limit).offset(offset)
    return [delivery_of(row) for row in connection.execute(page)]


def get_last_tried(connection: Connection, side: Side, organisation_id: str) -> Delivery | None:
    """Return the delivery to an organisation that was sent or failed last, or None when none was."""
    query = (
        sa.select(deliveries)
        .where(deliveries.c.side == side.value, deliveries.c.organisation_id == organisation_id)
        .where(deliveries.c.status.in_((Status.SENT.value, Status.FAILED.value)))
        .order_by(deliveries.c.updated_at.desc(), deliveries.c.id)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else delivery_of(row)


def list_all_deliveries(connection: Connection) -> Iterator[Delivery]:
    """Yield every delivery in the order of their ids."""
    return map(delivery_of, connection.execute(sa.select(deliveries).order_by(deliveries.c.id)).all())


def list_deliveries_of_approval(connection: Connection, approval_id: str) -> list[Delivery]:
    """Return the deliveries of an approval in the order of their ids."""
    query = sa.select(deliveries).where(deliveries.c.approval_id == approval_id).order_by(deliveries.c.id)
    return [delivery_of(row) for row in connection.execute(query)]


def list_queued_deliveries(connection: Connection) -> list[Delivery]:
    """Return the deliveries whose mails are in the queue."""
    query = sa.select(deliveries).join(mail_queue, mail_queue.c.delivery_id == deliveries.c.id)
    rows = connection.execute(query.where(deliveries.c.status == Status.QUEUED.value)).all()
    return [delivery_of(row) for row in rows]


def list_due_deliveries(
    connection: Connection, now: datetime, until: datetime, lock: bool = False
) -> list[Delivery]:
    """Return the queued deliveries that are due before `until` and not being sent just now.

    With `lock`, on PostgreSQL, only those that nobody else has locked.
    """
    free = sa.or_(mail_queue.c.taken_until.is_(None), mail_queue.c.taken_until <= to_text(now))
    query = (
        sa.select(deliveries)
        .join(mail_queue, mail_queue.c.delivery_id == deliveries.c.id)
        .where(deliveries.c.status == Status.QUEUED.value, mail_queue.c.due_at < to_text(until), free)
        .order_by(deliveries.c.id)
    )
    return _listed(connection, query, lock)


def list_unsent_for(connection: Connection, reason: str | None, lock: bool = False) -> list[Delivery]:
    """Return the failed deliveries and the queued ones; with `reason` those whose shared reason it is.

    With `lock`, on PostgreSQL, only those that nobody else has locked.
    """
    tried = (Status.FAILED.value, Status.QUEUED.value)
    query = sa.select(deliveries).where(deliveries.c.status.in_(tried)).order_by(deliveries.c.id)
    found = _listed(connection, query, lock)
    return [
        one for one in found if reason in (None, one.reason, shared_reason(one.reason, one.organisation_id))
    ]


def list_waiting_with_contact(connection: Connection, limit: int, lock: bool = False) -> list[Delivery]:
    """Return waiting deliveries whose recipient's contact is known by now, oldest first.

    With `lock`, on PostgreSQL, only those that nobody else has locked.
    """
    known = sa.and_(
        contacts.c.side == deliveries.c.side, contacts.c.organisation_id == deliveries.c.organisation_id
    )
    query = (
        sa.select(deliveries)
        .join(contacts, known)
        .where(deliveries.c.status == Status.WAITING.value)
        .order_by(deliveries.c.created_at, deliveries.c.id)
        .limit(limit)
    )
    return _listed(connection, query, lock)


def list_without_introduction(
    connection: Connection, now: datetime, limit: int, lock: bool = False
) -> list[Delivery]:
    """Return unsent deliveries, not being sent just now, of which no introduction is approved any more.

    With `lock`, on PostgreSQL, only those that nobody else has locked.
    """
    approved = sa.exists().where(
        told.c.delivery_id == deliveries.c.id,
        told.c.introduction_id == introductions.c.id,
        introductions.c.approval_id == deliveries.c.approval_id,
        introductions.c.status == APPROVED,
    )
    being_sent = sa.exists().where(
        mail_queue.c.delivery_id == deliveries.c.id, mail_queue.c.taken_until > to_text(now)
    )
    query = (
        sa.select(deliveries)
        .where(deliveries.c.status.in_(sorted(UNSENT)), ~approved, ~being_sent)
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return _listed(connection, query, lock)


def count_deliveries(connection: Connection, status: str | None, request_id: str | None) -> int:
    """Count the deliveries that the filters of `list_deliveries` let through."""
    query = sa.select(sa.func.count()).select_from(deliveries).where(*_conditions(status, request_id))
    return int(connection.execute(query).scalar_one())


def count_by_status(connection: Connection) -> dict[str, int]:
    """Count the deliveries of each status that there are any of."""
    query = sa.select(deliveries.c.status, sa.func.count().label("number")).group_by(deliveries.c.status)
    return {row.status: int(row.number) for row in connection.execute(query)}


def count_by_reason(connection: Connection) -> list[tuple[str, str, str, int, str]]:
    """Count the deliveries by status, reason and organisation, with the moment since when the first is so."""
    columns = (deliveries.c.status, deliveries.c.reason, deliveries.c.organisation_id)
    counted = (sa.func.count(), sa.func.min(deliveries.c.updated_at))
    rows = connection.execute(sa.select(*columns, *counted).group_by(*columns))
    return [(row[0], row[1], row[2], int(row[3]), row[4]) for row in rows]


def add_delivery(connection: Connection, delivery: Delivery) -> None:
    """Add a new delivery and record its event."""
    connection.execute(sa.insert(deliveries).values(**_row(delivery), created_at=delivery.updated_at))
    _save_told(connection, delivery)
    _record(connection, delivery)


def save_delivery(connection: Connection, delivery: Delivery) -> None:
    """Save a delivery's next version and record its event."""
    connection.execute(sa.update(deliveries).where(deliveries.c.id == delivery.id).values(_row(delivery)))
    _save_told(connection, delivery)
    _record(connection, delivery)


def save_restored_delivery(connection: Connection, delivery: Delivery) -> None:
    """Save a delivery that an event has told of already, new or not, and record nothing."""
    row = _row(delivery)
    there = connection.execute(sa.update(deliveries).where(deliveries.c.id == delivery.id).values(row))
    if there.rowcount == 0:
        connection.execute(sa.insert(deliveries).values(**row, created_at=delivery.updated_at))
    _save_told(connection, delivery)


def save_attempts(connection: Connection, delivery: Delivery) -> None:
    """Save a delivery's number of attempts, which alone is no event."""
    query = sa.update(deliveries).where(deliveries.c.id == delivery.id)
    connection.execute(query.values(attempts=delivery.attempts))


def delete_delivery(connection: Connection, delivery_id: str) -> None:
    """Delete a delivery whose mail is not in the queue."""
    connection.execute(sa.delete(told).where(told.c.delivery_id == delivery_id))
    connection.execute(sa.delete(deliveries).where(deliveries.c.id == delivery_id))


def delivery_of(row: sa.Row[Any]) -> Delivery:
    """Read a delivery from its row."""
    fields = {name: getattr(row, name) for name in Delivery.__dataclass_fields__}
    fields |= {
        "introduction_ids": tuple(json.loads(row.introduction_ids)),
        "side": Side(row.side),
    }
    return Delivery(**fields)


def _listed(connection: Connection, query: sa.Select[Any], lock: bool) -> list[Delivery]:
    rows = connection.execute(query.with_for_update(skip_locked=True, of=deliveries) if lock else query)
    return [delivery_of(row) for row in rows]


def _conditions(status: str | None, request_id: str | None) -> list[sa.ColumnElement[bool]]:
    wanted = ((deliveries.c.status, status), (deliveries.c.request_id, request_id))
    return [column == value for column, value in wanted if value]


def _row(delivery: Delivery) -> dict[str, Any]:
    return {
        **asdict(delivery),
        "introduction_ids": json.dumps(delivery.introduction_ids),
        "side": delivery.side.value,
    }


def _save_told(connection: Connection, delivery: Delivery) -> None:
    connection.execute(sa.delete(told).where(told.c.delivery_id == delivery.id))
    rows = [{"delivery_id": delivery.id, "introduction_id": one} for one in delivery.introduction_ids]
    connection.execute(sa.insert(told).values(rows))


def _record(connection: Connection, delivery: Delivery) -> None:
    kind, at = f"delivery.{delivery.status}", from_text(delivery.updated_at)
    record_event(connection, messaging, Event(kind, delivery.id, delivery.version, at, delivery.state()))
