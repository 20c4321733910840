"""Plans of introductions over the API and on pages: looking stores nothing, approving is asked once and is whole."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.matching.reports.worker import Scorer
from shared.web.access import declared_access
from tests.browser import Browser
from tests.services.matching.matching_world import STAFF, MatchingWorld, capability

PLAN = "/api/v1/plans/introductions"
PAGE = "/plans/introductions"


@pytest.fixture
def two_requests(scored: MatchingWorld, scorer: Scorer) -> MatchingWorld:
    """Two organisations that want the same: C1 takes one introduction, C2 one."""
    scored.company(
        "C1", capacity=1, capabilities=[capability("Sterile processing of surgical instruments.", "amr")]
    )
    scored.company("C2", "Autoclaves.", capacity=1, capabilities=[capability("Sterile processing.", "amr")])
    scored.partner("P2")
    scored.request("R2", "P2", title="A <b>new</b> theatre")
    scorer.score_stale()
    return scored


def _get(client: FlaskClient, path: str, **more: Any) -> Any:
    return client.get(path, headers=STAFF, **more)


def _page(browser: Browser, path: str) -> str:
    browser.open(path)
    return browser.page


def _approve(client: FlaskClient, approvals: list[dict[str, Any]], **headers: str) -> Any:
    return client.post(f"{PLAN}/approvals", json={"approvals": approvals}, headers={**STAFF, **headers})


def _wanted(plan: Any) -> list[dict[str, Any]]:
    return [
        {"request_id": one["request_id"], "report_version": one["report_version"], "matches": pair["matches"]}
        for one in plan["requests"]
        for pair in one["introductions"]
    ]


def _values(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'name="pair" value="([^"]*)"', page)]


def _introduced(client: FlaskClient) -> list[str]:
    return sorted(one["id"] for one in _get(client, "/api/v1/introductions").json["items"])


def test_every_route_is_for_staff(app: Flask, client: FlaskClient) -> None:
    declared = declared_access(app)
    mine = [rule for rule in app.url_map.iter_rules() if "/plans" in rule.rule]
    assert mine
    assert {declared[rule.endpoint] for rule in mine} == {"staff"}
    assert client.get(PLAN).status_code == 401
    assert client.get(PAGE).status_code == 302


def test_a_plan_spreads_what_both_would_ask_for(client: FlaskClient, two_requests: MatchingWorld) -> None:
    plan = _get(client, f"{PLAN}?per_request=1").json
    assert sorted(pair["company_id"] for one in plan["requests"] for pair in one["introductions"]) == [
        "C1",
        "C2",
    ]
    assert plan["introductions"] == 2
    assert plan["score"] == pytest.approx(
        sum(pair["score"] for one in plan["requests"] for pair in one["introductions"])
    )
    best = {one["company_id"]: one["best_of_requests"] for one in plan["companies"]}
    assert sorted(best.values()) == [0, 2]
    assert plan["changed"] == 1
    (left,) = [pair for one in plan["requests"] for pair in one["left_out"] if pair["best_of_request"]]
    assert set(left["full"]) == {"company", "request"}


def test_looking_stores_nothing_and_says_the_same_again(
    client: FlaskClient, browser: Browser, two_requests: MatchingWorld
) -> None:
    assert _get(client, PLAN).data == _get(client, PLAN).data
    _page(browser, PAGE)
    assert _introduced(client) == []


def test_a_request_that_nobody_matches_still_says_what_it_takes(
    client: FlaskClient, scored: MatchingWorld, scorer: Scorer
) -> None:
    scored.request("R9", "P1", text="Violins", needs=[{"id": "n1", "text": "Violins", "focus_areas": []}])
    scorer.score_stale()
    (one,) = _get(client, f"{PLAN}?request=R9").json["requests"]
    assert (one["capacity_left"], one["introductions"], one["left_out"]) == (3, [], [])


def test_chosen_requests_are_planned_alone(client: FlaskClient, two_requests: MatchingWorld) -> None:
    plan = _get(client, f"{PLAN}?request=R2&request=nobody&role=supplier").json
    assert [one["request_id"] for one in plan["requests"]] == ["R2"]
    assert _get(client, f"{PLAN}?role=study_visit_host").json["introductions"] == 0


@pytest.mark.parametrize("wrong", ["per_request=0", "company_capacity=x", "role=queen", "limit=3"])
def test_a_limit_that_is_none_is_refused(client: FlaskClient, wrong: str) -> None:
    assert _get(client, f"{PLAN}?{wrong}").status_code == 422


def test_an_approved_plan_is_counted_the_next_time(client: FlaskClient, two_requests: MatchingWorld) -> None:
    plan = _get(client, f"{PLAN}?per_request=1").json
    answer = _approve(client, _wanted(plan))
    assert answer.status_code == 201
    made = [one["id"] for each in answer.json["approvals"] for one in each["introductions"]]
    assert sorted(made) == _introduced(client)
    assert len(made) == 2
    after = _get(client, f"{PLAN}?per_request=5").json
    assert after["introductions"] == 0
    assert {pair["bar"] for one in after["requests"] for pair in one["barred"]} == {"introduced"}
    assert {one["capacity_left"] for one in after["companies"]} == {0}


def test_two_requests_of_one_organisation_meet_different_companies_and_are_approved_together(
    client: FlaskClient, scored: MatchingWorld, scorer: Scorer
) -> None:
    scored.request("R2", "P1")
    scorer.score_stale()
    plan = _get(client, f"{PLAN}?per_request=2").json
    met = [pair["company_id"] for one in plan["requests"] for pair in one["introductions"]]
    assert sorted(met) == ["C1", "C2"]
    wanted = _wanted(_get(client, f"{PLAN}?per_request=1").json)
    assert {one["request_id"] for one in wanted} == {"R1", "R2"}
    assert _approve(client, wanted).status_code == 201
    assert len(_introduced(client)) == 2


def test_an_approval_sent_twice_has_one_effect(client: FlaskClient, two_requests: MatchingWorld) -> None:
    wanted = _wanted(_get(client, f"{PLAN}?per_request=1").json)
    key = {"Idempotency-Key": "plan-1"}
    first, again = (_approve(client, wanted, **key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json


def test_a_report_that_changed_holds_the_whole_plan_back(
    client: FlaskClient, two_requests: MatchingWorld, scorer: Scorer
) -> None:
    wanted = _wanted(_get(client, f"{PLAN}?per_request=1").json)
    two_requests.request("R2", "P2", text="Autoclaves for surgical instruments.")
    scorer.score_stale()
    answer = _approve(client, wanted)
    assert answer.status_code == 409
    (refused,) = answer.json["refused"]
    assert (refused["request_id"], refused["kind"]) == ("R2", "stale")
    assert refused["current_version"] > wanted[1]["report_version"]
    assert _introduced(client) == []


@pytest.mark.parametrize(
    ("approvals", "status"),
    [
        ([], 422),
        ([{"request_id": "R1", "report_version": 1, "matches": ["C9.n1"]}], 422),
        ([{"request_id": "R9", "report_version": 1, "matches": ["C1.n1"]}], 404),
        ([{"request_id": "R1", "report_version": 1, "matches": ["C1.n1"], "note": ""}], 422),
        ([{"request_id": "R1", "report_version": 1, "matches": ["C1.n1"]}] * 2, 422),
    ],
)
def test_what_no_report_has_is_refused_whole(
    client: FlaskClient, scored: MatchingWorld, approvals: list[dict[str, Any]], status: int
) -> None:
    answer = _approve(client, approvals)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert _introduced(client) == []


def test_the_page_shows_who_meets_who_gives_way_and_why(
    browser: Browser, two_requests: MatchingWorld
) -> None:
    page = _page(browser, f"{PAGE}?per_request=1")
    assert "2 introductions are planned." in page
    assert "1 best match of a single request gives way." in page
    assert "the company has no introduction left" in page
    assert "A &lt;b&gt;new&lt;/b&gt; theatre" in page
    assert len(_values(page)) == 2
    assert not re.search(r"<[^>]* style=|<style|<script(?![^>]* src=)|<[^>]* on\w+=", page)


def test_the_pages_speak_swedish(browser: Browser, two_requests: MatchingWorld) -> None:
    assert "2 kontaktförmedlingar är planerade." in _page(browser, f"{PAGE}?per_request=1&lang=sv")
    assert "Planer" in _page(browser, "/plans?lang=sv")


def test_an_empty_house_says_that_there_is_nothing_to_plan(browser: Browser) -> None:
    assert "there is nothing to plan" in _page(browser, PAGE)


def test_odd_limits_become_the_standard_ones(browser: Browser, scored: MatchingWorld) -> None:
    assert 'name="per_request" value="3"' in _page(
        browser, f"{PAGE}?per_request=x&company_capacity=-1&role=a&page=9"
    )


def test_the_page_asks_once_more_and_then_introduces(
    client: FlaskClient, browser: Browser, two_requests: MatchingWorld
) -> None:
    chosen = _values(_page(browser, f"{PAGE}?per_request=1"))
    asked = browser.send(f"{PAGE}/approve", pair=chosen, per_request=1)
    assert asked.status_code == 200
    assert "cannot be called back" in asked.text
    assert _introduced(client) == []
    assert _values(asked.text) == chosen
    done = browser.send(f"{PAGE}/approve", pair=chosen, per_request=1, confirmed="yes")
    assert done.status_code == 303
    assert len(_introduced(client)) == 2


def test_an_introduction_that_is_larger_than_the_log_takes_is_413_everywhere_and_nothing_is_approved(
    client: FlaskClient, browser: Browser, two_requests: MatchingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = _wanted(_get(client, f"{PLAN}?per_request=1").json)
    chosen = _values(_page(browser, f"{PAGE}?per_request=1"))
    monkeypatch.setattr("shared.messaging.outbox.MAX_VALUE_BYTES", 99)
    one = {name: wanted[0][name] for name in ("report_version", "matches")}
    answers: list[Any] = [
        _approve(client, wanted),
        client.post(f"/api/v1/reports/{wanted[0]['request_id']}/approvals", json=one, headers=STAFF),
    ]
    for answer in answers:
        assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
        assert "make its texts shorter" in answer.json["detail"]
    report = f"/reports/{wanted[0]['request_id']}"
    seen = {"report_version": one["report_version"], "match_id": one["matches"]}
    for page in (
        browser.send(f"{PAGE}/approve", pair=chosen, per_request=1, confirmed="yes"),
        browser.send(f"{report}/approve", confirmed="yes", **seen),
    ):
        assert (page.status_code, page.mimetype) == (413, "text/html")
        assert "make its texts shorter" in page.text
    assert _introduced(client) == []


def test_a_plan_that_changed_is_409_and_shown_anew(
    client: FlaskClient, browser: Browser, two_requests: MatchingWorld, scorer: Scorer
) -> None:
    chosen = _values(_page(browser, f"{PAGE}?per_request=1"))
    two_requests.request("R2", "P2", text="Autoclaves for surgical instruments.")
    scorer.score_stale()
    for confirmed in ("", "yes"):
        answer = browser.send(f"{PAGE}/approve", pair=chosen, per_request=1, confirmed=confirmed)
        assert answer.status_code == 409
        assert "Nothing was approved" in answer.text
    assert _introduced(client) == []


@pytest.mark.parametrize("pair", [[], ["x"], ['{"request_id": "R1"}']])
def test_a_form_that_is_not_filled_in_decides_nothing(
    client: FlaskClient, browser: Browser, two_requests: MatchingWorld, pair: list[str]
) -> None:
    assert browser.send(f"{PAGE}/approve", pair=pair, confirmed="yes").status_code == 422
    assert _introduced(client) == []
