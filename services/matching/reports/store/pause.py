"""Holding the making of reports while a rebuild reads the events again: reports of half the companies help nobody."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.tables import holds
from shared.clock import to_text

_FOR_REPLAY = "9999 since "
"""Begins the `until` of a hold that ends when the events are replayed, and not at a moment: later than any."""


def hold_scoring(connection: Connection, until: datetime) -> None:
    """Have no report made until a moment; a later call moves it. Whoever holds renews it, and ends it."""
    end_hold(connection)
    connection.execute(sa.insert(holds).values(id=1, until=to_text(until)))


def want_replay(connection: Connection, now: datetime) -> None:
    """Have the work processes replay all events, and no report made before that is done."""
    end_hold(connection)
    connection.execute(sa.insert(holds).values(id=1, until=_FOR_REPLAY + to_text(now)))


def get_replay(connection: Connection) -> str | None:
    """Read the mark of the rebuild whose events are being replayed, or None."""
    mark: str | None = connection.scalar(
        sa.select(holds.c.until).where(holds.c.until.startswith(_FOR_REPLAY))
    )
    return mark


def end_replay(connection: Connection, mark: str) -> None:
    """Note that the events are replayed; without effect on a rebuild that began later."""
    connection.execute(sa.delete(holds).where(holds.c.until == mark))


def end_hold(connection: Connection) -> None:
    """Let reports be made again."""
    connection.execute(sa.delete(holds))


def is_free(now: datetime) -> sa.ColumnElement[bool]:
    """Give the condition that nobody holds the making of reports."""
    return ~sa.exists().where(holds.c.until > to_text(now))


def is_held(connection: Connection, now: datetime) -> bool:
    """Say whether somebody holds the making of reports."""
    return not connection.execute(sa.select(is_free(now))).scalar_one()
