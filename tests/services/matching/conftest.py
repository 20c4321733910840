"""A matching service of its own for each test, and a teller of events about companies, partners and requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from services.matching import tables
from services.matching.database import open_store
from services.matching.events import HANDLERS
from services.matching.reports.worker import Scorer
from services.matching.web import create_app
from shared.clock import SettableClock, to_text
from shared.events.catalogue import TOPICS
from shared.events.event import Event
from shared.ids import IdSource
from shared.messaging.effects import apply_once
from shared.settings.registry import Settings, for_tests
from shared.storage.engine import Database

STAFF = {"Authorization": "Bearer staff-token-for-tests"}
STERILE = "Washer-disinfectors and autoclaves for sterile processing of surgical instruments in hospitals."
TELECARE = "Telemedicine platform for remote monitoring of patients with chronic disease at home."


class Teller:
    """Tells a database of events, as the consumer would."""

    def __init__(self, database: Database, clock: SettableClock) -> None:
        self.database = database
        self.clock = clock
        self.versions: dict[str, int] = {}

    def __call__(self, topic: str, event: Event) -> bool:
        with self.database.writing() as connection:
            return apply_once(connection, tables.backbone, topic, event, HANDLERS[topic])

    def event(
        self, topic: str, aggregate_id: str, status: str, fields: dict[str, Any], at: datetime | None = None
    ) -> Event:
        version = self.versions[aggregate_id] = self.versions.get(aggregate_id, 0) + 1
        moment = at or self.clock()
        state = {
            "id": aggregate_id,
            "version": version,
            "status": status,
            "updated_at": to_text(moment),
            **fields,
        }
        loaded = TOPICS[topic].schema().load(state)
        happened = "created" if version == 1 else "withdrawn" if status == "withdrawn" else "replaced"
        return Event(f"{TOPICS[topic].aggregate}.{happened}", aggregate_id, version, moment, dict(loaded))

    def company(self, company_id: str, text: str = STERILE, status: str = "active", **fields: Any) -> Event:
        contact = {"name": "Canary Person", "email": "canary@example.org"}
        said = {
            "name": f"Company {company_id}",
            "country": "Sweden",
            "kind": "manufacturer",
            "language": "en",
        }
        event = self.event(
            "companies", company_id, status, {**said, "description": text, "contact": contact, **fields}
        )
        self("companies", event)
        return event

    def partner(self, partner_id: str, status: str = "active", **fields: Any) -> Event:
        contact = {"name": "Canary Person", "email": "canary@example.org"}
        said = {"name": f"Hospital {partner_id}", "country": "Norway", "kind": "hospital", "language": "en"}
        event = self.event("partners", partner_id, status, {**said, "contact": contact, **fields})
        self("partners", event)
        return event

    def request(
        self, request_id: str, partner_id: str, text: str = "We need sterile processing of surgical instruments.",
        status: str = "open", **fields: Any,
    ) -> Event:  # fmt: skip
        needs = [{"id": "n1", "title": "", "text": text, "focus_areas": ["amr"]}]
        event = self.event(
            "requests", request_id, status, {"partner_id": partner_id, "needs": needs, **fields}
        )
        self("requests", event)
        return event

    def delivery(
        self, delivery_id: str, request_id: str, introduction_id: str, status: str, side: str = "company"
    ) -> Event:
        said = {
            "request_id": request_id, "introduction_ids": [introduction_id], "side": side, "organisation_id": "C1",
            "template": "introduction",
        }  # fmt: skip
        event = self.event("deliveries", delivery_id, status, said)
        self("deliveries", event)
        return event

    def erase(self, topic: str, aggregate_id: str) -> None:
        version = self.versions[aggregate_id] = self.versions.get(aggregate_id, 0) + 1
        kind = f"{TOPICS[topic].aggregate}.erased"
        self(topic, Event(kind, aggregate_id, version, self.clock(), None))


@pytest.fixture(autouse=True, scope="session")
def unhurried_previews() -> Iterator[None]:
    """Let previews compute until they are done: how far one comes must not hang on the machine's speed."""
    with pytest.MonkeyPatch.context() as patient:
        patient.setattr("services.matching.policies.previews.SECONDS", 600.0)
        yield


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
def tell(database: Database, clock: SettableClock) -> Teller:
    return Teller(database, clock)


@pytest.fixture
def scorer(database: Database, clock: SettableClock) -> Scorer:
    return Scorer(database, clock)


@pytest.fixture
def scored(tell: Teller, scorer: Scorer) -> Teller:
    """Two companies that answer request R1 of partner P1, one that does not, and the report made."""
    tell.company("C1", STERILE, focus_areas=[], capabilities=[_capability(STERILE, ["amr"])])
    tell.company(
        "C2",
        "Autoclaves for surgical instruments.",
        capabilities=[_capability("Sterile processing.", ["amr"])],
    )
    tell.company("C3", TELECARE, capabilities=[_capability(TELECARE, ["ageing"])])
    tell.partner("P1")
    tell.request("R1", "P1")
    assert scorer.score_stale() == 1
    return tell


def _capability(text: str, areas: list[str]) -> dict[str, Any]:
    return {"id": "c1", "text": text, "focus_areas": areas}
