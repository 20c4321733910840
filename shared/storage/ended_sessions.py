"""Sessions that were ended before their time: each service keeps them in its own database, until none can be alive."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from shared.clock import Clock, to_text
from shared.storage.engine import Database

LONGEST_SESSION = timedelta(days=7)
"""A session ends so long after it began, whatever happens."""


def ended_sessions_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table of ended sessions to a service's database."""
    return sa.Table(
        "ended_sessions",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("ended_at", sa.Text, nullable=False, index=True),
    )


class EndedSessions:
    """The sessions that were ended, as one service remembers them; every process of the service sees the same."""

    def __init__(self, database: Database, table: sa.Table, clock: Clock) -> None:
        self._database = database
        self._table = table
        self._clock = clock

    def add(self, id: str) -> None:
        """Remember that a session was ended; those that would be over by now anyway are forgotten."""
        now = self._clock()
        with self._database.writing() as connection:
            connection.execute(sa.delete(self._table).where(self._table.c.ended_at < _oldest(now)))
            known = sa.select(self._table.c.id).where(self._table.c.id == id)
            if connection.execute(known).first() is None:
                connection.execute(sa.insert(self._table).values(id=id, ended_at=to_text(now)))

    def has(self, id: str) -> bool:
        """Say whether a session was ended."""
        with self._database.reading() as connection:
            found = connection.execute(sa.select(self._table.c.id).where(self._table.c.id == id)).first()
        return found is not None


def _oldest(now: datetime) -> str:
    return to_text(now - LONGEST_SESSION - timedelta(days=1))
