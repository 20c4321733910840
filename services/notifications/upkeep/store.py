"""Finding what is held of an organisation, and counting what waits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.notifications.mail.domain.introduction import ERASED
from services.notifications.tables import (
    approvals,
    contacts,
    introductions,
    mail_queue,
    mail_removals,
)
from shared.rights import Kind
from shared.status import Waiting


def list_rows(connection: Connection, table: sa.Table, kind: Kind, id: str) -> list[dict[str, Any]]:
    """List the rows of contacts or deliveries that belong to an organisation."""
    mine = sa.and_(table.c.side == kind, table.c.organisation_id == id)
    return [dict(row) for row in connection.execute(sa.select(table).where(mine)).mappings()]


def list_with_address(connection: Connection, address: str) -> list[tuple[Kind, str]]:
    """List the organisations whose contact has a mail address, in any case."""
    wanted = sa.func.lower(contacts.c.email) == address.lower()
    query = sa.select(contacts.c.side, contacts.c.organisation_id).where(wanted)
    return [(row.side, row.organisation_id) for row in connection.execute(query)]


def count_with_words(connection: Connection, introduction_ids: Collection[str]) -> int:
    """Count the introductions among some that are kept with the words of both sides."""
    query = sa.select(introductions.c.id).where(introductions.c.status != ERASED)
    return len(set(connection.execute(query).scalars()).intersection(introduction_ids))


def count_removals(connection: Connection) -> int:
    """Count the mails that have to leave the built-in mailbox."""
    return int(connection.execute(sa.select(sa.func.count()).select_from(mail_removals)).scalar_one())


def approvals_to_write(connection: Connection) -> Waiting:
    """Count the approvals whose mails are to be written."""
    counted = sa.select(sa.func.count(), sa.func.min(approvals.c.first_seen_at)).where(approvals.c.to_compose)
    return Waiting(*connection.execute(counted).one())


def mails_to_send(connection: Connection) -> Waiting:
    """Count the mails that are in the queue."""
    counted = sa.select(sa.func.count(), sa.func.min(mail_queue.c.due_at))
    return Waiting(*connection.execute(counted).one())
