"""A database that is made at once is the one that the steps make."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from deploy.services import SERVICES
from shared.storage.engine import open_database
from shared.storage.migrations import reached


def _made(file: Path, metadata: sa.MetaData) -> list[str]:
    with closing(open_database(f"sqlite:///{file}", metadata)) as database, database.writing() as connection:
        assert reached(connection)
        driver = connection.connection.dbapi_connection
        assert driver is not None
        return list(driver.iterdump())


@pytest.mark.parametrize("service", SERVICES)
def test_a_new_database_is_as_the_steps_make_it(
    service: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    metadata = SERVICES[service].parts.metadata
    at_once = [_made(tmp_path / name, metadata) for name in ("first", "second")]
    request.getfixturevalue("by_their_steps")
    assert [_made(tmp_path / "third", metadata)] * 2 == at_once
