"""New SQLite databases have their tables at once: as a service's own steps made them the first time in this process.

The steps themselves take a tenth of a second, and a run of the tests makes hundreds of databases. What tests the steps
asks for `by_their_steps`. PostgreSQL's databases, and those of processes that tests start, are made by the steps.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.storage import migrations

_take_steps = migrations._upgrade
_statements: dict[tuple[Path, str], list[str]] = {}
"""By folder of steps and the newest of them: what makes a new database's tables, and the rows that steps write."""


def _kept_steps(connection: Connection, metadata: sa.MetaData, folder: Path, at: str) -> None:
    if connection.dialect.name != "sqlite" or _has_any(connection):
        _take_steps(connection, metadata, folder, at)
        return
    driver: Any = connection.connection.dbapi_connection
    key = folder, migrations.newest(folder)
    if key in _statements:
        for statement in _statements[key]:
            driver.execute(statement)
        return
    _take_steps(connection, metadata, folder, at)
    assert isinstance(driver, sqlite3.Connection)
    _statements[key] = [line for line in driver.iterdump() if line not in {"BEGIN TRANSACTION;", "COMMIT;"}]


def _has_any(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one())


@pytest.fixture(autouse=True, scope="session")
def new_databases() -> Iterator[None]:
    """Make a service's new SQLite databases as the first of them was made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "_upgrade", _kept_steps)
        yield


@pytest.fixture
def by_their_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each database made by its service's steps."""
    monkeypatch.setattr(migrations, "_upgrade", _take_steps)
