"""A service's own database: SQLite on one machine, PostgreSQL when that is outgrown.

Every change goes through `Database.writing`: one transaction, committed as a whole or not at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from shared.storage.file_lock import Gate
from shared.storage.migrations import bring_up

BUSY_SECONDS = 30
CONNECT_SECONDS = 10
IDLE_SECONDS = 60
"""How long PostgreSQL lets a transaction idle: a process that was stopped must not hold its rows for ever."""
SCHEMA_LOCK = 0x736368656D61  # the advisory lock of whoever makes tables, other than the relay's


class Database:
    """One service's database; safe to share between threads, each use takes its own connection."""

    def __init__(self, engine: Engine, gate: Gate | None) -> None:
        self.engine = engine
        self._gate = gate
        self._writer = engine.execution_options(handslag_writes=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads; what it sees is one state of the database."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection
            connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that may write; it commits on leaving and rolls back on an exception.

        On SQLite it takes the write lock at once (`BEGIN IMMEDIATE`), behind a gate file that keeps waiting
        fair between processes. On PostgreSQL it sees what others commit meanwhile: lock the rows that it decides
        by. Never open a second one inside the first: it would wait for itself.
        """
        if self._gate is None:
            with self.engine.begin() as connection:
                yield connection
            return
        with self._gate.held(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()


def open_database(url: str, metadata: sa.MetaData) -> Database:
    """Open the database at a SQLAlchemy URL and bring its tables up to those of `metadata`.

    Takes `sqlite:///PATH` (the folder is made) or `postgresql://…`. Several processes may open it at once.
    Raises sqlalchemy.exc.SQLAlchemyError or OSError when it cannot be opened.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("a service's database must be a file: several processes and threads share it")
        path = Path(parsed.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        database = Database(_sqlite_engine(url), Gate(path.with_name(path.name + ".gate")))
    else:
        database = Database(_postgres_engine(parsed), None)
    try:
        with database.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SCHEMA_LOCK)))
            bring_up(connection, metadata)
    except BaseException:
        database.close()
        raise
    return database


def _postgres_engine(url: sa.URL) -> Engine:
    given = {
        "connect_timeout": CONNECT_SECONDS,
        "options": f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s",
    }
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        connect_args={name: value for name, value in given.items() if name not in url.query},
        hide_parameters=True,  # they may be personal, and errors are logged
    )


def _sqlite_engine(url: str) -> Engine:
    engine = sa.create_engine(
        url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None}, hide_parameters=True
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(dbapi_connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            dbapi_connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver is told to leave transactions alone: a deferred one that turns into a writer fails when busy.
        writes = connection.get_execution_options().get("handslag_writes", False)
        words = "BEGIN IMMEDIATE" if writes else "BEGIN"
        driver: Any = connection.connection.dbapi_connection
        try:
            driver.execute(words)  # SQLAlchemy's way to the driver costs more than the statement
        except sqlite3.Error as error:
            raise sa.exc.DBAPIError.instance(words, None, error, sqlite3.Error) from error

    return engine
