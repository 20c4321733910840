"""A pause in the making of reports while a rebuild reads the events again: half the companies make no good report."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.tables import holds
from shared.clock import to_text

_FOR_REPLAY = "9999 since "
"""Begins the `until` of a pause that ends when the events are replayed, and not at a moment: later than any."""


def want_replay(connection: Connection, now: datetime) -> None:
    """Have the work processes replay all events, and no report made before that is done."""
    connection.execute(sa.delete(holds))
    connection.execute(sa.insert(holds).values(id=1, until=_FOR_REPLAY + to_text(now)))


def get_replay(connection: Connection) -> str | None:
    """Return the mark of the rebuild whose events are being replayed, or None."""
    mark: str | None = connection.scalar(
        sa.select(holds.c.until).where(holds.c.until.startswith(_FOR_REPLAY))
    )
    return mark


def end_replay(connection: Connection, mark: str) -> None:
    """Note that the events are replayed; without effect on a rebuild that began later."""
    connection.execute(sa.delete(holds).where(holds.c.until == mark))


def is_not_paused(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that the making of reports is not paused."""
    return ~sa.exists().where(holds.c.until > to_text(now))


def is_paused(connection: Connection, now: datetime) -> bool:
    """Say whether the making of reports is paused."""
    return not connection.execute(sa.select(is_not_paused(now))).scalar_one()
