"""Bringing a database's tables up to what the code expects, by numbered steps that keep the data.

A service's steps lie in its folder `migrations`, which the `info` of its metadata names: `r0001_….py` and so on, one
after the other, for SQLite and PostgreSQL alike. Old code runs beside new code during an upgrade, so a step may add
what old code can do without, and take away only what no running code uses any more.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

FOLDER = "migrations"
"""The key of a metadata's `info` under which the folder of its steps stands."""
_VERSIONS = sa.table("alembic_version", sa.column("version_num", sa.String))


def bring_up(connection: Connection, metadata: sa.MetaData) -> None:
    """Take the steps that a database lacks, in the caller's transaction, which keeps other processes out.

    A database that newer code has brought further stays as it is. Tables of a metadata that names no steps are
    made where they are missing.
    """
    folder: Path | None = metadata.info.get(FOLDER)
    if folder is None:
        metadata.create_all(connection)
    elif (reached(connection) or "") < newest(folder):
        _upgrade(connection, metadata, folder)


def reached(connection: Connection) -> str | None:
    """Give the number of the last step that a database has taken, None for one that has taken none."""
    if not sa.inspect(connection).has_table(_VERSIONS.name):
        return None
    number: str | None = connection.scalar(sa.select(_VERSIONS.c.version_num))
    return number


def newest(folder: Path) -> str:
    """Give the number of the last step in a folder, four digits; raises ValueError when there is none."""
    return max(path.stem[1:5] for path in folder.glob("r[0-9][0-9][0-9][0-9]_*.py"))


def _upgrade(connection: Connection, metadata: sa.MetaData, folder: Path) -> None:
    from alembic import command  # slow to import, and rarely needed

    from shared.migrations.configuration import configured

    command.upgrade(configured(folder, connection=connection, metadata=metadata), "head")
