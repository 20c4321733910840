"""Emptying SQLite's write-ahead logs: what was deleted is overwritten in the file, and lingers in the log beside it."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import sqlalchemy as sa

from shared.loops import Loop
from shared.storage.engine import Database

EVERY_SECONDS = 900.0
PATIENCE_SECONDS = 10.0
LOOK_SECONDS = 0.1

_log = logging.getLogger(__name__)


def truncate_wal(database: Database, patience: float = PATIENCE_SECONDS) -> bool:
    """Write everything to a SQLite database's file and empty its log; True where there is none.

    Readers may hold the log: tries for `patience` seconds, then False. Raises sqlalchemy.exc.DBAPIError.
    """
    if database.engine.dialect.name != "sqlite":
        return True
    deadline = time.monotonic() + patience
    while not _truncated(database):
        if time.monotonic() >= deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def truncating(database: Database, service: str) -> Loop:
    """Make the loop of a work process that empties the log of its database when it has been quiet for long."""

    def run(stop: threading.Event) -> None:
        while not stop.wait(EVERY_SECONDS):
            try:
                if _has_wal(database) and not truncate_wal(database):
                    _log.info("%s: the write-ahead log is in use; it is emptied later", service)
            except (sa.exc.DBAPIError, OSError) as error:
                _log.warning("%s: the write-ahead log cannot be emptied now: %s", service, error)

    return Loop(f"{service} truncating", run)


def _has_wal(database: Database) -> bool:
    path = database.engine.url.database
    if database.engine.dialect.name != "sqlite" or not path:
        return False
    wal = Path(path + "-wal")
    return wal.exists() and wal.stat().st_size > 0


def _truncated(database: Database) -> bool:
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        # Beside SQLAlchemy, which would begin a transaction; and never waiting: writers would wait behind it.
        waits = driver.execute("PRAGMA busy_timeout").fetchone()[0]
        driver.execute("PRAGMA busy_timeout=0")
        try:
            busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            driver.execute(f"PRAGMA busy_timeout={int(waits)}")
    return bool(busy == 0)
