"""An app of each service with something in it, and the ids under which that is found: for what asks every address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from deploy.services import SERVICES
from shared.clock import SettableClock
from shared.ids import numbered_ids
from shared.settings.registry import Settings, for_tests
from shared.storage.engine import Database
from tests.browser import STAFF_TOKEN
from tests.services.matching.matching_world import MatchingWorld
from tests.services.notifications.world import World
from tests.services.profiles.caller import Caller

STAFF = {"Authorization": f"Bearer {STAFF_TOKEN}"}
IN_MATCHING = {
    "request_id": "R1",
    "company_id": "C1",
    "visit_id": "V1",
    "code": "territory",
    "side": "company",
    "id": "C1",
    "other_id": "C2",
    "version": "1",
}
ACTS = {"withdraw", "reopen", "close", "activate", "pins", "mends", "preview"}
"""Last parts of addresses at which something is done with what stands at the address before them."""
IN_PROFILES = {"companies": "C1", "partners": "P1", "visits": "V1", "requests": "R1"}
COMPANY = {"id": "C1", "name": "Norrsken", "country": "Sweden", "kind": "digital", "description": "Telecare."}
PARTNER = {"id": "P1", "name": "Fjord Hospital", "country": "Norway", "kind": "hospital", "need": "Beds."}
VISIT = {
    "id": "V1",
    "title": "Study visit",
    "direction": "incoming",
    "starts_on": "2026-09-14",
    "ends_on": "2026-09-16",
}


@dataclass(frozen=True)
class ApiWorld:
    """An app, and for each address (as its document writes it) the values of its parameters that name something."""

    app: Flask
    known: Callable[[str], Mapping[str, str]]
    tags: dict[str, str] = field(default_factory=dict)

    def note_tag(self, path: str, tag: str) -> None:
        """Remember the ETag of what an address answered."""
        self.tags[_place(path)] = tag

    def last_tag(self, path: str) -> str:
        """Return the last ETag of what is at an address, or the first that anything has."""
        return self.tags.get(_place(path), '"1"')

    def close(self) -> None:
        """Close the database."""
        _database(self.app).close()


def _place(path: str) -> str:
    return "/".join(part for part in path.split("/") if part not in ACTS)


def make_world(service: str, folder: Path, clock: SettableClock) -> ApiWorld:
    """Make the app of a service over new SQLite files in a folder, with a record of each kind."""
    return _MAKERS[service](for_tests(folder), clock)


def _app(service: str, settings: Settings, clock: SettableClock) -> Flask:
    app: Flask = SERVICES[service].parts.create_app(settings, clock, numbered_ids())
    return app


def _database(app: Flask) -> Database:
    found: Database = app.extensions["handslag-database"]
    return found


def _profiles(settings: Settings, clock: SettableClock) -> ApiWorld:
    app = _app("profiles", settings, clock)
    staff = Caller(app.test_client(), STAFF)
    request = {"id": "R1", "partner_id": "P1", "needs": [{"id": "n1", "text": "Beds."}]}
    for kind, body in (
        ("companies", COMPANY),
        ("partners", PARTNER),
        ("visits", VISIT),
        ("requests", request),
    ):
        answer = staff.post(kind, body)
        assert answer.status_code == 201, answer.json
    sent = Caller(app.test_client()).post("companies", {**COMPANY, "id": "C9", "name": "Vinterljus"})
    assert sent.status_code == 202, sent.json
    told = {"token": sent.json["follow"].rpartition("/")[2], "id": sent.json["id"]}

    def known(path: str) -> Mapping[str, str]:
        kind = path.split("/")[3]
        return {"id": IN_PROFILES[kind]} if kind in IN_PROFILES else told

    return ApiWorld(app, known)


def _matching(settings: Settings, clock: SettableClock) -> ApiWorld:
    app = _app("matching", settings, clock)
    tell = MatchingWorld(_database(app), clock)
    tell.company("C1", focus_areas=["amr"])
    tell.company("C2", country="Norway")
    tell.partner("P1")
    tell.request("R1", "P1")
    tell.visit("V1", **VISIT)
    assert tell.make_reports() == 1
    client = app.test_client()
    body = {"report_version": 1, "matches": ["C1.n1"]}
    approved = client.post("/api/v1/reports/R1/approvals", json=body, headers=STAFF)
    assert approved.status_code == 201, approved.get_json()
    opened = client.post("/api/v1/scoring-policies/drafts", json={}, headers=STAFF)
    assert opened.status_code == 201, opened.get_json()
    (introduction,) = approved.get_json()["introductions"]
    told = {**IN_MATCHING, "introduction_id": introduction["id"], "draft_id": opened.get_json()["id"]}
    return ApiWorld(app, lambda path: told)


def _notifications(settings: Settings, clock: SettableClock) -> ApiWorld:
    app = _app("notifications", settings, clock)
    world = World(_database(app), clock, numbered_ids())
    world.organisation("company", "C1", "a@sample.invalid")
    world.introduction("C1")
    world.compose()
    (delivery, *_) = world.deliveries()
    return ApiWorld(app, lambda path: {"id": delivery.id})


_MAKERS = {"profiles": _profiles, "matching": _matching, "notifications": _notifications}
