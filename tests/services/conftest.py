"""Every test of a service that opens its database runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from shared.storage.engine import open_database


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Callable[[sa.MetaData], Path]:
    """Return a service's SQLite file with its tables and no rows, made by the service's own steps, to be copied.

    A copy is had ten times faster than a new one.
    """
    made: dict[sa.MetaData, Path] = {}

    def get(tables: sa.MetaData) -> Path:
        if tables not in made:
            file = tmp_path_factory.mktemp("empty") / "service.sqlite"
            open_database(f"sqlite:///{file}", tables).close()
            made[tables] = file
        return made[tables]

    return get


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(
    request: pytest.FixtureRequest,
    state_dir: Path,
    service_tables: sa.MetaData,
    empty_sqlite: Callable[[sa.MetaData], Path],
) -> str:
    """The place of an empty database of the service, once for each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copyfile(empty_sqlite(service_tables), state_dir / 'service.sqlite')}"
    service = request.path.relative_to(Path(__file__).parent).parts[0]
    url: str = request.getfixturevalue("emptied_postgres_url")(service)
    return url
