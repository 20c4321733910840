"""Every test of a service that opens its database runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, state_dir: Path) -> str:
    """The place of a new database, once for each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{state_dir}/service.sqlite"
    service = request.path.relative_to(Path(__file__).parent).parts[0]
    url: str = request.getfixturevalue("emptied_postgres_url")(service)
    return url
