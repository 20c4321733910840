"""A profiles app over a database of its own, and short ways to ask it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from services.profiles.tables import messaging, metadata
from services.profiles.web import create_app
from shared.clock import SettableClock
from shared.events.event import Event
from shared.ids import IdSource
from shared.settings.registry import Settings, for_tests
from shared.storage.engine import Database
from tests.services.profiles.caller import STAFF, Caller


@pytest.fixture
def service_tables() -> sa.MetaData:
    return metadata


@pytest.fixture
def settings(state_dir: Path, database_url: str) -> Settings:
    return for_tests(state_dir, profiles_database=database_url)


@pytest.fixture
def app(settings: Settings, clock: SettableClock, ids: IdSource) -> Flask:
    return create_app(settings, clock, ids)


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions["handslag-database"]
    return found


@pytest.fixture
def anyone(app: Flask) -> Caller:
    return Caller(app.test_client())


@pytest.fixture
def staff(app: Flask) -> Caller:
    return Caller(app.test_client(), STAFF)


@pytest.fixture
def events(database: Database) -> Callable[[], list[Event]]:
    """Make a function that reads the events that wait in the outbox, oldest first."""

    def read() -> list[Event]:
        with database.reading() as connection:
            rows = connection.execute(sa.select(messaging.outbox).order_by(sa.text("position"))).all()
        return [
            Event(
                row.type,
                row.aggregateid,
                int(row.id.rpartition(":")[2]),
                row.time,
                None if row.payload is None else json.loads(row.payload),
            )
            for row in rows
        ]

    return read


@pytest.fixture
def company() -> dict[str, Any]:
    return {
        "id": "C1",
        "name": "Norrsken Vårdteknik",
        "country": "Sweden",
        "kind": "digital",
        "language": "sv",
        "description": "Hemmonitorering för personer med hjärtsvikt.",
        "focus_areas": ["ageing", "digital"],
    }


@pytest.fixture
def partner() -> dict[str, Any]:
    return {
        "id": "P1",
        "name": "Fjord Hospital",
        "country": "Norway",
        "kind": "hospital",
        "need": "Fewer infections.",
    }


@pytest.fixture
def visit() -> dict[str, Any]:
    return {
        "id": "V1",
        "title": "Study visit",
        "direction": "incoming",
        "starts_on": "2026-09-14",
        "ends_on": "2026-09-16",
    }
