"""The compose file's own commands on this machine: one submission to its mails, then many while processes die."""

from __future__ import annotations

import http.client
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.operations.restore_mark import MARK
from tests.end_to_end.conftest import Site
from tests.end_to_end.test_separate_processes import COMPANY, PARTNER
from tests.faults.waiting import wait_for
from tests.forker import the_forker
from tests.scale.house import ComposeHouse, compose_house, watching
from tests.scale.run import Plan, Run

SEED = int(os.environ.get("HANDSLAG_TEST_SEED") or 20260302)


@pytest.fixture(scope="module")
def house() -> Iterator[ComposeHouse]:
    with (
        tempfile.TemporaryDirectory(prefix="handslag-scale-", ignore_cleanup_errors=True) as folder,
        compose_house(Path(folder), matching=3, forker=the_forker()) as made,
    ):
        yield made
        # One that starts still, and does not listen to signals yet, ends by them as any program does.
        for name in made.parts:
            wait_for(f"{name} is healthy", partial(made.healthy, name), 180, 0.2)
        codes = made.stop()
        ours = {name: code for name, code in codes.items() if name in made.parts}
        assert set(ours.values()) == {0}, f"SIGTERM did not end all of ours cleanly: {ours}"


@pytest.fixture
def site(house: ComposeHouse) -> Site:
    site = Site(0)
    site.url = house.url
    return site


@pytest.mark.timeout(900)
def test_nothing_is_lost_or_doubled_while_a_worker_a_relay_and_the_broker_are_killed(
    house: ComposeHouse,
) -> None:
    plan = Plan(profiles=150, requests=15, seed=SEED, rounds=1, approvals=5, settle_within=400.0)
    outcome = Run(house, plan).whole()
    if outcome.faults:
        print(house.said(4000))
        pytest.fail(f"HANDSLAG_TEST_SEED={SEED}: {outcome.rows}\n" + "\n".join(outcome.faults), pytrace=False)
    assert outcome.kills.total() == 3
    assert outcome.verdict.counted["acknowledged"] >= 165
    assert outcome.verdict.counted["in doubt"] == 0
    assert outcome.verdict.counted["mails"] >= 2


@pytest.mark.timeout(240)
def test_every_health_check_succeeds_as_the_file_has_it(house: ComposeHouse) -> None:
    for name in house.parts:
        wait_for(f"{name} is healthy", partial(house.healthy, name), 180, 0.5)
    wait_for("the proxy lives", lambda: _ask(house.proxy_health, "/")[0] == 200, 30)


def test_a_health_check_fails_when_its_process_is_gone(house: ComposeHouse) -> None:
    for name in ("web-notifications", house.workers[-1]):
        house.parts[name].kill()
        assert not house.healthy(name)
        house.parts[name].start()


def test_each_database_has_a_user_of_its_own_and_sorts_by_bytes(house: ComposeHouse) -> None:
    with watching(house) as (databases, _):
        for name in ("profiles", "matching", "notifications"):
            with databases[name].reading() as connection:
                found = connection.exec_driver_sql(
                    "SELECT current_user, current_database(), 'ö' > 'z', 'a' > 'Z'"
                )
                assert tuple(found.one()) == (name, name, True, True)


def test_a_submission_through_the_proxy_becomes_mails_to_both_sides(house: ComposeHouse, site: Site) -> None:
    before = len(house.ledger.read_text().splitlines())
    company = {**COMPANY, "id": "acme", "city": "first", "contact": {"email": "acme+1@example.org"}}
    partner = {**PARTNER, "id": "oslo", "city": "second", "contact": {"email": "oslo+1@example.org"}}
    ask = {"id": "ask", "partner_id": "oslo"}
    for path, body in (("companies", company), ("partners", partner), ("requests", ask)):
        status, answer = site.call("POST", f"/api/v1/{path}", body)
        assert status == 201, answer
    report = wait_for("a report with the match", lambda: _with_match(site), 90, 0.2)
    approval = {
        "report_version": report["version"],
        "matches": [report["matches"][0]["id"]],
        "note": "good fit",
    }
    status, answer = site.call("POST", "/api/v1/reports/ask/approvals", approval)
    assert status == 201, answer
    wait_for("both mails are taken", lambda: len(house.ledger.read_text().splitlines()) == before + 2, 90)
    wait_for("the report knows it", lambda: _deliveries(site) == ["sent", "sent"], 60, 0.2)


def test_the_proxy_passes_what_is_open_and_what_is_not(house: ComposeHouse, site: Site) -> None:
    assert site.call("GET", "/metrics")[0] == 404
    assert site.call("GET", "/readyz")[0] == 200
    status, named = _ask(house.url, "/api/v1/reports", "from-a-visitor")
    assert (status, named) == (401, "from-a-visitor")
    status, answer = site.call("POST", "/api/v1/companies", {"name": "x" * 1_200_000})
    assert (status, answer["status"]) == (413, 413)


def test_half_headers_do_not_keep_others_out(house: ComposeHouse, site: Site) -> None:
    place = urlsplit(house.url)
    half = [socket.create_connection((str(place.hostname), int(place.port or 0))) for _ in range(60)]
    try:
        for one in half:
            one.sendall(b"POST /api/v1/companies HTTP/1.1\r\nHost: x\r\nX-Half: ")
        assert site.call("GET", "/api/v1/companies")[0] == 200
    finally:
        for one in half:
            one.close()


def test_a_service_that_is_away_is_said_to_be_so(house: ComposeHouse, site: Site) -> None:
    house.parts["web-notifications"].kill()
    try:
        status, answer = site.call("GET", "/api/v1/deliveries")
        assert (status, answer["status"]) == (503, 503)
        assert site.call("GET", "/api/v1/reports")[0] == 200
    finally:
        house.parts["web-notifications"].start()
    wait_for("it is back", partial(house.healthy, "web-notifications"), 120, 0.5)
    assert site.call("GET", "/api/v1/deliveries")[0] == 200


@pytest.mark.timeout(600)
def test_the_operators_container_can_look_after_what_runs(house: ComposeHouse, site: Site) -> None:
    assert not house.places.state.exists(), "the others may not write there"
    status, answer = site.call("POST", "/api/v1/companies", {**COMPANY, "id": "leaving"})
    assert status == 201, answer
    lines = wait_for("all have their work process", lambda: _all_work(house), 120, 0.5)
    assert not [line for line in lines if line["value"] == "away"]
    topics = house.operate("topics", "apply", "--check", "--json")
    assert (topics.returncode, json.loads(topics.stdout)["well"]) == (0, True), topics.stderr
    made = house.operate("backup", "/backups", "--keep", "30", "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["rows"]["profiles"] > 0
    erased = house.operate("erase", "leaving", "--yes", "--wait", "120", "--json")
    assert erased.returncode == 0, erased.stderr
    assert json.loads(erased.stdout)["left"] == []
    assert [path.name for path in house.places.state.iterdir()] == ["erased.jsonl"]
    refused = house.operate("restore", json.loads(made.stdout)["folder"])
    assert (refused.returncode, "work process that is active" in refused.stderr) == (1, True), refused.stderr


@pytest.mark.timeout(240)
def test_nothing_of_compose_serves_while_the_operators_restore_is_unfinished(house: ComposeHouse) -> None:
    mark = house.places.state / MARK
    mark.parent.mkdir(exist_ok=True)
    mark.touch()
    parts = [house.parts[name] for name in ("web-notifications", "work-notifications")]
    try:
        for part in parts:
            part.stop()
            part.start()
        wait_for("both have ended", lambda: not any(part.lives() for part in parts), 120)
        assert all("has begun and not ended" in part.said() for part in parts)
    finally:
        mark.unlink()
        for part in parts:
            part.kill()
            part.start()
    wait_for("it is back", partial(house.healthy, "web-notifications"), 120, 0.5)


def _all_work(house: ComposeHouse) -> list[dict[str, Any]] | None:
    said = house.operate("status", "--json")
    lines: list[dict[str, Any]] = json.loads(said.stdout)["lines"]
    works = [line["service"] for line in lines if (line["what"], line["value"]) == ("work process", "active")]
    return lines if sorted(works) == ["matching", "notifications", "profiles"] else None


def _with_match(site: Site) -> dict[str, object] | None:
    status, report = site.call("GET", "/api/v1/reports/ask")
    return report if status == 200 and report.get("matches") else None


def _deliveries(site: Site) -> list[str]:
    return [one["status"] for one in site.get("/api/v1/reports/ask")["matches"][0]["deliveries"]]


def _ask(url: str, path: str, request_id: str = "") -> tuple[int, str]:
    """Ask without any token, and give the status and the request id of the answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request("GET", path, headers={"X-Request-ID": request_id} if request_id else {})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("X-Request-ID") or ""
    finally:
        connection.close()
