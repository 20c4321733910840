"""The mail queue: which mails are due, and who is sending one just now.

A mail is *taken* for a short while that its sender renews. If the sender's process dies, the while runs out and
another takes it: then the mail goes out with the Message-ID that it had.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.notifications.deliveries.domain.delivery import Delivery
from services.notifications.deliveries.store.records import delivery_of
from services.notifications.tables import deliveries, introductions, mail_queue, told
from shared.clock import from_text, to_text

TAKEN_FOR = timedelta(seconds=60)


def enqueue(connection: Connection, delivery_id: str, due: datetime) -> None:
    """Put a mail in the queue, to be sent from `due` on, with all its attempts before it."""
    remove(connection, delivery_id)
    connection.execute(sa.insert(mail_queue).values(delivery_id=delivery_id, due_at=to_text(due)))


def remove(connection: Connection, delivery_id: str) -> None:
    """Take a mail out of the queue."""
    connection.execute(sa.delete(mail_queue).where(mail_queue.c.delivery_id == delivery_id))


def hurry(connection: Connection, delivery_id: str, due: datetime) -> None:
    """Have a queued mail sent from `due` on."""
    _change(connection, delivery_id, due_at=to_text(due))


def is_due(connection: Connection, now: datetime) -> bool:
    """Tell whether there is a mail to send that nobody is sending."""
    query = sa.select(mail_queue.c.delivery_id).where(_due(now)).limit(1)
    return connection.execute(query).one_or_none() is not None


def take_due(connection: Connection, taker: str, now: datetime) -> Delivery | None:
    """Take the mail that has been due longest, if there is one that nobody is sending."""
    query = (
        sa.select(deliveries)
        .join(mail_queue, mail_queue.c.delivery_id == deliveries.c.id)
        .where(_due(now))
        .order_by(mail_queue.c.due_at, mail_queue.c.delivery_id)
        .limit(1)
        .with_for_update(skip_locked=True, of=mail_queue)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    _change(connection, row.id, taken_by=taker, taken_until=to_text(now + TAKEN_FOR))
    return delivery_of(row)


def keep_taken(connection: Connection, delivery_id: str, taker: str, now: datetime) -> None:
    """Say that the sending goes on."""
    mine = sa.and_(mail_queue.c.delivery_id == delivery_id, mail_queue.c.taken_by == taker)
    connection.execute(sa.update(mail_queue).where(mine).values(taken_until=to_text(now + TAKEN_FOR)))


def put_back(connection: Connection, delivery_id: str, due: datetime, first_attempt: datetime) -> None:
    """Let go of a mail that could not be sent, to be tried again from `due` on."""
    _change(
        connection,
        delivery_id,
        due_at=to_text(due),
        first_attempt_at=to_text(first_attempt),
        taken_by=None,
        taken_until=None,
    )


def release_all(connection: Connection) -> None:
    """Let go of every mail: for a queue whose senders are known to be gone."""
    connection.execute(sa.update(mail_queue).values(taken_by=None, taken_until=None))


def first_attempt(connection: Connection, delivery_id: str) -> datetime | None:
    """Give when a mail was first tried, if it was."""
    query = sa.select(mail_queue.c.first_attempt_at).where(mail_queue.c.delivery_id == delivery_id)
    text = connection.execute(query).scalar_one_or_none()
    return None if text is None else from_text(text)


def without_introduction(
    connection: Connection, now: datetime, limit: int, hold: bool = True
) -> list[Delivery]:
    """List unsent deliveries, not being sent just now, of which no introduction is approved any more.

    On PostgreSQL those that nobody else holds, held for this transaction; all of them without `hold`.
    """
    approved = sa.exists().where(
        told.c.delivery_id == deliveries.c.id,
        told.c.introduction_id == introductions.c.id,
        introductions.c.approval_id == deliveries.c.approval_id,
        introductions.c.status == "approved",
    )
    being_sent = sa.exists().where(
        mail_queue.c.delivery_id == deliveries.c.id, mail_queue.c.taken_until > to_text(now)
    )
    query = (
        sa.select(deliveries)
        .where(deliveries.c.status.in_(["waiting", "queued"]), ~approved, ~being_sent)
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    held = query.with_for_update(skip_locked=True, of=deliveries) if hold else query
    return [delivery_of(row) for row in connection.execute(held)]


def in_hand(connection: Connection, delivery_id: str, now: datetime) -> bool:
    """Tell whether a mail is being sent just now."""
    query = sa.select(mail_queue.c.taken_until).where(mail_queue.c.delivery_id == delivery_id)
    until = connection.execute(query).scalar_one_or_none()
    return until is not None and until > to_text(now)


def _due(now: datetime) -> sa.ColumnElement[bool]:
    text = to_text(now)
    free = sa.or_(mail_queue.c.taken_until.is_(None), mail_queue.c.taken_until <= text)
    return sa.and_(mail_queue.c.due_at <= text, free)


def _change(connection: Connection, delivery_id: str, **values: str | None) -> None:
    connection.execute(sa.update(mail_queue).where(mail_queue.c.delivery_id == delivery_id).values(**values))
