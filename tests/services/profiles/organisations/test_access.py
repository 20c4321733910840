"""Who may do what."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from shared.events.event import Event
from shared.web.access import declared_access
from tests.services.profiles.caller import Caller, Profile


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    declared = declared_access(app)
    assert [rule.rule for rule in app.url_map.iter_rules() if declared[rule.endpoint] is None] == []
    open_to_all = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and declared[rule.endpoint] == "anyone"
    }
    assert open_to_all == {
        "companies.create",
        "partners.create",
        "requests.create",
        "submissions.follow",
        "submissions.withdraw_own",
        "api-docs.openapi_json",
        "shell.api_docs",
    }


@pytest.mark.parametrize("kind", ["companies", "partners", "visits", "requests"])
@pytest.mark.parametrize(
    ("method", "rest"), [("GET", ""), ("GET", "/X1"), ("PUT", "/X1"), ("POST", "/X1/withdraw")]
)
def test_reading_and_changing_is_for_staff(anyone: Caller, kind: str, method: str, rest: str) -> None:
    answer = anyone.ask(method, f"{kind}{rest}", {} if method == "PUT" else None)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert "WWW-Authenticate" in answer.headers


def test_what_anybody_sends_waits_and_creates_nothing(
    anyone: Caller,
    staff: Caller,
    company: Profile,
    partner: Profile,
    events: Callable[[], list[Event]],
) -> None:
    assert anyone.post("companies", company).status_code == 202
    assert anyone.post("partners", {**partner, "not_to_meet": ["C1"]}).status_code == 202
    assert anyone.post("requests", {"partner_id": "P1"}).status_code == 202
    assert events() == []
    assert [staff.get(f"{kind}?page=1").json["total"] for kind in ("companies", "partners", "requests")] == [
        0,
        0,
        0,
    ]


def test_visits_are_made_by_staff(anyone: Caller, visit: Profile) -> None:
    assert anyone.post("visits", visit).status_code == 401


def test_a_company_that_registers_itself_is_in_the_network_and_no_member(
    anyone: Caller, staff: Caller, company: Profile
) -> None:
    answer = anyone.post("companies", {**company, "membership": "member"})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (403, "membership")
    assert staff.get("companies/C1").status_code == 404
    waits = anyone.post("companies", company).json["id"]
    (made,) = staff.post(f"submissions/{waits}/let-in", {}).json["records"]
    assert staff.get(f"companies/{made['id']}").json["membership"] == "network"
    assert staff.post("companies", {**company, "id": "C2"}).json["membership"] == "member"
    assert (
        staff.post("companies", {**company, "id": "C3", "membership": "lapsed"}).json["membership"]
        == "lapsed"
    )
