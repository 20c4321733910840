"""The statements on the mail queue: which mails are due, and who is sending one just now.

A sender *takes* a mail for a short while, and renews it while the sending lasts. If the process of the sender dies, the
while ends and another sender takes the mail, which keeps its Message-ID.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.notifications.deliveries.domain.delivery import Delivery
from services.notifications.deliveries.store.deliveries import delivery_of
from services.notifications.tables import deliveries, mail_queue
from shared.clock import from_text, to_text

TAKEN_FOR = timedelta(seconds=60)


def add(connection: Connection, delivery_id: str, due: datetime) -> None:
    """Add a mail to the queue, to be sent from `due` on, as one that was never tried."""
    delete(connection, delivery_id)
    connection.execute(sa.insert(mail_queue).values(delivery_id=delivery_id, due_at=to_text(due)))


def delete(connection: Connection, delivery_id: str) -> None:
    """Delete a mail from the queue."""
    connection.execute(sa.delete(mail_queue).where(mail_queue.c.delivery_id == delivery_id))


def hurry(connection: Connection, delivery_id: str, due: datetime) -> None:
    """Have a queued mail sent from `due` on."""
    _change(connection, delivery_id, due_at=to_text(due))


def is_due(connection: Connection, now: datetime) -> bool:
    """Tell whether there is a mail to send that nobody is sending."""
    query = sa.select(mail_queue.c.delivery_id).where(_due(now)).limit(1)
    return connection.execute(query).one_or_none() is not None


def take_due(connection: Connection, taker: str, now: datetime) -> Delivery | None:
    """Take the mail that has been due longest, if there is one that nobody is sending.

    Of those due at one moment a company's before a partner's, which says whether the companies can be written to.
    """
    query = (
        sa.select(deliveries)
        .join(mail_queue, mail_queue.c.delivery_id == deliveries.c.id)
        .where(_due(now))
        .order_by(mail_queue.c.due_at, deliveries.c.side, mail_queue.c.delivery_id)
        .limit(1)
        .with_for_update(skip_locked=True, of=mail_queue)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    _change(connection, row.id, taken_by=taker, taken_until=to_text(now + TAKEN_FOR))
    return delivery_of(row)


def renew(connection: Connection, delivery_id: str, taker: str, now: datetime) -> None:
    """Take a mail for another while, on behalf of the sender that has taken it."""
    mine = sa.and_(mail_queue.c.delivery_id == delivery_id, mail_queue.c.taken_by == taker)
    connection.execute(sa.update(mail_queue).where(mine).values(taken_until=to_text(now + TAKEN_FOR)))


def put_back(connection: Connection, delivery_id: str, due: datetime, first_attempt: datetime | None) -> None:
    """Let go of a mail that could not be sent, to be tried again from `due` on.

    `first_attempt`: since when it could not; None where that does not count.
    """
    _change(
        connection,
        delivery_id,
        due_at=to_text(due),
        first_attempt_at=None if first_attempt is None else to_text(first_attempt),
        taken_by=None,
        taken_until=None,
    )


def release_all(connection: Connection) -> None:
    """Let go of every mail: for a queue whose senders are known to be gone."""
    connection.execute(sa.update(mail_queue).values(taken_by=None, taken_until=None))


def get_first_attempt(connection: Connection, delivery_id: str) -> datetime | None:
    """Return when a mail was first tried, or None when it was not."""
    query = sa.select(mail_queue.c.first_attempt_at).where(mail_queue.c.delivery_id == delivery_id)
    text = connection.execute(query).scalar_one_or_none()
    return None if text is None else from_text(text)


def is_taken(connection: Connection, delivery_id: str, now: datetime) -> bool:
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
