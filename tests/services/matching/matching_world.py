"""Matching as a test sees it: events that it hears, reports that it makes; and the texts that many tests use."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from services.matching import tables
from services.matching.events import HANDLERS
from services.matching.reports.worker import Scorer
from shared.clock import SettableClock, to_text
from shared.events.catalogue import TOPICS
from shared.events.event import Event
from shared.messaging.effects import apply_once
from shared.storage.engine import Database
from tests.browser import STAFF_TOKEN

STAFF = {"Authorization": f"Bearer {STAFF_TOKEN}"}
STERILE = "Washer-disinfectors and autoclaves for sterile processing of surgical instruments in hospitals."
TELECARE = "Telemedicine platform for remote monitoring of patients with chronic disease at home."


class MatchingWorld:
    """Matching with a clock that the test moves: events come in as the consumer brings them, reports are made."""

    def __init__(self, database: Database, clock: SettableClock) -> None:
        self.database = database
        self.clock = clock
        self.scorer = Scorer(database, clock)
        self.versions: dict[str, int] = {}

    def pause(self, length: timedelta) -> None:
        """Have no reports made for some time, as while a rebuild reads the events again."""
        until = to_text(self.clock() + length)
        with self.database.writing() as connection:
            connection.execute(sa.delete(tables.holds))
            connection.execute(sa.insert(tables.holds).values(id=1, until=until))

    def resume(self) -> None:
        """Let reports be made again."""
        with self.database.writing() as connection:
            connection.execute(sa.delete(tables.holds))

    def hear(self, topic: str, event: Event) -> bool:
        """Handle an event, and return whether it was applied."""
        with self.database.writing() as connection:
            return apply_once(connection, tables.messaging, topic, event, HANDLERS[topic])

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
        self.hear("companies", event)
        return event

    def partner(self, partner_id: str, status: str = "active", **fields: Any) -> Event:
        contact = {"name": "Canary Person", "email": "canary@example.org"}
        said = {"name": f"Hospital {partner_id}", "country": "Norway", "kind": "hospital", "language": "en"}
        event = self.event("partners", partner_id, status, {**said, "contact": contact, **fields})
        self.hear("partners", event)
        return event

    def request(
        self, request_id: str, partner_id: str, text: str = "We need sterile processing of surgical instruments.",
        status: str = "open", **fields: Any,
    ) -> Event:  # fmt: skip
        needs = [{"id": "n1", "title": "", "text": text, "focus_areas": ["amr"]}]
        event = self.event(
            "requests", request_id, status, {"partner_id": partner_id, "needs": needs, **fields}
        )
        self.hear("requests", event)
        return event

    def delivery(
        self, delivery_id: str, request_id: str, introduction_id: str, status: str, side: str = "company"
    ) -> Event:
        said = {
            "request_id": request_id, "introduction_ids": [introduction_id], "side": side, "organisation_id": "C1",
            "template": "introduction",
        }  # fmt: skip
        event = self.event("deliveries", delivery_id, status, said)
        self.hear("deliveries", event)
        return event

    def erase(self, topic: str, aggregate_id: str) -> None:
        version = self.versions[aggregate_id] = self.versions.get(aggregate_id, 0) + 1
        kind = f"{TOPICS[topic].aggregate}.erased"
        self.hear(topic, Event(kind, aggregate_id, version, self.clock(), None))

    def visit(self, visit_id: str, status: str = "planned", **fields: Any) -> Event:
        event = self.event("visits", visit_id, status, fields)
        self.hear("visits", event)
        return event

    def make_reports(self) -> int:
        """Make the reports that are due, and return how many."""
        return self.scorer.score_stale()


def capability(text: str, *areas: str) -> dict[str, Any]:
    """Return what a company says that it can, as its profile holds it."""
    return {"id": "c1", "text": text, "focus_areas": list(areas)}
