"""Whether a process lives and can serve, as a load balancer or an orchestrator asks it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from shared.clock import Clock
from shared.ids import IdSource
from shared.messaging.tables import messaging_tables
from shared.settings.registry import Settings
from shared.storage.engine import Database, open_database
from shared.web.app import create_service_app
from shared.web.health import Probe

metadata = sa.MetaData()
messaging_tables(metadata)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/own.sqlite", metadata)
    yield opened
    opened.close()


@pytest.fixture
def app(settings: Settings, clock: Clock, ids: IdSource, database: Database) -> Flask:
    app = create_service_app("matching", Path(__file__).parent, settings, clock, ids)
    app.extensions["handslag-database"] = database
    return app


def test_a_process_that_answers_says_it_lives_to_anyone(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"alive": True})
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_service_whose_database_answers_is_ready(app: Flask) -> None:
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {"ready": True, "waits_for": []})


def test_a_service_waits_for_a_database_that_lacks_its_tables_and_is_ready_again_after(
    app: Flask, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    client = app.test_client()
    with database.writing() as connection:
        metadata.drop_all(connection)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.get_json()["ready"] is False
    assert [wait["what"] for wait in answer.get_json()["waits_for"]] == ["matching database"]
    assert client.get("/healthz").status_code == 200
    with database.writing() as connection:
        metadata.create_all(connection)
    assert client.get("/readyz").status_code == 200


def test_what_exactly_is_wrong_stands_in_the_log_and_not_in_the_answer(
    app: Flask, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.writing() as connection:
        metadata.drop_all(connection)
    answer = app.test_client().get("/readyz")
    assert "no such table" in caplog.text
    assert "no such table" not in answer.get_data(as_text=True)
    assert "sqlite" not in answer.get_data(as_text=True)


def test_something_that_hangs_is_said_to_hang_and_asked_only_once() -> None:
    hangs, asked = threading.Event(), []

    def check() -> None:
        asked.append(1)
        hangs.wait(200)

    probe = Probe(check)
    assert [probe.problem(0.01) for _ in range(3)] == ["it did not answer within 0.01 s"] * 3
    assert len(asked) == 1
    hangs.set()
    assert probe.problem(200) is None
