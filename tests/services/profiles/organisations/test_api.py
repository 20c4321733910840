"""The life of companies, partners, visits and match requests over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.profiles.organisations import store
from shared.clock import SettableClock
from shared.events.event import Event
from shared.storage.engine import Database
from tests.services.profiles.caller import Caller, Profile

Events = Callable[[], list[Event]]


@pytest.fixture
def everything(company: Profile, partner: Profile, visit: Profile) -> dict[str, dict[str, Any]]:
    request = {"id": "R1", "partner_id": "P1", "visit_id": "V1", "title": "Enquiry"}
    return {"companies": company, "partners": partner, "visits": visit, "requests": request}


@pytest.fixture
def created(staff: Caller, everything: dict[str, Profile]) -> dict[str, dict[str, Any]]:
    for kind, body in everything.items():
        assert staff.post(kind, body).status_code == 201
    return everything


KINDS = ["companies", "partners", "visits", "requests"]


def test_creating_answers_with_state_address_and_version_and_records_one_event(
    staff: Caller, company: Profile, events: Events
) -> None:
    answer = staff.post("companies", company)
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/api/v1/companies/C1"
    assert answer.headers["ETag"] == '"1"'
    assert answer.json["capabilities"][0]["text"] == company["description"]
    assert answer.json == staff.get("companies/C1").json
    (event,) = events()
    assert (event.type, event.id, event.state) == ("company.created", "C1:1", answer.json)


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_goes_from_version_to_version_with_its_event(
    staff: Caller, created: dict[str, Profile], kind: str, events: Events
) -> None:
    id = created[kind]["id"]
    name = "name" if kind in ("companies", "partners") else "title"
    state = staff.get(f"{kind}/{id}").json
    answer = staff.put(f"{kind}/{id}", {**state, name: "Another"}, If_Match='"1"')
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert answer.json == {**state, name: "Another", "version": 2}
    assert staff.get(f"{kind}/{id}").json == answer.json
    assert events()[-1].type.endswith(".replaced")
    assert events()[-1].state == answer.json


@pytest.mark.parametrize("kind", KINDS)
def test_withdrawing_keeps_the_profile_and_a_second_time_changes_nothing(
    staff: Caller, created: dict[str, Profile], kind: str, events: Events
) -> None:
    id = created[kind]["id"]
    first = staff.post(f"{kind}/{id}/withdraw", If_Match='"1"')
    assert (first.status_code, first.json["status"], first.json["version"]) == (200, "withdrawn", 2)
    count = len(events())
    second = staff.post(f"{kind}/{id}/withdraw", If_Match='"1"')
    assert (second.status_code, second.json, len(events())) == (200, first.json, count)
    assert staff.get(f"{kind}/{id}").json == first.json


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_withdrawn_is_not_replaced(staff: Caller, created: dict[str, Profile], kind: str) -> None:
    id = created[kind]["id"]
    state = staff.post(f"{kind}/{id}/withdraw", If_Match='"1"').json
    answer = staff.put(f"{kind}/{id}", state, If_Match='"2"')
    assert answer.status_code == 409
    assert "withdrawn" in answer.json["detail"]


def test_the_same_fields_again_make_no_new_version(
    staff: Caller, created: dict[str, Profile], clock: SettableClock, events: Events
) -> None:
    count = len(events())
    clock.advance(timedelta(hours=1))
    answer = staff.put("companies/C1", staff.get("companies/C1").json, If_Match='"1"')
    assert (answer.status_code, answer.headers["ETag"], len(events())) == (200, '"1"', count)


@pytest.mark.parametrize(("action", "method"), [("", "PUT"), ("/withdraw", "POST")])
@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        ({}, 428),
        ({"If_Match": '"7"'}, 412),
        ({"If_Match": 'W/"7"'}, 412),
        ({"If_Match": "1"}, 412),
        ({"If_Match": "*"}, 412),
    ],
)
def test_a_change_names_the_version_it_saw(
    staff: Caller,
    created: dict[str, Profile],
    action: str,
    method: str,
    if_match: dict[str, str],
    status: int,
    events: Events,
) -> None:
    count = len(events())
    body = staff.get("companies/C1").json if method == "PUT" else None
    answer = staff.ask(method, f"companies/C1{action}", body, **if_match)
    assert (answer.status_code, answer.mimetype, len(events())) == (status, "application/problem+json", count)


def test_a_stale_version_is_told_the_current_one(staff: Caller, created: dict[str, Profile]) -> None:
    state = staff.get("companies/C1").json
    staff.put("companies/C1", {**state, "city": "Umeå"}, If_Match='"1"')
    answer = staff.put("companies/C1", {**state, "city": "Luleå"}, If_Match='"1"')
    assert (answer.status_code, answer.json["current_version"], answer.headers["ETag"]) == (412, 2, '"2"')
    assert staff.get("companies/C1").json["city"] == "Umeå"


@pytest.mark.parametrize("field", ["id", "version", "status", "updated_at"])
def test_what_the_service_sets_cannot_be_replaced(
    staff: Caller, created: dict[str, Profile], field: str
) -> None:
    state = staff.get("companies/C1").json
    answer = staff.put("companies/C1", {**state, field: 99 if field == "version" else "x"}, If_Match='"1"')
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_reader_who_has_the_version_gets_no_body(staff: Caller, created: dict[str, Profile]) -> None:
    answer = staff.get("companies/C1", If_None_Match='"1"')
    assert (answer.status_code, answer.data) == (304, b"")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("id", ["nothing", "a%20b", "x" * 200])
def test_an_id_that_nothing_has_is_not_found(staff: Caller, kind: str, id: str) -> None:
    for answer in (staff.get(f"{kind}/{id}"), staff.post(f"{kind}/{id}/withdraw", If_Match='"1"')):
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize("kind", KINDS)
def test_a_duplicate_id_is_refused_by_name_and_changes_nothing(
    staff: Caller, created: dict[str, Profile], kind: str, events: Events
) -> None:
    count = len(events())
    answer = staff.post(kind, created[kind])
    assert answer.status_code == 409
    assert answer.json["errors"][0]["field"] == "id"
    assert created[kind]["id"] in answer.json["detail"]
    assert len(events()) == count


def test_a_company_and_a_partner_may_have_the_same_id(
    staff: Caller, company: Profile, partner: Profile, events: Events
) -> None:
    assert staff.post("companies", {**company, "id": "1"}).status_code == 201
    assert staff.post("partners", {**partner, "id": "1"}).status_code == 201
    assert [(event.type, event.id) for event in events()] == [
        ("company.created", "1:1"),
        ("partner.created", "1:1"),
    ]


def test_an_id_is_given_where_none_is_chosen(staff: Caller, company: Profile) -> None:
    del company["id"]
    assert staff.post("companies", company).json["id"] == "id-1"


def test_a_company_without_description_is_refused_unless_it_has_capabilities(
    staff: Caller, company: Profile
) -> None:
    del company["description"], company["focus_areas"]
    answer = staff.post("companies", company)
    assert answer.status_code == 422
    assert answer.json["errors"][0] == {
        "field": "description",
        "problem": "is missing",
        "fix": "say what the company offers, here or in capabilities with a text each",
    }
    company["capabilities"] = [{"text": "Wound care"}]
    assert staff.post("companies", company).status_code == 201


def test_a_partner_without_needs_is_refused(staff: Caller, partner: Profile) -> None:
    del partner["need"]
    answer = staff.post("partners", partner)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "need")


def test_a_contact_may_be_missing(staff: Caller, company: Profile) -> None:
    assert staff.post("companies", company).json["contact"] is None


def test_a_request_without_needs_takes_those_of_its_partner(
    staff: Caller, created: dict[str, Profile]
) -> None:
    assert staff.get("requests/R1").json["needs"] == staff.get("partners/P1").json["needs"]


@pytest.mark.parametrize("field", ["partner_id", "visit_id"])
def test_a_request_names_what_is_there(staff: Caller, created: dict[str, Profile], field: str) -> None:
    answer = staff.post("requests", {"partner_id": "P1", field: "X9"})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert "X9" in answer.json["errors"][0]["problem"]


@pytest.mark.parametrize(("field", "path"), [("partner_id", "partners/P1"), ("visit_id", "visits/V1")])
def test_a_request_names_nothing_withdrawn(
    staff: Caller, created: dict[str, Profile], field: str, path: str
) -> None:
    staff.post(f"{path}/withdraw", If_Match='"1"')
    answer = staff.post("requests", {"partner_id": "P1", "visit_id": "V1"})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)
    assert "withdrawn" in answer.json["errors"][0]["problem"]


def test_a_request_is_for_no_visit_of_another_partner(
    staff: Caller, created: dict[str, Profile], partner: Profile
) -> None:
    staff.post("partners", {**partner, "id": "P2"})
    staff.put("visits/V1", {**created["visits"], "partner_id": "P1"}, If_Match='"1"')
    answer = staff.post("requests", {"partner_id": "P2", "visit_id": "V1"})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "visit_id")
    assert "another partner" in answer.json["errors"][0]["problem"]
    moved = {**created["requests"], "partner_id": "P2"}
    assert staff.put("requests/R1", moved, If_Match='"1"').status_code == 422


def test_a_visit_goes_to_no_partner_whose_requests_it_does_not_have(
    staff: Caller, created: dict[str, Profile], partner: Profile
) -> None:
    staff.post("partners", {**partner, "id": "P2"})
    moved = {**created["visits"], "partner_id": "P2"}
    answer = staff.put("visits/V1", moved, If_Match='"1"')
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "partner_id")
    assert "R1" in answer.json["errors"][0]["problem"]
    assert staff.put("visits/V1", {**moved, "partner_id": None}, If_Match='"1"').status_code == 200
    assert staff.post("requests", {"partner_id": "P2", "visit_id": "V1"}).status_code == 201


def test_a_request_does_not_come_back_to_a_visit_that_is_another_partners_by_now(
    staff: Caller, created: dict[str, Profile], partner: Profile
) -> None:
    staff.post("partners", {**partner, "id": "P2"})
    staff.post("requests/R1/withdraw", If_Match='"1"')
    assert (
        staff.put("visits/V1", {**created["visits"], "partner_id": "P2"}, If_Match='"1"').status_code == 200
    )
    answer = staff.post("requests/R1/reopen", If_Match='"2"')
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "visit_id")


def test_a_visit_that_stays_its_partners_is_changed_whatever_its_requests_say(
    staff: Caller, created: dict[str, Profile], partner: Profile, database: Database
) -> None:
    """What was kept before partners had to agree keeps nobody from changing a day."""
    staff.post("partners", {**partner, "id": "P2"})
    staff.put("visits/V1", {**created["visits"], "partner_id": "P1"}, If_Match='"1"')
    with database.writing() as connection:
        old = store.get_profile(connection, "requests", "R1")
        assert old is not None
        store.save_profile(connection, "requests", {**old, "partner_id": "P2"})
    changed = {**created["visits"], "partner_id": "P1", "title": "Another title"}
    assert staff.put("visits/V1", changed, If_Match='"2"').status_code == 200


def test_a_state_too_large_for_the_log_is_refused_at_the_door(
    staff: Caller, company: Profile, events: Events
) -> None:
    long = "a" * 4_900
    references = ["b" * 240 + str(number) for number in range(55)]
    company["capabilities"] = [{"text": long, "references": references} for _ in range(50)]
    del company["focus_areas"]
    answer = staff.post("companies", company)
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
    assert "shorter" in answer.json["detail"]
    assert events() == []
    assert staff.get("companies/C1").status_code == 404
