"""The statements on the mails that must leave the built-in mailbox, because one whom they tell of is erased."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.notifications.contacts.domain.contact import Side
from services.notifications.tables import deliveries, mail_removals, told


def list_removals(connection: Connection, limit: int) -> list[str]:
    """Return the ids of deliveries whose mails must leave the mailbox."""
    return list(connection.execute(sa.select(mail_removals.c.delivery_id).limit(limit)).scalars())


def add_removals_to(connection: Connection, side: Side, organisation_id: str) -> None:
    """Add the mails to an erased organisation."""
    sent = sa.select(deliveries.c.id).where(
        deliveries.c.side == side.value,
        deliveries.c.organisation_id == organisation_id,
        deliveries.c.id.not_in(sa.select(mail_removals.c.delivery_id)),
    )
    connection.execute(sa.insert(mail_removals).from_select(["delivery_id"], sent))


def add_removals_about(connection: Connection, introduction_id: str) -> None:
    """Add the mails that tell of an introduction."""
    telling = sa.select(told.c.delivery_id).where(
        told.c.introduction_id == introduction_id,
        told.c.delivery_id.not_in(sa.select(mail_removals.c.delivery_id)),
    )
    connection.execute(sa.insert(mail_removals).from_select(["delivery_id"], telling))


def delete_removals(connection: Connection, delivery_ids: Sequence[str]) -> None:
    """Delete what has left the mailbox from the list."""
    connection.execute(sa.delete(mail_removals).where(mail_removals.c.delivery_id.in_(delivery_ids)))
