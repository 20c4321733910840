"""Submissions of one source are bounded, by the API and by the form; staff and others are not kept out."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Connection

from services.profiles.organisations.domain.codes import COMPANIES
from services.profiles.refusals import RefusedError
from services.profiles.submissions import actions
from services.profiles.submissions.domain.rates import RATES, READ
from services.profiles.submissions.sent import Understood
from services.profiles.tables import submissions
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.storage.engine import Database
from tests.services.profiles.caller import Caller, Profile


@pytest.fixture
def swamped(anyone: Caller, company: Profile) -> None:
    """As many submissions within a moment as one source may send within a minute."""
    del company["id"]
    for _ in range(RATES[0].most):
        assert anyone.post("companies", company).status_code == 202


def send_again(database: Database, number: int) -> None:
    """Keep what came in so many times more, from the same source at the same moment."""
    with database.writing() as connection:
        row = dict(connection.execute(sa.select(submissions)).mappings().one())
        again = [{**row, "id": f"{place}", "token_digest": f"{place}"} for place in range(number)]
        connection.execute(sa.insert(submissions), again)


def test_one_too_many_is_told_when_to_come_again(
    swamped: None, anyone: Caller, staff: Caller, company: Profile, clock: SettableClock
) -> None:
    refused = anyone.post("companies", company)
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    seconds = int(refused.headers["Retry-After"])
    assert 0 < seconds <= RATES[0].within.total_seconds()
    assert staff.post("companies", company).status_code == 201
    clock.advance(timedelta(seconds=seconds))
    assert anyone.post("companies", company).status_code == 202


def test_what_is_not_taken_counts_too_and_is_then_not_read(
    anyone: Caller, staff: Caller, company: Profile, clock: SettableClock
) -> None:
    wrong = {"name": "Norrsken", "focus_areas": ["joy"]}
    for _ in range(READ.most):
        assert anyone.post("companies", wrong).status_code == 422
    for body in (wrong, company, {"broken": 1}):
        assert anyone.post("companies", body).status_code == 429
        assert anyone.post("companies", body, Idempotency_Key="k").status_code == 429
    assert anyone.send("partners", b"[" * 100).status_code == 429
    assert staff.post("companies", company).status_code == 201
    clock.advance(READ.within)
    assert anyone.post("companies", {**company, "id": "C2"}).status_code == 202


def test_a_burst_leaves_one_line_in_the_log(
    anyone: Caller,
    company: Profile,
    clock: SettableClock,
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refused_at_once() -> list[str]:
        caplog.clear()
        for number in range(RATES[0].most + 5):
            key = {"Idempotency_Key": f"{number}"} if number % 2 else {}
            assert anyone.post("companies", company, **key).status_code == 429
        return [record.levelname for record in caplog.records]

    assert anyone.post("companies", company).status_code == 202
    send_again(database, RATES[1].most - 1)
    assert refused_at_once() == ["WARNING"]
    clock.advance(RATES[0].within)
    assert refused_at_once() == ["WARNING"], "the next burst is told too"


def test_who_has_had_an_answer_gets_it_again_whatever_else_was_sent(
    anyone: Caller, company: Profile, clock: SettableClock, database: Database
) -> None:
    first = anyone.post("companies", company, Idempotency_Key="once")
    send_again(database, RATES[1].most - 1)
    clock.advance(RATES[0].within)
    assert anyone.post("companies", {"wrong": 1}).status_code == 429
    again = anyone.post("companies", company, Idempotency_Key="once")
    assert (again.status_code, again.json["id"]) == (202, first.json["id"])


def test_another_address_is_not_kept_out(swamped: None, app: Flask, company: Profile) -> None:
    other = app.test_client()
    other.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert other.post("/api/v1/companies", json=company).status_code == 202


def test_the_form_keeps_what_was_typed(swamped: None, app: Flask) -> None:
    client = app.test_client()
    page = client.get("/submit/company").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]*)"', page)
    assert token
    names = set(re.findall(r'<(?:input|textarea|select)[^>]* name="([^"]*)"', page)) - {"csrf_token"}
    form = dict.fromkeys(names, "") | {
        "name": "Norrsken Vårdteknik",
        "country": "Sweden",
        "text_1": "Bed sensors for wards.",
        "email": "anna@norrsken.example",
    }
    answer = client.post("/submit/company", data={**form, "csrf_token": token[1]})
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
    assert "Bed sensors for wards." in answer.get_data(as_text=True)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # SQLite has one writer at a time
def test_two_at_the_same_moment_are_counted_one_after_the_other(
    database: Database, clock: SettableClock, ids: IdSource
) -> None:

    def take(connection: Connection) -> None:
        read = Understood({"name": "Norrsken"}, ())
        actions.take(connection, COMPANIES, read, clock(), ids, "one source", str)

    def take_alone() -> bool:
        try:
            with database.writing() as connection:
                take(connection)
        except RefusedError:
            return False
        return True

    for _ in range(RATES[0].most - 1):
        assert take_alone()
    waits = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with ThreadPoolExecutor(1) as threads:
        with database.writing() as connection:
            take(connection)
            other = threads.submit(take_alone)
            while not other.done() and not connection.scalar(waits):
                pass
        assert other.result(timeout=30) is False
