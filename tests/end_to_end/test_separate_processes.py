"""Six processes, one a role, over each event log and database, with a mail server: from a submission to the mails."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.end_to_end.conftest import Process, Site, environment, wait_for
from tests.free_ports import free_port
from tests.plugins.kafka_broker import KafkaBroker

SERVICES = ("profiles", "matching", "notifications")

COMPANY = {
    "id": "acme",
    "name": "Лёд & Värme AB",
    "country": "Sweden",
    "language": "en",
    "kind": "manufacturer",
    "description": "Telecare alarms and medicine dispensers for people who live at home.",
    "contact": {"name": "Åsa Öberg", "email": "acme@example.org", "language": "sv"},
}
PARTNER = {
    "id": "oslo",
    "name": "Oslo kommune",
    "country": "Norway",
    "language": "no",
    "kind": "region",
    "needs": [{"text": "Vi trenger trygghetsalarm og medisindispenser til eldre som bor hjemme."}],
    "contact": {"email": "oslo@example.org"},
}


class Mails:
    """An SMTP server that keeps what it takes."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 taken"


@pytest.fixture
def mails() -> Iterator[tuple[Mails, int]]:
    handler, port = Mails(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture(params=["embedded-sqlite", "kafka-sqlite", "kafka-postgres"])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The settings that name the event log and the three databases."""
    log, databases = request.param.split("-")
    named = {}
    if databases == "postgres":
        new_url = request.getfixturevalue("new_postgres_url")
        named = {f"{name.upper()}_DATABASE": new_url() for name in SERVICES}
    if log == "embedded":
        return {"EVENT_LOG": f"sqlite:///{tmp_path}/events", **named}
    broker: KafkaBroker = request.getfixturevalue("kafka_broker")
    return {"EVENT_LOG": broker.url, "TOPIC_PREFIX": request.getfixturevalue("topic_prefix"), **named}


def test_a_submission_becomes_mails_to_both_sides(
    engines: dict[str, str], mails: tuple[Mails, int], tmp_path: Path, start: Callable[..., Process]
) -> None:
    handler, smtp_port = mails
    sites = {}
    for name in SERVICES:
        port = free_port()
        env = environment(tmp_path, PORT=str(port), SMTP=f"smtp://127.0.0.1:{smtp_port}", **engines)
        start(f"web-{name}", "web", name, env=env)
        start(f"work-{name}", "work", name, env=env)
        sites[name] = Site(port)
    for name, site in sites.items():
        wait_for(f"{name} answers", site.answers)

    profiles, matching = sites["profiles"], sites["matching"]
    for path, body in (
        ("/api/v1/companies", COMPANY),
        ("/api/v1/partners", PARTNER),
        ("/api/v1/requests", {"id": "ask", "partner_id": "oslo"}),
    ):
        status, answer = profiles.call("POST", path, body)
        assert status == 201, answer

    report = wait_for("a report with the match", lambda: with_match(matching))
    match = report["matches"][0]
    assert match["company"]["name"] == COMPANY["name"]
    approval = {"report_version": report["version"], "matches": [match["id"]], "note": "good fit"}
    status, answer = matching.call("POST", "/api/v1/reports/ask/approvals", approval)
    assert status in {200, 201}, answer

    wait_for("two mails", lambda: len(handler.taken) == 2)
    by_recipient = {str(mail["To"].addresses[0].addr_spec): mail for mail in handler.taken}
    assert set(by_recipient) == {"acme@example.org", "oslo@example.org"}
    swedish = by_recipient["acme@example.org"].get_body(("plain",))
    assert swedish is not None
    assert "Oslo kommune" in swedish.get_content()
    wait_for(
        "the report knows that both were sent",
        lambda: [item["status"] for item in delivery_states(matching)] == ["sent", "sent"],
    )


def with_match(matching: Site) -> Any:
    status, report = matching.call("GET", "/api/v1/reports/ask")
    return report if status == 200 and report.get("matches") else None


def delivery_states(matching: Site) -> list[dict[str, Any]]:
    report = matching.get("/api/v1/reports/ask")
    found: list[dict[str, Any]] = report["matches"][0]["deliveries"]
    return found
