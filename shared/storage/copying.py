"""Copying and emptying a service's tables, whichever they are: a backup holds each store as one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.storage.engine import Database, open_database

BUSY_SECONDS = 30
BATCH = 500


def copy_out(database: Database, metadata: sa.MetaData, target: Path) -> None:
    """Copy a database that may be in use into a new SQLite file: its state at one moment."""
    if database.engine.dialect.name == "sqlite":
        source = str(database.engine.url.database)
        with (
            closing(sqlite3.connect(source, timeout=BUSY_SECONDS)) as here,
            closing(sqlite3.connect(target)) as there,
        ):
            here.backup(there)
    else:
        with (
            closing(open_database(f"sqlite:///{target}", metadata)) as copy,
            database.reading() as here,
            copy.writing() as there,
        ):
            keep_waiting(here)
            copy_tables(here, there, metadata)
    with closing(sqlite3.connect(target)) as there:
        there.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    target.with_name(target.name + ".gate").unlink(missing_ok=True)


def copy_tables(source: Connection, target: Connection, metadata: sa.MetaData) -> None:
    """Make the rows of all tables at the target those of the source, in the target's transaction."""
    for table in reversed(metadata.sorted_tables):
        target.execute(sa.delete(table))
    for table in metadata.sorted_tables:
        rows = source.execution_options(yield_per=BATCH).execute(sa.select(table))
        for part in rows.mappings().partitions(BATCH):
            target.execute(sa.insert(table), [dict(row) for row in part])
        if target.dialect.name == "postgresql":
            _count_on(target, table)


def keep_waiting(connection: Connection) -> None:
    """Let a transaction on PostgreSQL idle while others are filled; it is rolled back if this process dies."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def row_counts(connection: Connection, metadata: sa.MetaData) -> dict[str, int]:
    """Count the rows of every table."""
    return {
        table.name: int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
        for table in metadata.sorted_tables
    }


def vacuum(database: Database, metadata: sa.MetaData) -> None:
    """Have PostgreSQL overwrite what was deleted from every table."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f'VACUUM "{table.name}"')


@contextmanager
def reading_file(path: Path) -> Iterator[Connection]:
    """Open a SQLite file of a backup to read it, and change nothing about it."""
    engine = sa.create_engine(f"sqlite:///file:{path.absolute()}?mode=ro&immutable=1&uri=true")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _count_on(target: Connection, table: sa.Table) -> None:
    """Set the counter of a table's numbers behind the largest: rows that bring their number do not move it."""
    column = table.autoincrement_column
    if column is None:
        return
    sequence = target.execute(
        sa.select(sa.func.pg_get_serial_sequence(table.name, column.name))
    ).scalar_one_or_none()
    if sequence is not None:
        largest = target.execute(sa.select(sa.func.coalesce(sa.func.max(column), 0))).scalar_one()
        target.execute(sa.select(sa.func.setval(sequence, int(largest) + 1, False)))
