"""A matching service of its own for each test, and what it hears of companies, partners and requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from services.matching import tables
from services.matching.database import open_store
from services.matching.reports.worker import Scorer
from services.matching.web import create_app
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.settings.registry import Settings, for_tests
from shared.storage.engine import Database
from tests.browser import Browser
from tests.services.matching.matching_world import STERILE, TELECARE, MatchingWorld, capability


@pytest.fixture
def service_tables() -> sa.MetaData:
    return tables.metadata


@pytest.fixture
def settings(state_dir: Path, database_url: str) -> Settings:
    return for_tests(state_dir, matching_database=database_url)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = open_store(settings.matching_database)
    yield opened
    opened.close()


@pytest.fixture
def app(settings: Settings, clock: SettableClock, ids: IdSource) -> Iterator[Flask]:
    made = create_app(settings, clock, ids)
    yield made
    made.extensions["handslag-database"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A browser in which staff are signed in."""
    opened = Browser(app.test_client())
    opened.sign_in()
    return opened


@pytest.fixture
def tell(database: Database, clock: SettableClock) -> MatchingWorld:
    """Matching before anything was heard."""
    return MatchingWorld(database, clock)


@pytest.fixture
def scorer(tell: MatchingWorld) -> Scorer:
    return tell.scorer


@pytest.fixture
def scored(tell: MatchingWorld) -> MatchingWorld:
    """Two companies that answer request R1 of partner P1, one that does not, and the report made."""
    tell.company("C1", STERILE, focus_areas=[], capabilities=[capability(STERILE, "amr")])
    tell.company(
        "C2", "Autoclaves for surgical instruments.", capabilities=[capability("Sterile processing.", "amr")]
    )
    tell.company("C3", TELECARE, capabilities=[capability(TELECARE, "ageing")])
    tell.partner("P1")
    tell.request("R1", "P1")
    assert tell.make_reports() == 1
    return tell
