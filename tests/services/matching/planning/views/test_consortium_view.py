"""Consortia of a request over the API and on its report's page."""

from __future__ import annotations

from functools import partial
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.matching.planning.domain.consortia import consortia
from tests.services.matching.conftest import STAFF

PATH = "/api/v1/plans/consortia/R1"
STERILE = "Sterile processing of surgical instruments with autoclaves."
TELECARE = "Telemedicine platform for remote monitoring of patients with chronic disease at home."


@pytest.fixture
def hospital(tell: Any, scorer: Any) -> Any:
    """A request with three needs, of which nobody covers the third; two companies a need."""
    for company_id, text, area in (
        ("C1", STERILE, "amr"), ("C2", STERILE, "amr"), ("C3", TELECARE, "ageing"), ("C4", TELECARE, "ageing"),
    ):  # fmt: skip
        tell.company(company_id, text, capabilities=[{"id": "c1", "text": text, "focus_areas": [area]}])
    tell.partner("P1")
    needs = [
        {"id": "a", "title": "Sterile <b>", "text": STERILE, "focus_areas": ["amr"]},
        {"id": "b", "title": "Telecare", "text": TELECARE, "focus_areas": ["ageing"]},
        {"id": "c", "title": "Violins", "text": "Violins", "focus_areas": []},
    ]
    tell.request("R1", "P1", needs=needs)
    scorer.score_stale()
    return tell


def _get(client: FlaskClient, path: str) -> Any:
    return client.get(path, headers=STAFF)


def _sets(client: FlaskClient) -> list[list[str]]:
    return [[one["id"] for one in each["companies"]] for each in _get(client, PATH).json["consortia"]]


def test_the_sets_say_who_covers_what_and_what_stays_open(client: FlaskClient, hospital: Any) -> None:
    found = _get(client, PATH).json
    assert found["nobody"] == ["c"]
    assert found["alone"] == []
    assert found["best_possible"]
    best = found["consortia"][0]
    assert [one["id"] for one in best["companies"]] == ["C1", "C3"]
    assert {one["need_id"]: one["company_id"] for one in best["serves"]} == {"a": "C1", "b": "C3"}
    assert best["uncovered"] == ["c"]
    scores = {one["id"]: one["score"] for one in _get(client, "/api/v1/reports/R1").json["matches"]}
    assert best["score"] == pytest.approx(scores["C1.a"] + scores["C3.b"])


def test_who_competes_who_left_and_whom_staff_rejected_is_in_no_set(
    client: FlaskClient, hospital: Any, scorer: Any
) -> None:
    hospital.company(
        "C1",
        STERILE,
        competitors=["C3"],
        capabilities=[{"id": "c1", "text": STERILE, "focus_areas": ["amr"]}],
    )
    scorer.score_stale()
    assert _sets(client)
    assert not any({"C1", "C3"} <= set(one) for one in _sets(client))
    version = _get(client, "/api/v1/reports/R1").json["version"]
    body = {"report_version": version, "matches": ["C4.b"], "reason": "No capacity"}
    assert client.post("/api/v1/reports/R1/rejections", json=body, headers=STAFF).status_code == 200
    assert not any("C4" in one for one in _sets(client))
    hospital.company("C2", status="withdrawn")
    assert _sets(client) == []


def test_the_reports_page_shows_them(client: FlaskClient, hospital: Any) -> None:
    page = _get(client, "/reports/R1").text
    assert "Company C1 + Company C3" in page
    assert "Covered by nobody:" in page
    assert "Sterile &lt;b&gt;" in page
    assert "Företagsgrupper" in unescape(_get(client, "/reports/R1?lang=sv").text)


def test_where_not_all_sets_were_looked_at_api_and_page_say_so(
    client: FlaskClient, hospital: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "a better one may exist", "en bättre kan finnas"
    assert words[0] not in _get(client, "/reports/R1").text
    monkeypatch.setattr(
        "services.matching.planning.views.consortium_view.consortia", partial(consortia, steps=1)
    )
    assert _get(client, PATH).json["best_possible"] is False
    assert words[0] in _get(client, "/reports/R1").text
    assert words[1] in unescape(_get(client, "/reports/R1?lang=sv").text)


def test_a_request_with_one_need_has_none_and_its_page_says_nothing_of_them(
    client: FlaskClient, scored: Any
) -> None:
    assert _get(client, PATH).json["consortia"] == []
    assert "Consortia" not in _get(client, "/reports/R1").text


def test_only_staff_and_only_for_a_request_with_a_report(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 401
    answer = _get(client, PATH)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
