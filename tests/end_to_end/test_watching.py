"""What Prometheus and whoever reads the logs see of a house that works."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.event_log import open_event_log
from shared.event_log.port import Message
from shared.telemetry.metrics import METRICS
from tests.end_to_end.conftest import Process, Site, environment, handslag, wait_for
from tests.free_ports import free_port

SERVICES = ("profiles", "matching", "notifications")
COMPANY = {
    "id": "acme",
    "name": "Canarybird Medical AB",
    "country": "Sweden",
    "kind": "manufacturer",
    "language": "en",
    "description": "Canarytext: medicine dispensers for people who live at home.",
    "contact": {"name": "Canaria Canarysson", "email": "canary.one@example.org", "language": "sv"},
}
PARTNER = {
    "id": "oslo",
    "name": "Canary kommune",
    "country": "Norway",
    "kind": "region",
    "language": "en",
    "needs": [{"text": "Canaryneed: medicine dispensers for the elderly who live at home."}],
    "contact": {"name": "Kari Canary", "email": "canary.two@example.org"},
}


class Metrics:
    """The address that metrics are shown at."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/metrics"

    def families(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(self.url, timeout=120) as answer:
                text = answer.read().decode()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return {}
        return {
            f"{one.name}_total" if one.type == "counter" else one.name: one
            for one in text_string_to_metric_families(text)
        }

    def value(self, name: str, **labels: str) -> float | None:
        family = self.families().get(name)
        found = (
            [one.value for one in family.samples if labels.items() <= one.labels.items()] if family else []
        )
        return sum(found) if found else None


def introduce(profiles: Site, matching: Site) -> None:
    """Take in both sides and a request, and approve its match."""
    for path, body in (
        ("/api/v1/companies", COMPANY),
        ("/api/v1/partners", PARTNER),
        ("/api/v1/requests", {"id": "ask", "partner_id": "oslo"}),
    ):
        status, answer = profiles.call("POST", path, body)
        assert status == 201, answer

    def approved() -> bool:
        status, report = matching.call("GET", "/api/v1/reports/ask")
        if status != 200 or not report.get("matches"):
            return False
        body = {"report_version": report["version"], "matches": [report["matches"][0]["id"]], "note": ""}
        return matching.call("POST", "/api/v1/reports/ask/approvals", body)[0] == 201

    wait_for("an approval", approved)


def test_one_address_shows_every_metric_of_a_machine_and_a_dead_letter_moves_one(
    tmp_path: Path, start: Callable[..., Process]
) -> None:
    port, metrics_port = free_port(), free_port()
    env = environment(tmp_path, PORT=str(port), METRICS_PORT=str(metrics_port))
    start("serve", "serve", env=env)
    site, metrics = Site(port), Metrics(metrics_port)
    wait_for("the site answers", site.answers)
    wait_for("every part is up", lambda: metrics.value("handslag_up") == 4)
    introduce(site, site)
    wait_for("both mails are sent", lambda: metrics.value("handslag_mails_total", outcome="sent") == 2)
    wait_for("it is known", lambda: metrics.value("handslag_deliveries", status="sent") == 2)

    assert sorted(metrics.families()) == sorted(metric.name for metric in METRICS)
    for metric in METRICS:
        samples = metrics.families()[metric.name].samples
        assert samples, metric.name
        assert all(set(one.labels) - {"le"} == set(metric.labels) for one in samples), metric.name
    created = {"route": "/api/v1/companies", "method": "POST", "status": "201"}
    assert metrics.value("handslag_http_requests_total", **created) == 1
    assert metrics.value("handslag_http_requests_total", route="/metrics") is None
    assert site.call("GET", "/metrics")[0] == 404

    assert metrics.value("handslag_dead_letters", service="matching") == 0
    with open_event_log(f"sqlite:///{tmp_path}/events") as log:
        publisher = log.publisher("stranger")
        assert publisher.publish([Message("companies", "acme", b"{}", ())], 5) == [0]
        publisher.close()
    wait_for("a dead letter", lambda: metrics.value("handslag_dead_letters", service="matching") == 1)
    assert metrics.value("handslag_records_buried_total", group="matching") == 1
    letter = json.loads(handslag("dead", "list", "--service", "matching", "--json", env=env).stdout)
    assert len(letter["letters"]) == 1


def test_a_process_of_one_service_shows_its_own_and_says_what_is_away(
    tmp_path: Path, start: Callable[..., Process]
) -> None:
    web_metrics, work_metrics = Metrics(free_port()), Metrics(free_port())
    port = free_port()

    def env(metrics: Metrics) -> dict[str, str]:
        shown = str(metrics.url.split(":")[2].split("/")[0])
        return environment(tmp_path, PORT=str(port), METRICS_PORT=shown, EVENT_LOG="kafka://127.0.0.1:1")

    start("web", "web", "profiles", "--workers", "2", env=env(web_metrics))
    start("work", "work", "matching", env=env(work_metrics))
    site = Site(port)
    wait_for("the site answers", site.answers)
    for _ in range(20):
        assert site.call("GET", "/api/v1/companies")[0] == 200
    counted = {"route": "/api/v1/companies", "method": "GET", "status": "200", "service": "profiles"}
    assert web_metrics.value("handslag_http_requests_total", **counted) == 20, "both workers' counts"
    assert web_metrics.value("handslag_up") is None

    wait_for("the scrape", lambda: work_metrics.value("handslag_up", part="matching database") == 1)
    assert work_metrics.value("handslag_up", part="event log") == 0
    assert work_metrics.value("handslag_lag_records") is None


def test_a_port_of_metrics_that_is_taken_is_said_so(tmp_path: Path) -> None:
    taken = Metrics(0)
    assert taken.families() == {}
    from socket import socket

    with socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        run = handslag("work", "profiles", env=environment(tmp_path, METRICS_PORT=str(held.getsockname()[1])))
    assert run.returncode == 1
    assert "HANDSLAG_METRICS_PORT" in run.stderr


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_log_tells_of_each_request_and_of_no_person(
    form: str, tmp_path: Path, start: Callable[..., Process]
) -> None:
    port = free_port()
    env = environment(tmp_path, PORT=str(port), LOG_FORMAT=form, LOG_LEVEL="debug")
    process = start("serve", "serve", env=env)
    site = Site(port)
    wait_for("the site answers", site.answers)
    introduce(site, site)
    wait_for("two mails", lambda: len(list(tmp_path.glob("mailbox/*.eml"))) == 2)
    refused = {**COMPANY, "id": "x", "contact": {"name": "Canary Wrong", "email": "canary wrong"}}
    assert site.call("POST", "/api/v1/companies?canary=1", COMPANY)[0] in {409, 422}
    assert site.call("POST", "/api/v1/companies", refused)[0] == 422
    assert site.call("GET", "/api/v1/companies?q=canary")[0] == 200
    asked = "0123456789abcdef"
    site.call("GET", "/api/v1/companies/canary-nowhere", X_Request_ID=asked)
    with open_event_log(f"sqlite:///{tmp_path}/events") as log:
        publisher = log.publisher("stranger")
        headers = (("ce_id", b"acme:9"), ("ce_specversion", b"1.0"))
        publisher.publish([Message("companies", "acme", json.dumps(COMPANY).encode(), headers)], 5)
        publisher.close()
    wait_for("the dead letter is told of", lambda: "became dead letter" in process.said())
    process.end()

    said = process.output.read_bytes()
    assert b"canary" not in said.lower()
    assert b"canaria" not in said.lower()
    assert b"@example.org" not in said
    if form == "json":
        lines = [json.loads(line) for line in said.splitlines()]
        assert all(
            {"time", "level", "logger", "service", "process", "message"} <= line.keys() for line in lines
        )
        answered = [line for line in lines if line.get("request_id") == asked]
        assert [(one["method"], one["route"], one["status"]) for one in answered] == [
            ("GET", "/api/v1/companies/<id>", 404)
        ]
        assert [line["event_id"] for line in lines if "became dead letter" in line["message"]] == [
            "acme:9"
        ] * 2
