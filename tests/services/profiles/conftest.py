"""A profiles app over a database of its own, and short ways to ask it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.profiles.organisations import store
from services.profiles.web import create_app
from shared.clock import SettableClock
from shared.events.event import Event
from shared.ids import IdSource
from shared.settings.registry import Settings, for_tests
from shared.storage.engine import Database

STAFF = {"Authorization": "Bearer staff-token-for-tests"}


@dataclass
class Caller:
    """Asks the API, as staff or as anybody."""

    client: FlaskClient
    headers: Mapping[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        rest: dict[str, Any] = {} if body is None else {"json": body}
        return self.client.open(f"/api/v1/{path}", method=method, headers={**self.headers, **names}, **rest)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.ask("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.ask("PUT", path, body, **headers)

    def send(self, path: str, content: bytes, content_type: str = "application/json") -> TestResponse:
        return self.client.post(
            f"/api/v1/{path}", data=content, content_type=content_type, headers=dict(self.headers)
        )


@pytest.fixture
def service_tables() -> sa.MetaData:
    return store.metadata


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
    """Give the events that wait in the outbox, oldest first."""

    def read() -> list[Event]:
        with database.reading() as connection:
            rows = connection.execute(sa.select(store.BACKBONE.outbox).order_by(sa.text("position"))).all()
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
