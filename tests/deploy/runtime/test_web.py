"""The web process of one service and of all, as probes and visitors see it."""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import Client

from deploy.runtime.web import create_web
from shared.clock import Clock
from shared.ids import IdSource
from shared.settings.registry import Settings, for_tests

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@pytest.mark.parametrize("service", ["profiles", "matching", "notifications", "all"])
def test_every_web_process_answers_both_probes(
    service: str, settings: Settings, clock: Clock, ids: IdSource
) -> None:
    client = Client(create_web(service, settings, clock, ids))
    assert client.get("/healthz").get_json() == {"alive": True}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {"ready": True, "waits_for": []})


def test_on_one_machine_readiness_names_the_service_that_waits(
    settings: Settings, clock: Clock, ids: IdSource
) -> None:
    client = Client(create_web("all", settings, clock, ids))
    with sqlite3.connect(settings.notifications_database.removeprefix("sqlite:///")) as connection:
        connection.execute("DROP TABLE outbox")
    connection.close()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    body = answer.get_json()
    assert body is not None
    assert [wait["what"] for wait in body["waits_for"]] == ["notifications database"]


def test_a_service_whose_database_is_away_at_the_start_opens_when_it_is_there(
    state_dir: Path, clock: Clock, ids: IdSource
) -> None:
    in_the_way = state_dir / "later"
    in_the_way.write_text("a file where the folder of the database will be")
    settings = for_tests(state_dir, matching_database=f"sqlite:///{in_the_way}/matching.sqlite")
    client = Client(create_web("all", settings, clock, ids))
    assert client.get("/healthz").status_code == 200
    waiting = client.get("/readyz")
    assert waiting.status_code == 503
    assert "matching database" in waiting.get_data(as_text=True)
    assert str(state_dir) not in waiting.get_data(as_text=True)
    assert client.get("/reports").status_code == 503
    assert client.get("/mailbox").status_code != 503  # the others serve

    in_the_way.unlink()
    deadline = time.monotonic() + 200
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, "it never opened"
    assert client.get("/sign-in").status_code == 200


def test_without_a_secret_key_nothing_starts(state_dir: Path, clock: Clock, ids: IdSource) -> None:
    with pytest.raises(RuntimeError, match="HANDSLAG_SECRET_KEY"):
        create_web("all", for_tests(state_dir, secret_key=""), clock, ids)


STAFF_PAGES = {"profiles": "/submissions", "matching": "/reports", "notifications": "/mailbox"}


def test_signing_out_on_one_machine_ends_the_session_at_every_service_and_process(
    settings: Settings, clock: Clock, ids: IdSource
) -> None:
    client, kept = signed_in(create_web("all", settings, clock, ids))
    other_process = create_web("all", settings, clock, ids)
    for page in STAFF_PAGES.values():
        assert open_with(other_process, page, kept) == 200
    answer = client.post("/sign-out", data={"csrf_token": page_token(client)})
    assert answer.headers["Location"] == "/sign-in"
    for page in STAFF_PAGES.values():
        assert open_with(other_process, page, kept) == 302


def test_signing_out_leads_the_browser_through_the_services_that_stand_apart(
    settings: Settings, clock: Clock, ids: IdSource
) -> None:
    apart = {name: create_web(name, settings, clock, ids) for name in STAFF_PAGES}
    client, kept = signed_in(apart["matching"])
    for name, page in STAFF_PAGES.items():
        assert open_with(apart[name], page, kept) == 200
    answer = client.post("/sign-out", data={"csrf_token": page_token(client)})
    led = []
    while (there := answer.headers["Location"]) != "/sign-in":
        assert answer.status_code == 303
        led.append(there.split("?")[0].removeprefix("/sign-out/"))
        answer = Client(apart[led[-1]]).get(there)
    assert sorted(led) == ["notifications", "profiles"]
    for name, page in STAFF_PAGES.items():
        assert open_with(apart[name], page, kept) == 302


def signed_in(application: WSGIApplication) -> tuple[Client, str]:
    """Sign a browser in; return it, and its cookie as somebody may have kept it."""
    client = Client(application)
    sent = {"csrf_token": page_token(client), "next": "", "token": "staff-token-for-tests"}
    assert client.post("/sign-in", data=sent).status_code == 303
    cookie = client.get_cookie("handslag")
    assert cookie is not None
    return client, cookie.value


def page_token(client: Client) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert found
    return found[1]


def open_with(application: WSGIApplication, page: str, cookie: str) -> int:
    client = Client(application)
    client.set_cookie("handslag", cookie)
    return client.get(page).status_code
