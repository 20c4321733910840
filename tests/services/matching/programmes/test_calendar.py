"""Calendars of programmes, by the rules of RFC 5545 and 5546, and as two other readers understand them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream

from services.matching.programmes.calendar import Words, write_calendar
from services.matching.programmes.domain.occasions import Given, Occasion
from services.matching.programmes.domain.timetable import TRANSFER
from services.matching.upkeep.erase import Eraser
from shared.clock import SettableClock
from tests.services.matching.matching_world import STAFF, STERILE, MatchingWorld, capability
from tests.services.matching.programmes.calendar_reader import (
    Line,
    check_rules,
    lines_of,
    moment_of,
    unescaped,
)

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
API = "/api/v1/programmes/V1"
ZONES = (
    "Europe/Stockholm", "Europe/Dublin", "America/New_York", "Asia/Tokyo", "Asia/Kathmandu", "Africa/Casablanca",
    "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "UTC",
)  # fmt: skip
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def words_of(title: str, place: str, company: str, organiser: str) -> Words:
    return Words(title, lambda code: place, lambda id: company, lambda kind: kind, organiser, "m@example.org")


TEXTS = st.text(max_size=120)
GIVEN = st.builds(
    lambda number, day, start, length, zone, cancelled, sequence, transfer: Given(
        Occasion(
            f"R.{number}", TRANSFER if transfer else "one_to_one", day.isoformat(), start, start + length,
            ("t1",), "visit:0", () if transfer else ("C1", "C2"),
        ),
        zone, "", sequence, "2027-02-01T10:00:00.123456Z", cancelled, ("",),
    ),
    st.integers(0, 10**6),
    st.sampled_from([date(2027, 3, 14), date(2027, 3, 27), date(2027, 3, 28), date(2027, 10, 31), date(2028, 1, 1)])
    | st.dates(date(2020, 1, 1), date(2037, 12, 1)),
    st.integers(6 * 60, 20 * 60), st.integers(15, 120), st.sampled_from(ZONES), st.booleans(), st.integers(0, 999),
    st.booleans(),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    st.lists(GIVEN, max_size=4, unique_by=lambda one: one.occasion.id), TEXTS, TEXTS, TEXTS, TEXTS,
    st.sampled_from(ZONES),
)  # fmt: skip
def test_any_programme_keeps_the_rules_and_its_moments_and_words(
    shown: list[Given], title: str, place: str, company: str, organiser: str, zone: str
) -> None:
    file = write_calendar("V1", shown, words_of(title, place, company, organiser), zone, NOW)
    events = {one["UID"].value: one for one in check_rules(file)}
    assert len(events) == len(shown)
    for one in shown:
        event = events[f"V1.{one.occasion.id}@handslag"]
        assert (event["STATUS"].value == "CANCELLED") is one.cancelled
        assert int(event["SEQUENCE"].value) == one.sequence
        local = datetime.fromisoformat(one.occasion.date) + timedelta(minutes=one.occasion.start)
        assert moment_of(event["DTSTART"], file) == local.replace(tzinfo=ZoneInfo(one.time_zone)).astimezone(
            UTC
        )
        if one.occasion.kind != TRANSFER:
            assert unescaped(event["SUMMARY"].value) == f"one_to_one: {plain(company)}, {plain(company)}"
        if plain(place):
            assert unescaped(event["LOCATION"].value) == plain(place)


def plain(text: str) -> str:
    """A text without what no calendar can hold."""
    return "".join(letter for letter in text if letter == "\n" or (ord(letter) >= 32 and ord(letter) != 127))


@pytest.mark.parametrize("name", ["Råå; Åre, AB \\ Söner", "Ett\nannat", "å" * 80, "😀" * 40, '"Citat"'])
def test_another_program_reads_what_was_written(name: str) -> None:
    shown = [
        Given(Occasion("R.1", "one_to_one", "2027-03-25", 540, 570, ("t1",), "visit:0", ("C1",)), "Europe/Stockholm",
              "", 4, "2027-02-01T10:00:00Z", False, ("",)),
        Given(Occasion("R.2", "one_to_one", "2027-03-29", 540, 570, ("t1",), "visit:0", ("C1",)), "Europe/Stockholm",
              "", 5, "2027-02-01T10:00:00Z", True, ("",)),
    ]  # fmt: skip
    file = write_calendar("V1", shown, words_of(name, name, name, name), "Europe/Stockholm", NOW)
    (title,) = [line.value for line in lines_of(file) if line.name == "X-WR-CALNAME"]
    assert unescaped(title) == name
    # Under a name that nobody knows, so that what the file says of the zone is all there is to go by.
    read = IcsCalendarStream.calendar_from_ics(file.decode().replace("Europe/Stockholm", "X-Unknown"))
    first, second = sorted(read.events, key=lambda event: str(event.uid))
    assert (first.uid, first.sequence, str(first.status)) == ("V1.R.1@handslag", 4, "EventStatus.CONFIRMED")
    assert str(second.status) == "EventStatus.CANCELLED"
    assert (first.summary, first.location) == (f"one_to_one: {name}", name)
    assert first.start_datetime.astimezone(UTC) == datetime(2027, 3, 25, 8, tzinfo=UTC)  # +01:00
    assert second.start_datetime.astimezone(UTC) == datetime(2027, 3, 29, 7, tzinfo=UTC)  # +02:00


def test_summer_time_begins_and_ends_when_it_does() -> None:
    shown = [Given(Occasion("R.1", TRANSFER, "2027-06-01", 540, 570, ("t1",), ""), ZONES[0], "", 1,
                   "2027-02-01T10:00:00Z", False, ("",))]  # fmt: skip
    file = write_calendar("V1", shown, words_of("", "", "", ""), ZONES[0], NOW)
    daylight = file.decode().split("BEGIN:DAYLIGHT\r\n")[1].split("END:")[0].split("\r\n")
    assert {"TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "TZNAME:CEST"} <= set(daylight)
    assert "20270328T020000" in next(line for line in daylight if line.startswith("RDATE:")), (
        "it begins by the clocks of winter: RFC 5545, 3.6.5"
    )
    assert "20271031T030000" in file.decode()


@pytest.fixture
def client(app: Flask, tell: MatchingWorld) -> FlaskClient:
    """A visit over the change of the clocks, whose programme has a session with each of eight companies."""
    for number in range(1, 9):
        tell.company(f"C{number}", STERILE, capabilities=[capability(STERILE, "amr")])
    tell.partner("P1")
    tell.visit("V1", **VISIT)
    tell.request("R1", "P1", visit_id="V1")
    tell.make_reports()
    made = app.test_client()
    settings = {"source": "matches", "day_end": "10:30", "minutes": {"one_to_one": 45}}
    answer = made.put(API, json=settings, headers=STAFF)
    assert answer.status_code == 200, answer.json
    return made


VISIT: Mapping[str, Any] = {
    "title": "Study visit", "direction": "incoming", "partner_id": "P1", "starts_on": "2027-03-25",
    "ends_on": "2027-03-30", "places": ["Umeå"], "delegates": [{"role": "Director", "needs": []}],
}  # fmt: skip


def read(client: FlaskClient, query: str = "") -> dict[str, dict[str, Line]]:
    answer = client.get(f"{API}/calendar{query}", headers=STAFF)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    return {one["UID"].value: one for one in check_rules(answer.data)}


def number_of(event: Mapping[str, Line]) -> int:
    return int(event["SEQUENCE"].value)


@only_sqlite
def test_events_have_the_zone_of_the_house_else_of_the_visit(
    client: FlaskClient, tell: MatchingWorld
) -> None:
    before = read(client)
    assert {one["DTSTART"].parameters["TZID"] for one in before.values()} == {"Europe/Stockholm"}
    assert min(one["DTSTART"].value for one in before.values()) == "20270325T090000"
    tell.visit("V1", **VISIT, time_zone="Asia/Tokyo")
    after = read(client)
    assert {one["DTSTART"].parameters["TZID"] for one in after.values()} == {"Asia/Tokyo"}
    assert set(after) == set(before)
    assert all(number_of(after[uid]) > number_of(before[uid]) for uid in before)


@only_sqlite
def test_a_session_that_is_called_off_stays_as_cancelled(client: FlaskClient, clock: SettableClock) -> None:
    before = read(client)
    gone = min(before)
    company = gone.removeprefix("V1.R1.").removesuffix("@handslag")
    body = {"cancelled": [{"kind": "company", "id": company}], "accept": True}
    clock.advance(timedelta(hours=1))
    mended = client.post(f"{API}/mends", json=body, headers={**STAFF, "If-Match": 'W/"1"'})
    assert mended.status_code == 200, mended.json
    after = read(client)
    assert after[gone]["STATUS"].value == "CANCELLED"
    assert number_of(after[gone]) > number_of(before[gone])
    assert after[gone]["DTSTART"].value == before[gone]["DTSTART"].value
    assert after[gone]["LAST-MODIFIED"].value > before[gone]["LAST-MODIFIED"].value
    assert set(before) <= set(after)
    assert read(client) == after, "read again, it says the same"
    for uid in set(before) - {gone}:
        moved = after[uid]["DTSTART"].value != before[uid]["DTSTART"].value
        assert (number_of(after[uid]) > number_of(before[uid])) is moved


@only_sqlite
def test_a_visit_that_is_withdrawn_calls_all_off(client: FlaskClient, tell: MatchingWorld) -> None:
    before = read(client)
    of_track = read(client, "?track=t1")
    assert set(of_track) == set(before)
    tell.visit("V1", "withdrawn", **VISIT)
    for query in ("", "?track=t1"):
        after = read(client, query)
        assert {one["STATUS"].value for one in after.values()} == {"CANCELLED"}
        assert all(number_of(after[uid]) > number_of(before[uid]) for uid in before)


@only_sqlite
def test_an_erased_company_is_in_no_calendar(client: FlaskClient, tell: MatchingWorld) -> None:
    eraser = Eraser(tell.database, tell.clock)
    gone = min(read(client))
    company = gone.removeprefix("V1.R1.").removesuffix("@handslag")
    tell.erase("companies", company)
    while eraser.step():
        pass
    assert gone not in read(client)


@only_sqlite
def test_a_renamed_company_is_a_change(client: FlaskClient, tell: MatchingWorld) -> None:
    before = read(client)
    renamed = min(before)
    company = renamed.removeprefix("V1.R1.").removesuffix("@handslag")
    tell.company(company, STERILE, capabilities=[capability(STERILE, "amr")], name="Another name")
    after = read(client)
    assert "Another name" in after[renamed]["SUMMARY"].value
    assert {uid for uid in before if number_of(after[uid]) > number_of(before[uid])} == {renamed}
