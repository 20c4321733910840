"""How the embedded log opens and writes its SQLite files, and what it says when that fails."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from shared.event_log.port import EventLogError, LogUnavailableError
from shared.storage.file_lock import Gate

BUSY_SECONDS = 30.0


class SqliteFile:
    """One file and one connection to it; safe to share between threads, one uses it at a time.

    Every error is told as LogUnavailableError when it may pass (disk full, read-only, busy), otherwise as
    EventLogError.
    """

    def __init__(self, path: Path, schema: str, synchronous: Literal["FULL", "NORMAL"]) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._gate = Gate(path.with_name(path.name + ".gate"))
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        try:
            with self._told():
                for pragma in (f"synchronous={synchronous}", "secure_delete=ON"):
                    self._connection.execute(f"PRAGMA {pragma}")
            with self._told(), self._gate.held():
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.executescript(schema)
        except EventLogError:
            self._connection.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Use the connection to read single statements."""
        with self._lock, self._told():
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that holds the write lock; it commits on leaving, and rolls back on an exception."""
        with self._lock, self._told(), self._gate.held():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def changes_mark(self) -> tuple[int, int]:
        """Return a mark that is another one after any change, by this connection or another; costs no disk access."""
        with self.reading() as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0]), connection.total_changes

    def truncate_wal(self) -> bool:
        """Write everything to the file and empty its log, where deleted bytes linger; False while read by others."""
        with self._lock, self._told(), self._gate.held():
            # Never wait for readers here: writers queue at the gate meanwhile.
            self._connection.execute("PRAGMA busy_timeout=0")
            try:
                busy: int = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                self._connection.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
            return busy == 0

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise LogUnavailableError(f"the event log at {self.path} cannot be used: {error}") from error
        except sqlite3.Error as error:
            raise EventLogError(f"the event log at {self.path} is damaged or closed: {error}") from error
        except OSError as error:
            raise LogUnavailableError(
                f"the event log at {self.path} cannot be used: {error.strerror or error}"
            ) from error
