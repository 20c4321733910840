"""A notifications service of its own for each test: real database, real handlers and workers, real SMTP servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.notifications.tables import metadata
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.settings.registry import Settings, for_tests
from shared.storage.engine import open_database
from tests.free_ports import free_port
from tests.services.notifications.post_office import PostOffice
from tests.services.notifications.world import World


@pytest.fixture
def service_tables() -> sa.MetaData:
    return metadata


@pytest.fixture
def settings(state_dir: Path, database_url: str) -> Settings:
    return for_tests(state_dir, notifications_database=database_url)


@pytest.fixture
def world(settings: Settings, clock: SettableClock, ids: IdSource) -> Iterator[World]:
    database = open_database(settings.notifications_database, metadata)
    yield World(database, clock, ids)
    database.close()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def post_office(port: int) -> Iterator[PostOffice]:
    """A real SMTP server that is not open yet."""
    office = PostOffice(port)
    yield office
    office.shut()


@pytest.fixture
def open_office(post_office: PostOffice) -> PostOffice:
    """A real SMTP server, listening on a free loopback port."""
    post_office.open()
    return post_office
