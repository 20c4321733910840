from __future__ import annotations

import pytest

from tests.services.profiles.caller import Caller, Profile


@pytest.fixture
def _many(staff: Caller) -> None:
    for number in range(1, 8):
        body = {
            "id": f"C{number}",
            "name": f"Ångström {number}" if number % 2 else f"Borealis_{number}%",
            "country": "Sweden" if number < 6 else "Norway",
            "kind": "digital" if number < 3 else "Care  Provider",
            "description": "Something.",
            "focus_areas": ["amr"] if number == 4 else [],
        }
        assert staff.post("companies", body).status_code == 201
    assert staff.post("companies/C7/withdraw", If_Match='"1"').status_code == 200


def found(staff: Caller, query: str) -> list[str]:
    answer = staff.get(f"companies?{query}")
    assert answer.status_code == 200, answer.json
    ids = [item["id"] for item in answer.json["items"]]
    assert answer.json["total"] == len(ids)
    return ids


@pytest.mark.usefixtures("_many")
@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["C1", "C2", "C3", "C4", "C5", "C6", "C7"]),
        ("status=withdrawn", ["C7"]),
        ("country=Norway", ["C6", "C7"]),
        ("kind=care%20provider&status=active", ["C3", "C4", "C5", "C6"]),
        ("focus_area=amr", ["C4"]),
        ("focus_area=am", []),
        ("q=ÅNGSTRÖM&country=Sweden", ["C1", "C3", "C5"]),
        ("q=_2%25", ["C2"]),
        ("q=%25", ["C2", "C4", "C6"]),
        ("q=nobody", []),
    ],
)
def test_a_list_holds_what_all_filters_ask_for(staff: Caller, query: str, ids: list[str]) -> None:
    assert found(staff, query) == ids


@pytest.mark.usefixtures("_many")
def test_pages_together_hold_everything_once_in_the_order_of_ids(staff: Caller) -> None:
    pages = [staff.get(f"companies?page={page}&page_size=3").json for page in (1, 2, 3, 4)]
    assert [[item["id"] for item in page["items"]] for page in pages] == [
        ["C1", "C2", "C3"],
        ["C4", "C5", "C6"],
        ["C7"],
        [],
    ]
    assert {(page["total"], page["page_size"]) for page in pages} == {(7, 3)}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=" + "9" * 5000, "page"),
        ("page_size=101", "page_size"),
        ("contry=Sweden", "contry"),
    ],
)
def test_a_list_that_is_asked_for_wrongly_names_the_parameter(staff: Caller, query: str, field: str) -> None:
    answer = staff.get(f"companies?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_requests_are_found_by_partner_and_visits_by_direction(
    staff: Caller, partner: Profile, visit: Profile
) -> None:
    staff.post("partners", partner)
    staff.post("partners", {**partner, "id": "P2"})
    staff.post("visits", visit)
    staff.post("visits", {**visit, "id": "V2", "direction": "online", "partner_id": "P2"})
    for id, of in (("R1", "P1"), ("R2", "P2"), ("R3", "P1")):
        staff.post("requests", {"id": id, "partner_id": of})
    assert [item["id"] for item in staff.get("requests?partner_id=P1").json["items"]] == ["R1", "R3"]
    assert [item["id"] for item in staff.get("visits?direction=online").json["items"]] == ["V2"]
    assert [item["id"] for item in staff.get("visits?partner_id=P2").json["items"]] == ["V2"]
