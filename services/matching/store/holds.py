"""Holding the making of reports while a rebuild reads the events again: reports of half the companies help nobody."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.store.tables import holds
from shared.clock import to_text


def hold_scoring(connection: Connection, until: datetime) -> None:
    """Have no report made until a moment; a later call moves it. Whoever holds renews it, and ends it."""
    end_hold(connection)
    connection.execute(sa.insert(holds).values(id=1, until=to_text(until)))


def end_hold(connection: Connection) -> None:
    """Let reports be made again."""
    connection.execute(sa.delete(holds))


def is_free(now: datetime) -> sa.ColumnElement[bool]:
    """Give the condition that nobody holds the making of reports."""
    return ~sa.exists().where(holds.c.until > to_text(now))
