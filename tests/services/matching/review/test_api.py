from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.matching.reports.worker import Scorer
from shared.web.access import declared_access
from tests.services.matching.matching_world import STAFF, MatchingWorld


@pytest.fixture
def client(app: Flask, scored: MatchingWorld) -> FlaskClient:
    return app.test_client()


def _get(client: FlaskClient, path: str, **more: Any) -> Any:
    return client.get(path, headers=STAFF, **more)


def _bare_post(client: FlaskClient, path: str) -> Any:
    return client.post(path, headers=STAFF)


def _approve(client: FlaskClient, version: object = 1, matches: object = ("C1.n1",), **headers: str) -> Any:
    body = {"report_version": version, "matches": list(matches) if isinstance(matches, tuple) else matches}
    return client.post("/api/v1/reports/R1/approvals", json=body, headers={**STAFF, **headers})


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    assert None not in declared_access(app).values()
    api = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("matching.")]
    assert len(api) == 7
    assert {declared_access(app)[rule.endpoint] for rule in api} == {"staff"}


@pytest.mark.parametrize("path", ["/api/v1/reports", "/api/v1/reports/R1", "/api/v1/introductions"])
def test_only_staff_may_read(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 401
    assert _get(client, path).status_code == 200


def test_reports_are_listed_and_filtered(scored: MatchingWorld, scorer: Scorer, client: FlaskClient) -> None:
    scored.partner("P2")
    scored.request("R2", "P2", text="Violins", needs=[{"id": "n1", "text": "Кохлеарные", "focus_areas": []}])
    scored.request("R3", "P3")
    scorer.score_stale()

    def found(**filters: str) -> list[tuple[str, str]]:
        answer = _get(client, "/api/v1/reports", query_string=filters)
        assert answer.status_code == 200
        return sorted((item["request_id"], item["verdict"]) for item in answer.json["items"])

    assert found() == [("R1", "matches"), ("R2", "no_good_match"), ("R3", "")]
    assert found(verdict="matches") == [("R1", "matches")]
    assert found(partner="P2") == [("R2", "no_good_match")]
    assert found(status="closed") == []
    page = _get(client, "/api/v1/reports?page=2&page_size=2").json
    assert (page["total"], page["page"], len(page["items"])) == (3, 2, 1)


@pytest.mark.parametrize("filters", ["verdikt=matches", "verdict=perhaps", "page=0", "page_size=101"])
def test_a_filter_that_is_none_is_refused(client: FlaskClient, filters: str) -> None:
    assert _get(client, f"/api/v1/reports?{filters}").status_code == 422


def test_a_report_carries_its_version_as_its_etag(client: FlaskClient) -> None:
    answer = _get(client, "/api/v1/reports/R1")
    assert answer.headers["ETag"] == '"1"'
    assert answer.json["version"] == 1
    assert answer.json["matches"][0]["review"] is None


@pytest.mark.parametrize("path", ["reports/nobody", "introductions/nobody"])
def test_what_is_not_there_is_404(client: FlaskClient, path: str) -> None:
    answer = _get(client, f"/api/v1/{path}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert "nobody" in answer.json["detail"]


def test_an_approval_answers_with_its_introductions(client: FlaskClient) -> None:
    answer = _approve(client, matches=("C1.n1", "C2.n1"))
    assert answer.status_code == 201
    assert {one["id"] for one in answer.json["introductions"]} == {"R1.C1", "R1.C2"}
    listed = _get(client, "/api/v1/introductions?company=C1").json
    assert [one["id"] for one in listed["items"]] == ["R1.C1"]
    read = _get(client, "/api/v1/introductions/R1.C1")
    assert (read.json["status"], read.headers["ETag"]) == ("approved", '"1"')


def test_an_approval_of_another_version_is_409_and_names_both(client: FlaskClient) -> None:
    answer = _approve(client, version=5)
    assert answer.status_code == 409
    assert (answer.json["report_version"], answer.json["current_version"]) == (5, 1)
    assert answer.mimetype == "application/problem+json"


def test_an_approval_repeated_is_409_and_names_the_match(client: FlaskClient) -> None:
    assert _approve(client).status_code == 201
    answer = _approve(client)
    assert (answer.status_code, answer.json["matches"]) == (409, ["C1.n1"])


def test_an_approval_sent_again_under_its_key_has_no_second_effect(client: FlaskClient) -> None:
    first = _approve(client, **{"Idempotency-Key": "one"})
    again = _approve(client, **{"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert _approve(client, matches=("C2.n1",), **{"Idempotency-Key": "one"}).status_code == 422


def test_an_unknown_match_is_422_and_named(client: FlaskClient) -> None:
    answer = _approve(client, matches=("C9.n1",))
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "matches"
    assert "C9.n1" in answer.json["errors"][0]["problem"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"matches": ["C1.n1"]}, "report_version"),
        ({"report_version": "1", "matches": ["C1.n1"]}, "report_version"),
        ({"report_version": 1.5, "matches": ["C1.n1"]}, "report_version"),
        ({"report_version": 1, "matches": []}, "matches"),
        ({"report_version": 1, "matches": "C1.n1"}, "matches"),
        ({"report_version": 1, "matches": ["C1.n1"], "note": "x" * 2001}, "note"),
        ({"report_version": 1, "matches": ["C1.n1"], "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_422_and_named(client: FlaskClient, body: dict[str, Any], field: str) -> None:
    answer: Any = client.post("/api/v1/reports/R1/approvals", json=body, headers=STAFF)
    assert answer.status_code == 422
    assert field in {error["field"].split(".")[0] for error in answer.json["errors"]}


def test_a_rejection_needs_a_reason(client: FlaskClient) -> None:
    def rejected(**reason: str) -> Any:
        body = {"report_version": 1, "matches": ["C1.n1"], **reason}
        return client.post("/api/v1/reports/R1/rejections", json=body, headers=STAFF)

    assert rejected().status_code == 422
    assert rejected(reason="   ").status_code == 422
    assert rejected(reason="No capacity").json == {"rejected": ["C1.n1"]}


def test_cancelling_is_refused_once_a_mail_was_sent(scored: MatchingWorld, client: FlaskClient) -> None:
    _approve(client, matches=("C1.n1", "C2.n1"))
    scored.delivery("D1", "R1", "R1.C1", "sent")
    refused = _bare_post(client, "/api/v1/introductions/R1.C1/cancel")
    assert refused.status_code == 409
    assert "called back" in refused.json["detail"]
    done = _bare_post(client, "/api/v1/introductions/R1.C2/cancel")
    assert (done.status_code, done.json["status"]) == (200, "cancelled")
    assert _bare_post(client, "/api/v1/introductions/none/cancel").status_code == 404
