"""The pages and the API of programmes: the timetable, its settings, pins, and cancellations that are shown first."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from services.matching.introductions.actions import approve
from services.matching.programmes.grid import grid
from services.matching.reports.store import reports
from services.matching.reports.worker import Scorer
from services.matching.web import create_app
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.settings.registry import Settings
from shared.storage.engine import Database
from shared.web.access import declared_access
from tests.browser import Browser
from tests.services.matching.matching_world import STAFF, MatchingWorld

API = "/api/v1/programmes/V1"


@pytest.fixture
def client(
    app: Flask, scored: MatchingWorld, scorer: Scorer, database: Database, clock: SettableClock, ids: IdSource
) -> FlaskClient:
    """Visit V1 with a request of which C1 and C2 are introduced."""
    visit = {
        "title": "Hospital <P1> comes", "direction": "incoming", "partner_id": "P1", "starts_on": "2026-05-04",
        "ends_on": "2026-05-05", "places": ["Stockholm"],
        "delegates": [{"role": "surgeon", "needs": []}, {"role": "engineer", "needs": []}],
    }  # fmt: skip
    scored.hear("visits", scored.event("visits", "V1", "planned", visit))
    scored.request("R1", "P1", visit_id="V1")
    scorer.score_stale()
    with database.writing() as connection:
        report = reports.get_report(connection, "R1")
        assert report is not None
        approve(connection, "R1", report.version, ["C1.n1", "C2.n1"], "", clock, ids)
    return app.test_client()


@pytest.fixture
def browser(client: FlaskClient, app: Flask) -> Browser:
    """A browser in which staff are signed in, on the visit's programme."""
    opened = Browser(app.test_client())
    opened.sign_in()
    opened.open("/programmes/V1")
    return opened


def _page(browser: Browser, path: str = "/programmes/V1", status: int = 200) -> str:
    return browser.open(path, status)


def _api(client: FlaskClient, method: str, path: str = "", seen: int | None = None, body: Any = None) -> Any:
    headers = {**STAFF, **({"If-Match": f'"{seen}"'} if seen is not None else {})}
    return client.open(API + path, method=method, headers=headers, json=body)


def _sessions(client: FlaskClient) -> dict[str, str]:
    entries = [one for day in _api(client, "GET").json["days"] for one in day["entries"]]
    return {one["id"]: one["start"] for one in entries if one["what"] == "session"}


def test_every_route_is_for_staff(app: Flask) -> None:
    mine = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("programme")]
    assert len(mine) == 12
    assert {declared_access(app)[rule.endpoint] for rule in mine} == {"staff"}


def test_a_programme_is_made_pinned_mended_and_read_over_the_api(client: FlaskClient) -> None:
    assert _api(client, "GET").status_code == 404
    made = _api(client, "PUT", body={})
    assert (made.status_code, made.headers["ETag"], made.json["best_possible"]) == (200, '"1"', True)
    assert set(_sessions(client)) == {"R1.C1", "R1.C2"}
    listed: Any = client.get("/api/v1/programmes", headers=STAFF).json
    assert [(one["visit_id"], one["programme_version"]) for one in listed["items"]] == [("V1", 1)]
    assert _api(client, "PUT", body={}).status_code == 428
    assert _api(client, "PUT", seen=7, body={}).json["current_version"] == 1
    pinned = _api(client, "POST", "/pins", 1, {"sessions": ["R1.C1"]})
    assert pinned.headers["ETag"] == '"2"'
    cancelled = [{"kind": "company", "id": "C1"}]
    shown = _api(client, "POST", "/mends", 2, {"cancelled": cancelled})
    assert [(one["id"], one["code"]) for one in shown.json["changes"]] == [("R1.C1", "cancelled")]
    assert (shown.json["version"], len(_sessions(client))) == (2, 2)
    done = _api(client, "POST", "/mends", 2, {"cancelled": cancelled, "accept": True})
    assert (done.json["changes"], done.headers["ETag"]) == (shown.json["changes"], '"3"')
    assert set(_sessions(client)) == {"R1.C2"}
    assert _api(client, "POST", "/mends", 2, {"cancelled": cancelled}).status_code == 412
    _unknown_things_are_refused_by_name(client)


def _unknown_things_are_refused_by_name(client: FlaskClient) -> None:
    for path, body, field in (
        ("/pins", {"sessions": ["nothing"]}, "sessions"),
        ("/mends", {"cancelled": [{"kind": "company", "id": "C9"}]}, "cancelled"),
        ("/mends", {"cancelled": [{"kind": "planet", "id": "C1"}]}, "cancelled.0.kind"),
    ):
        answer = _api(client, "POST", path, 3, body)
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)
    for setting, field in (
        ({"day_start": "9"}, "day_start"),
        ({"day_start": "09:05"}, "day_start"),
        ({"minutes": {"one_to_one": 20}}, "minutes.one_to_one"),
        ({"interpreters": -1}, "interpreters"),
        ({"colour": "red"}, "colour"),
    ):
        answer = _api(client, "PUT", seen=3, body=setting)
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_a_calendar_has_an_event_a_session_at_local_times(client: FlaskClient) -> None:
    _api(client, "PUT", body={})
    answer = _api(client, "GET", "/calendar")
    assert answer.mimetype == "text/calendar"
    events: list[Any] = list(Calendar.from_ical(answer.data).walk("VEVENT"))
    assert {str(one["uid"]) for one in events} == {"V1.R1.C1@handslag", "V1.R1.C2@handslag"}
    starts = [bytes(one["dtstart"].to_ical()).decode() for one in events]
    assert sorted(starts) == ["20260504T090000", "20260504T093000"]
    assert Calendar.from_ical(_api(client, "GET", "/calendar?track=t9").data).walk("VEVENT") == []


@pytest.mark.parametrize("language", ["en", "sv"])
def test_staff_make_see_pin_and_mend_a_programme_on_its_pages(
    client: FlaskClient, browser: Browser, language: str
) -> None:
    words = {
        "en": ["no programme yet", "One-to-one", "Pinned: let go", "is called off", "least change"],
        "sv": ["inget program än", "Enskilt möte", "Låst: släpp", "ställs in", "minsta ändring"],
    }[language]
    browser.open(f"/programmes?lang={language}")
    assert "Hospital <P1> comes" in _page(browser, "/programmes")
    assert words[0] in _page(browser)
    assert browser.send("/programmes/V1", version=0, day_start="10:00").status_code == 303
    assert words[1] in _page(browser)
    assert min(_sessions(client).values()) == "10:00"
    assert browser.send("/programmes/V1/pins", version=1, pin="R1.C1").status_code == 303
    assert words[2] in _page(browser)
    asked = browser.send("/programmes/V1/cancel", version=2, cancelled="company|C1")
    assert words[3] in unescape(asked.text)
    assert words[4] in unescape(asked.text)
    assert len(_sessions(client)) == 2
    assert (
        browser.send("/programmes/V1/cancel", version=2, cancelled="company|C1", confirmed="yes").status_code
        == 303
    )
    assert set(_sessions(client)) == {"R1.C2"}


def test_the_whole_form_is_read(client: FlaskClient, browser: Browser) -> None:
    browser.send("/programmes/V1", version=0)
    form = {
        "version": 1, "day_start": "09:00", "day_end": "16:00", "lunch_start": "12:00", "lunch_end": "12:45",
        "breaks": "10:00-10:15", "one_to_one": "45", "interpreters": "2", "source": "matches",
        "day_date": ["2026-05-04", "2026-05-05"], "day_from": ["13:00", ""], "day_to": ["16:00", ""],
        "day_place": ["visit:0", ""], "delegate": ["d1", "d2"], "track": ["1", "2"],
        "away_who": ["C1", ""], "away_date": ["2026-05-04", "2026-05-04"], "away_from": ["13:00", ""],
        "away_to": ["15:00", ""], "way_from": ["", ""], "way_to": ["", ""], "way_minutes": ["", ""],
    }  # fmt: skip
    assert browser.send("/programmes/V1", **form).status_code == 303
    settings = _api(client, "GET").json["settings"]
    assert settings["breaks"] == [{"start": "10:00", "end": "10:15"}]
    assert (settings["minutes"]["one_to_one"], settings["source"]) == (45, "matches")
    assert settings["days"] == [{"date": "2026-05-04", "start": "13:00", "end": "16:00", "place": "visit:0"}]
    assert settings["tracks"] == [["d1"], ["d2"]]
    assert settings["unavailable"] == [{"who": "C1", "date": "2026-05-04", "start": "13:00", "end": "15:00"}]


def test_who_cancelled_may_come_after_all(client: FlaskClient, browser: Browser) -> None:
    browser.send("/programmes/V1", version=0)
    for version, cancelled in ((1, "company|C1"), (2, "session|R1.C2"), (3, "delegate|d1")):
        browser.send("/programmes/V1/cancel", version=version, cancelled=cancelled, confirmed="yes")
    boxes = re.findall(r'name="keep" value="([^"]+)" checked>\s*<label[^>]*>([^<]+)<', _page(browser))
    assert boxes == [
        ("company|C1", "Company C1"), ("session|R1.C2", "Session: Company C2"), ("delegate|d1", "surgeon"),
    ]  # fmt: skip
    form = {"version": 4, "cancellations": "shown", "keep": ["session|R1.C2", "delegate|d1"]}
    again = browser.send("/programmes/V1", **form, rooms="x")
    assert again.status_code == 422
    assert re.findall(r'name="keep" value="([^"]+)" checked>', again.text) == ["session|R1.C2", "delegate|d1"]
    assert browser.send("/programmes/V1", **form).status_code == 303
    assert set(_sessions(client)) == {"R1.C1"}
    assert _api(client, "PUT", seen=5, body={}).json["cancelled"] == [
        {"kind": "session", "id": "R1.C2", "name": "Company C2", "outdated": False},
        {"kind": "delegate", "id": "d1", "name": "surgeon", "outdated": False},
    ]
    strange = _api(client, "PUT", seen=6, body={"cancelled": [{"kind": "company", "id": "C1"}]})
    assert (strange.status_code, strange.json["errors"][0]["field"]) == (422, "cancelled")
    _api(client, "PUT", seen=6, body={"cancelled": []})
    assert set(_sessions(client)) == {"R1.C1", "R1.C2"}


def test_the_page_says_that_delegates_who_cancelled_are_forgotten_when_the_visit_has_others(
    browser: Browser, scored: MatchingWorld
) -> None:
    browser.send("/programmes/V1", version=0)
    browser.send("/programmes/V1/cancel", version=1, cancelled="delegate|d1", confirmed="yes")
    visit = {
        "title": "Hospital P1 comes", "direction": "incoming", "partner_id": "P1", "starts_on": "2026-05-04",
        "ends_on": "2026-05-05", "delegates": [{"role": "engineer", "needs": []}],
    }  # fmt: skip
    scored.hear("visits", scored.event("visits", "V1", "planned", visit))
    page = _page(browser)
    assert "is forgotten when it is made anew" in page
    assert 'name="keep"' not in page
    assert "glöms när programmet görs om" in _page(browser, "/programmes/V1?lang=sv")


@pytest.mark.parametrize(
    ("path", "form", "status", "says"),
    [
        ("", {"version": 0, "day_start": "early"}, 422, "The day begins"),
        ("", {"version": 0, "one_to_one": "20"}, 422, "multiple of 15"),
        ("", {"version": 0, "breaks": "ten"}, 422, "10:30-10:45"),
        (
            "",
            {"version": 0, "way_from": "visit:0", "way_to": "", "way_minutes": ""},
            422,
            "Choose two places",
        ),
        ("", {"version": 5}, 409, "has changed since you read it"),
        ("/pins", {"version": 1, "pin": "R1.C1"}, 404, "no programme of the visit"),
        ("/cancel", {"version": "x", "cancelled": "odd"}, 404, "no programme of the visit"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_field_and_the_fix(
    browser: Browser, path: str, form: dict[str, Any], status: int, says: str
) -> None:
    answer = browser.send(f"/programmes/V1{path}", **form)
    assert answer.status_code == status
    assert says in unescape(answer.text)


def test_pages_obey_the_content_security_policy_and_show_hostile_titles_as_they_are(
    browser: Browser,
) -> None:
    browser.send("/programmes/V1", version=0)
    for path in ("/programmes", "/programmes/V1"):
        browser.open(path)
        page = browser.page
        assert "&lt;P1&gt;" in page
        assert not re.search(r"<[^>]* style=|<style|<script(?![^>]* src=)|<[^>]* on\w+=", page)
    assert _page(browser, "/programmes/nobody", 404)


def test_a_timetable_has_a_wide_cell_for_all_tracks_and_one_each_for_some() -> None:
    entries = [
        {"start": "09:00", "end": "10:00", "tracks": ["t1"]},
        {"start": "09:30", "end": "10:00", "tracks": ["t2"]},
        {"start": "10:00", "end": "11:00", "tracks": ["t1", "t2"]},
    ]
    laid = [
        (row.time, [(one.entry, one.rows, one.columns) for one in row.cells])
        for row in grid(entries, ["t1", "t2"])
    ]
    assert laid == [
        ("09:00", [(entries[0], 2, 1), (None, 1, 1)]),
        ("09:30", [(entries[1], 1, 1)]),
        ("10:00", [(entries[2], 1, 2)]),
    ]


def test_the_page_shows_the_organisers_name_and_that_data_are_a_sample(
    client: FlaskClient, browser: Browser, settings: Settings, clock: SettableClock, ids: IdSource
) -> None:
    assert client.put(API, json={}, headers=STAFF).status_code == 200
    named = replace(settings, organiser_name="Cluster of the North", sample=True)
    made = create_app(named, clock, ids)
    page = made.test_client().get("/programmes/V1").text
    made.extensions["handslag-database"].close()
    assert page.count("Cluster of the North") == 2
    assert "Sample data:" in page
    assert "Sample data:" not in _page(browser)


def test_a_setting_that_is_written_wrong_is_named_with_its_fix(client: FlaskClient, browser: Browser) -> None:
    body = {"day_start": "9", "days": [{"date": "4 May"}], "minutes": {"round_table": 20}}
    answer = _api(client, "PUT", body=body)
    assert answer.status_code == 422
    assert answer.json["errors"] == [
        {"field": "day_start", "problem": "Not a time", "fix": "write it such as 09:15."},
        {
            "field": "minutes.round_table",
            "problem": "Not a multiple of 15 minutes",
            "fix": "send 15, 30, 45 and so on.",
        },
        {"field": "days.0.date", "problem": "Not a date", "fix": "write it such as 2026-03-02."},
    ]
    impossible = _api(client, "PUT", body={"lunch_end": "11:00"})
    told = "Lunch must begin before it ends."
    assert (impossible.json["detail"], impossible.json["errors"]) == (
        told,
        [{"field": "lunch_end", "problem": told}],
    )
    page = browser.send("/programmes/V1", version=0, lunch_start="12:00", lunch_end="eleven")
    assert page.status_code == 422
    assert "<strong>Lunch ends</strong>: Write a time at a quarter of an hour, such as 09:15." in page.text
