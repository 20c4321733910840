"""A match request is closed, and what is withdrawn or closed is brought back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.events.event import Event
from tests.services.profiles.caller import Caller

Events = Callable[[], list[Event]]


@pytest.fixture
def asked(staff: Caller) -> None:
    staff.post("partners", {"id": "P1", "name": "A", "need": "Beds."})
    staff.post("requests", {"id": "R1", "partner_id": "P1"})


def act(staff: Caller, path: str, verb: str, version: int) -> Any:
    return staff.post(f"{path}/{verb}", If_Match=f'"{version}"')


def test_a_closed_request_keeps_everything_and_can_be_opened_again(
    asked: None, staff: Caller, events: Events
) -> None:
    before = staff.get("requests/R1").json
    closed = act(staff, "requests/R1", "close", 1)
    assert (closed.status_code, closed.json["status"], closed.json["version"]) == (200, "closed", 2)
    assert closed.json["needs"] == before["needs"]
    assert act(staff, "requests/R1", "close", 2).json["version"] == 2
    opened = act(staff, "requests/R1", "reopen", 2)
    assert (opened.json["status"], opened.json["version"]) == ("open", 3)
    told = [(event.type, (event.state or {})["status"]) for event in events() if event.aggregate_id == "R1"]
    assert told == [("request.created", "open"), ("request.replaced", "closed"), ("request.replaced", "open")]


def test_a_withdrawn_profile_is_brought_back_as_it_was(asked: None, staff: Caller) -> None:
    before = staff.get("partners/P1").json
    act(staff, "partners/P1", "withdraw", 1)
    back = act(staff, "partners/P1", "reopen", 2).json
    moving = ("version", "updated_at")
    assert {n: v for n, v in back.items() if n not in moving} == {
        n: v for n, v in before.items() if n not in moving
    }
    assert act(staff, "partners/P1", "reopen", 3).json["version"] == 3


def test_a_request_of_a_withdrawn_partner_is_not_opened(asked: None, staff: Caller) -> None:
    act(staff, "requests/R1", "withdraw", 1)
    assert act(staff, "requests/R1", "close", 2).status_code == 409
    act(staff, "partners/P1", "withdraw", 1)
    refused = act(staff, "requests/R1", "reopen", 2)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == "partner_id"


def test_only_staff_who_saw_the_newest_version_may(asked: None, staff: Caller, anyone: Caller) -> None:
    for verb in ("close", "reopen"):
        assert act(anyone, "requests/R1", verb, 1).status_code == 401
        assert staff.post(f"requests/R1/{verb}").status_code == 428
        assert act(staff, "requests/R1", verb, 7).status_code == 412
        assert act(staff, "requests/R9", verb, 1).status_code == 404
    assert act(staff, "partners/P1", "close", 1).status_code == 404
