"""Whose texts were read by words alone for want of vectors, and wait to be read closely."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.reports.domain.turns import Texts, Unread
from services.matching.tables import unread
from shared.clock import to_text
from shared.storage.rows import upsert


def list_unread(connection: Connection) -> list[Unread]:
    """Read who waits, those that wait longest first."""
    rows = connection.execute(sa.select(unread).order_by(unread.c.since, unread.c.side, unread.c.id))
    return [Unread(Texts(row.side), row.id, row.organisation) for row in rows]


def add_unread(connection: Connection, wanted: Iterable[Unread], at: datetime) -> None:
    """Have texts read closely; those that wait already keep their place."""
    there = set(list_unread(connection))
    for one in sorted(set(wanted) - there, key=lambda one: (one.side, one.id)):
        values = {"organisation": one.organisation, "since": to_text(at)}
        upsert(connection, unread, {"side": one.side.value, "id": one.id}, values)


def delete_unread(connection: Connection, done: Iterable[Unread]) -> list[Unread]:
    """Note that texts need not be read any more; return those of them that still waited."""
    return [
        one
        for one in done
        if connection.execute(
            sa.delete(unread).where(unread.c.side == one.side.value, unread.c.id == one.id)
        ).rowcount
    ]


def awaits_reading(connection: Connection, request_id: str) -> bool:
    """Say whether a request's own texts, or those of any company, wait: its report then rests on words in part."""
    its = sa.or_(
        unread.c.side == Texts.COMPANY.value,
        sa.and_(unread.c.side == Texts.REQUEST.value, unread.c.id == request_id),
    )
    return bool(connection.execute(sa.select(sa.exists().where(its))).scalar_one())


def count_unread(connection: Connection) -> int:
    """Count who waits."""
    return int(connection.execute(sa.select(sa.func.count()).select_from(unread)).scalar_one())
