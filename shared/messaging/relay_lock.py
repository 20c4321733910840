"""Which of several relays of one service is the active one: the others stand by until it is gone.

PostgreSQL: an advisory lock on a connection of its own. SQLite: a lock file beside the database. Either is
freed by the system when the process dies. A stopped process keeps it, on PostgreSQL for `IDLE_SECONDS`; hence the
relay's fence in the tables.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from shared.storage.engine import Database

RELAY_LOCK = 0x68616E64  # any number that nothing else in a service's database locks by
IDLE_SECONDS = 15
"""How long PostgreSQL believes in a lock's connection that says nothing: longer than a relay's round takes."""


class RelayLock(Protocol):
    """Held by at most one process at a time."""

    def take(self) -> bool:
        """Take the lock, or check that it is still held; False when another one has it or the check fails."""

    def release(self) -> None:
        """Let go of the lock."""


def relay_lock(database: Database) -> RelayLock:
    """Return the lock that fits the database."""
    if database.engine.dialect.name == "sqlite":
        path = Path(str(database.engine.url.database))
        return _FileLock(path.with_name(path.name + ".relay"))
    return _AdvisoryLock(database.engine)


def has_relay(database: Database) -> bool:
    """Say whether a work process of the service is active: its relay holds a lock for as long as it lives."""
    lock = relay_lock(database)
    taken = lock.take()
    lock.release()
    return not taken


class _FileLock:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> bool:
        """Take the lock unless another process or relay has it."""
        if self._handle is not None:
            return True
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Let go of the lock."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class _AdvisoryLock:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def take(self) -> bool:
        """Take the lock, or see that its connection still lives; the lock ends with the connection."""
        if self._connection is not None:
            try:
                self._connection.execute(sa.text("SELECT 1"))
            except sa.exc.DBAPIError:
                self.release()
                return False
            return True
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            taken = bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(RELAY_LOCK))))
            if taken:
                connection.execute(sa.text(f"SET idle_session_timeout = '{IDLE_SECONDS}s'"))
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        if taken:
            self._connection = connection
        else:
            connection.close()
        return taken

    def release(self) -> None:
        """Unlock, so that it is free at once, and end the connection: one that went back to the pool would keep it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sa.exc.SQLAlchemyError):  # one that is away has lost the lock
                connection.execute(sa.select(sa.func.pg_advisory_unlock(RELAY_LOCK)))
            connection.invalidate()
            connection.close()
