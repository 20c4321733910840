"""Every service's steps lead to the tables of its code, on both engines, from every step and with rows there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from deploy.operations.opening import STORES
from shared.migrations import FLOOR_TABLE, newest, reached
from shared.migrations.configuration import configured, is_ours
from shared.storage import Database, open_database

STEPS = [
    (service, path.stem[1:5])
    for service, store in STORES.items()
    for path in sorted(store.metadata.info["migrations"].glob("r*.py"))
]


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/service.sqlite"
    url: str = request.getfixturevalue("postgres_url")
    return url


def differences(database: Database, metadata: sa.MetaData) -> Any:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        return compare_metadata(context, metadata)


@pytest.mark.parametrize("service", STORES)
def test_a_new_database_has_the_tables_of_the_code(service: str, database_url: str) -> None:
    metadata = STORES[service].metadata
    with closing(open_database(database_url, metadata)) as database:
        assert differences(database, metadata) == []


@pytest.mark.parametrize(
    ("service", "step", "numbered"),
    [
        *((service, step, True) for service, step in STEPS),
        *((service, "0001", False) for service in STORES),  # the first version kept no number
    ],
)
def test_a_database_at_any_step_is_brought_up_and_keeps_its_rows(
    service: str, step: str, numbered: bool, database_url: str
) -> None:
    metadata = STORES[service].metadata
    folder = metadata.info["migrations"]
    with closing(open_database(database_url, sa.MetaData())) as database, database.writing() as connection:
        command.upgrade(configured(folder, connection=connection, metadata=metadata), step)
        filled = fill(connection)
        if not numbered:
            connection.execute(sa.text("DROP TABLE alembic_version"))
    with closing(open_database(database_url, metadata)) as database:
        assert differences(database, metadata) == []
        with database.reading() as connection:
            assert reached(connection) == newest(folder)
            for table, row in filled.items():
                found = connection.execute(sa.select(table)).one()
                assert {name: found._mapping[name] for name in row} == row


def fill(connection: sa.Connection) -> dict[sa.Table, dict[str, Any]]:
    """Write a row into each table that is there."""
    found = sa.MetaData()
    found.reflect(connection)
    rows = {
        table: {column.name: _value(column) for column in table.columns}
        for table in found.sorted_tables
        if table.name not in {"alembic_version", FLOOR_TABLE}
    }
    for table, row in rows.items():
        connection.execute(sa.insert(table).values(**row))
    return rows


def _value(column: sa.Column[Any]) -> Any:
    kind = column.type.python_type
    return {str: "å", int: 1, bool: True, bytes: b"\x00\xff"}[kind]
