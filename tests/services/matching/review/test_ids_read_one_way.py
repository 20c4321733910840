"""Companies, needs and requests whose ids have a full stop: what one says of one match is said of no other."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from services.matching.introductions.store import (
    Review,
    add_review,
    empty_reasons_of_company,
    list_reviews_of,
    reviews_of_company,
)
from services.matching.reports.domain.graph import match_graph
from services.matching.reports.store.reports import get_report
from services.matching.upkeep.store import list_reasons
from shared.ids import taken_apart
from tests.browser import Browser
from tests.services.matching.matching_world import STAFF, STERILE, MatchingWorld, capability

NEED = "We need sterile processing of surgical instruments."


@pytest.fixture
def told(tell: MatchingWorld) -> MatchingWorld:
    """Two companies and two needs of which two pairs look alike when they are only written one after the other."""
    for id in ("COL", "COL.x"):
        tell.company(id, STERILE, capabilities=[capability(STERILE, "amr")])
    tell.partner("P1")
    needs = [{"id": id, "title": "", "text": NEED, "focus_areas": ["amr"]} for id in ("n1", "x.n1")]
    tell.request("R1", "P1", needs=needs)
    assert tell.make_reports() == 1
    return tell


def _matches(client: FlaskClient) -> dict[tuple[str, str], str]:
    report: Any = client.get("/api/v1/reports/R1", headers=STAFF)
    return {(one["company"]["id"], one["need_id"]): one["id"] for one in report.json["matches"]}


def _post(client: FlaskClient, what: str, **body: Any) -> Any:
    return client.post(f"/api/v1/reports/R1/{what}", json={"report_version": 1, **body}, headers=STAFF)


def test_each_match_has_an_id_of_its_own_that_tells_the_two(told: MatchingWorld, client: FlaskClient) -> None:
    found = _matches(client)
    assert len(found) == len(set(found.values())) == 4
    assert {taken_apart(id) for id in found.values()} == set(found)
    assert found["COL", "n1"] == "COL.n1"


@pytest.mark.parametrize("pair", [("COL", "x.n1"), ("COL.x", "n1")])
def test_approving_one_introduces_one(
    told: MatchingWorld, client: FlaskClient, pair: tuple[str, str]
) -> None:
    answer = _post(client, "approvals", matches=[_matches(client)[pair]])
    assert answer.status_code == 201
    assert [(one["company"]["id"], one["need_ids"]) for one in answer.json["introductions"]] == [
        (pair[0], [pair[1]])
    ]
    listed: Any = client.get("/api/v1/introductions", headers=STAFF)
    assert listed.json["total"] == 1


@pytest.mark.parametrize("pair", [("COL", "x.n1"), ("COL.x", "n1")])
def test_approving_one_on_the_page_introduces_one(
    told: MatchingWorld, client: FlaskClient, browser: Browser, pair: tuple[str, str]
) -> None:
    browser.open("/reports/R1")
    said = {"report_version": "1", "match_id": _matches(client)[pair], "confirmed": "yes"}
    browser.send("/reports/R1/approve", **said)
    listed: Any = client.get("/api/v1/introductions", headers=STAFF)
    assert [one["company"]["id"] for one in listed.json["items"]] == [pair[0]]


def test_rejecting_one_rejects_one_and_erasing_one_empties_its_reason(
    told: MatchingWorld, client: FlaskClient
) -> None:
    found = _matches(client)
    for pair, reason in ((("COL", "x.n1"), "of the first"), (("COL.x", "n1"), "of the second")):
        assert _post(client, "rejections", matches=[found[pair]], reason=reason).status_code == 200
    reviews = {(one["company"]["id"], one["need_id"]): one["review"] for one in _read(client)}
    assert {key for key, review in reviews.items() if review} == {("COL", "x.n1"), ("COL.x", "n1")}
    with told.database.writing() as connection:
        (kept,) = list_reasons(connection, reviews_of_company("COL"))
        assert kept["reason"] == "of the first"
        empty_reasons_of_company(connection, "COL")
        assert [one.reason for one in list_reviews_of(connection, "R1")] == ["", "of the second"]


def test_ids_that_differ_by_their_case_are_two(told: MatchingWorld) -> None:
    with told.database.writing() as connection:
        for id in ("acme", "ACME"):
            add_review(
                connection, "R1", Review(1, f"{id}.n1", "rejected", f"of {id}", None, f"2026-0{len(id)}")
            )
        assert [one["reason"] for one in list_reasons(connection, reviews_of_company("acme"))] == ["of acme"]


def _read(client: FlaskClient) -> list[dict[str, Any]]:
    report: Any = client.get("/api/v1/reports/R1", headers=STAFF)
    found: list[dict[str, Any]] = report.json["matches"]
    return found


def test_why_not_tells_of_the_decision_on_this_company(told: MatchingWorld, client: FlaskClient) -> None:
    _post(client, "rejections", matches=[_matches(client)["COL.x", "n1"]], reason="too far")
    said: Any = client.get("/api/v1/reports/R1/companies/COL/why-not", headers=STAFF)
    assert said.status_code == 200
    assert "too far" not in said.text


def test_needs_of_requests_that_begin_alike_are_two_in_the_graph(told: MatchingWorld) -> None:
    needs = [{"id": "n1", "title": "", "text": NEED, "focus_areas": ["amr"]}]
    told.request("R1.x", "P1", needs=needs)
    told.make_reports()
    with told.database.reading() as connection:
        found = [get_report(connection, id) for id in ("R1", "R1.x")]
    graph = match_graph([one.content for one in found if one])
    assert len([node for node in graph if graph.nodes[node]["kind"] == "need"]) == 3
