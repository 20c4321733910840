"""Bringing a database's tables up to what the code expects, by numbered steps that keep the data.

A service's steps lie in its folder `migrations`, which the `info` of its metadata names: `r0001_….py` and so on, one
after the other, for SQLite and PostgreSQL alike. Old code runs beside new code during an upgrade, so a step may add
what old code can do without, and take away only what no running code uses any more. A step says in `OLDEST_CODE` which
code it leaves at work: the newest step that this code must know. Older code refuses to open the database.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.settings.registry import hide_password
from shared.storage.newer_database import NewerDatabaseError

FOLDER = "migrations"
"""The key of a metadata's `info` under which the folder of its steps stands."""
OLDEST_CODE = "OLDEST_CODE"
"""The name in a step under which stands the number of the oldest step whose code can use the tables after it."""
FLOOR_TABLE = "oldest_code"
_FLOOR = sa.Table(FLOOR_TABLE, sa.MetaData(), sa.Column("step", sa.String(4), nullable=False))
_VERSIONS = sa.table("alembic_version", sa.column("version_num", sa.String))


def bring_up(connection: Connection, metadata: sa.MetaData) -> None:
    """Take the steps that a database lacks, in the caller's transaction, which keeps other processes out.

    A database that newer code has brought further stays as it is; raises NewerDatabaseError when this code is
    too old for it. Tables of a metadata that names no steps are made where they are missing.
    """
    folder: Path | None = metadata.info.get(FOLDER)
    if folder is None:
        metadata.create_all(connection)
        return
    at, known = reached(connection) or "", newest(folder)
    if at < known:
        _upgrade(connection, metadata, folder, at)
    elif at > known and (oldest := _oldest_code(connection) or at) > known:
        place = hide_password(connection.engine.url.render_as_string(hide_password=True))
        raise NewerDatabaseError(
            f"the database {place} is newer than this code: it is at step {at}, which code before step {oldest} cannot "
            f"use, and this code knows the steps up to {known}. Start the newer release again, or restore the backup "
            "that was made before the upgrade"
        )


def reached(connection: Connection) -> str | None:
    """Return the number of the last step that a database has taken, None for one that has taken none."""
    if not sa.inspect(connection).has_table(_VERSIONS.name):
        return None
    number: str | None = connection.scalar(sa.select(_VERSIONS.c.version_num))
    return number


def newest(folder: Path) -> str:
    """Return the number of the last step in a folder, four digits; raises ValueError when there is none."""
    return max(path.stem[1:5] for path in folder.glob("r[0-9][0-9][0-9][0-9]_*.py"))


def _upgrade(connection: Connection, metadata: sa.MetaData, folder: Path, at: str) -> None:
    from alembic import command  # slow to import, and rarely needed
    from alembic.script import ScriptDirectory

    from shared.storage.migrations.configuration import configured

    config = configured(folder, connection=connection, metadata=metadata)
    command.upgrade(config, "head")
    steps = [step for step in ScriptDirectory.from_config(config).walk_revisions() if step.revision > at]
    oldest = max(getattr(step.module, OLDEST_CODE, step.revision) for step in steps)
    _FLOOR.create(connection, checkfirst=True)
    kept = _oldest_code(connection)
    connection.execute(sa.delete(_FLOOR))
    connection.execute(sa.insert(_FLOOR).values(step=max(oldest, kept or "")))


def _oldest_code(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table(_FLOOR.name):
        return None
    number: str | None = connection.scalar(sa.select(_FLOOR.c.step))
    return number
