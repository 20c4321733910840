"""How often members are seen, and the rarely seen small member of a request, over the API and on pages."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.matching.programmes import store as programmes
from services.matching.programmes.domain.making import Programme
from services.matching.programmes.domain.planned import Planned
from services.matching.programmes.domain.settings import Settings
from shared.clock import SettableClock
from shared.storage.engine import Database
from tests.services.matching.conftest import STAFF
from tests.services.matching.programmes.domain.programme_cases import at, one, problem

API = "/api/v1/plans/fairness"
PAGE = "/plans/fairness"
ALSO = "/api/v1/plans/also-look-at/R1"


def _get(client: FlaskClient, path: str) -> Any:
    return client.get(path, headers=STAFF)


def _approve(client: FlaskClient, match_id: str, request_id: str = "R1") -> None:
    path = f"/api/v1/reports/{request_id}"
    body = {"report_version": _get(client, path).json["version"], "matches": [match_id]}
    assert client.post(f"{path}/approvals", json=body, headers=STAFF).status_code == 201


def _small(teller: Any, company_id: str, text: str, areas: tuple[str, ...] = ("amr",), **more: Any) -> None:
    capability = {"id": "c1", "text": text, "focus_areas": list(areas)}
    teller.company(company_id, text, membership="small_member", capabilities=[capability], **more)


def test_only_staff_see_it(client: FlaskClient) -> None:
    assert client.get(API).status_code == client.get(ALSO).status_code == 401
    assert client.get(PAGE).status_code == client.get("/plans/also-look-at/R1").status_code == 302


def test_members_are_counted_and_the_least_called_come_first(client: FlaskClient, scored: Any) -> None:
    scored.company("C4", membership="network")
    scored.company("C5", status="withdrawn")
    _approve(client, "C1.n1")
    found = _get(client, API).json
    calls = {one["company_id"]: one["calls"] for one in found["members"]}
    assert calls == {"C1": 1, "C2": 0, "C3": 0}
    assert [one["company_id"] for one in found["members"]][-1] == "C1"
    assert found["never_introduced"] == ["C2", "C3"]
    assert found["never_matched"] == ["C3"]
    assert found["spread"][:2] == [{"from": 0, "to": 0, "members": 2}, {"from": 1, "to": 1, "members": 1}]
    assert found["busiest_share"] == 1


def test_a_cancelled_call_and_one_of_over_a_year_ago_do_not_count(
    client: FlaskClient, scored: Any, clock: SettableClock
) -> None:
    _approve(client, "C1.n1")
    _approve(client, "C2.n1")
    assert client.post("/api/v1/introductions/R1.C1/cancel", headers=STAFF).status_code == 200
    assert _get(client, API).json["calls"] == 1
    clock.advance(timedelta(days=365))
    found = _get(client, API).json
    assert found["calls"] == 0
    assert found["never_introduced"] == ["C1", "C3"]


def test_sessions_of_programmes_are_counted(
    client: FlaskClient, scored: Any, database: Database, clock: SettableClock
) -> None:
    day = clock().date().isoformat()
    later = (clock() + timedelta(days=9)).date().isoformat()
    held = problem(one("s1", "C1"), one("s2", "C1", "C2"), one("s3", "C3"))
    placements = {"s1": at(9, date=day), "s2": at(9, date=later)}
    planned = Planned(1, "", Settings(), (), held, Programme(placements, (), (), True), ())
    with database.writing() as connection:
        programmes.add_programme(connection, "V1", planned, "")
    seen = {one["company_id"]: (one["meetings"], one["ahead"]) for one in _get(client, API).json["members"]}
    assert (seen["C1"], seen["C2"], seen["C3"]) == ((1, 1), (0, 1), (0, 0))


def test_the_page_shows_the_spread_and_the_members(client: FlaskClient, scored: Any) -> None:
    _approve(client, "C1.n1")
    page = _get(client, PAGE).text
    assert "1 introduction in twelve months." in page
    assert "2 members were never introduced." in page
    assert "Company C3" in page
    assert "Rättvisa" in unescape(_get(client, f"{PAGE}?lang=sv").text)
    assert PAGE in _get(client, "/plans").text


def test_an_empty_house_says_what_to_do_next(client: FlaskClient) -> None:
    assert "handslag import companies" in _get(client, PAGE).text


def test_a_small_member_among_the_matches_is_pointed_out_until_it_is_introduced(
    client: FlaskClient, scored: Any, scorer: Any
) -> None:
    _small(scored, "C4", "Autoclaves for sterile processing of surgical instruments.")
    scorer.score_stale()
    before = _get(client, "/api/v1/reports/R1").json["matches"]
    best = _get(client, ALSO).json["best"]
    assert (best["company_id"], best["need_id"], best["match"]) == ("C4", "n1", True)
    assert best["score"] == next(one["score"] for one in before if one["id"] == "C4.n1")
    assert "introduced to nobody in twelve months is among the matches" in _get(client, "/reports/R1").text
    assert _get(client, "/api/v1/reports/R1").json["matches"] == before
    _approve(client, "C4.n1")
    found = _get(client, ALSO).json
    assert (found["best"], found["rarely_seen"]) == (None, 0)
    assert "Look for a rarely seen small member" in _get(client, "/reports/R1").text


def test_one_near_the_floor_is_pointed_out_although_the_report_does_not_name_it(
    client: FlaskClient, scored: Any, scorer: Any
) -> None:
    # The words speak for it; without the focus area its score stays under the floor.
    _small(scored, "C4", "Instruments for surgeons.", ("ageing",))
    scorer.score_stale()
    assert "C4.n1" not in {one["id"] for one in _get(client, "/api/v1/reports/R1").json["matches"]}
    found = _get(client, ALSO).json
    assert (found["rarely_seen"], found["looked_at"]) == (1, 1)
    assert (found["best"]["company_id"], found["best"]["match"]) == ("C4", False)
    assert "near enough to be looked at by people" in _get(client, "/plans/also-look-at/R1").text


@pytest.mark.parametrize("more", [{"not_to_meet": ["P1"]}, {"excluded_markets": ["Norway"]}])
def test_one_that_is_excluded_is_not_pointed_out(
    client: FlaskClient, scored: Any, more: dict[str, Any]
) -> None:
    _small(scored, "C4", "Autoclaves for sterile processing of surgical instruments.", **more)
    assert _get(client, ALSO).json["best"] is None


def test_one_that_has_nothing_in_common_or_that_staff_rejected_is_not_pointed_out(
    client: FlaskClient, scored: Any, scorer: Any
) -> None:
    _small(scored, "C4", "Violins and other string instruments.", ())
    assert _get(client, ALSO).json["best"] is None
    assert "None of the small members" in _get(client, "/plans/also-look-at/R1").text
    _small(scored, "C4", "Autoclaves for sterile processing of surgical instruments.")
    scorer.score_stale()
    version = _get(client, "/api/v1/reports/R1").json["version"]
    body = {"report_version": version, "matches": ["C4.n1"], "reason": "Too small"}
    assert client.post("/api/v1/reports/R1/rejections", json=body, headers=STAFF).status_code == 200
    assert _get(client, ALSO).json["best"] is None
    assert "is among the matches" not in _get(client, "/reports/R1").text


@pytest.mark.parametrize("path", ["/api/v1/plans/also-look-at/nobody", "/plans/also-look-at/nobody"])
def test_a_request_without_a_report_is_not_found(client: FlaskClient, path: str) -> None:
    assert _get(client, path).status_code == 404
