from __future__ import annotations

import unicodedata

import pytest
import sqlalchemy as sa

from services.profiles.tables import PROFILES
from shared.storage.engine import Database
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
        ("q=angstrom", ["C1", "C3", "C5", "C7"]),
        ("q=A%CC%8Angstro%CC%88m%205", ["C5"]),
        ("q=5%20aangstrom", ["C5"]),
        ("q=b%C3%B6realis", ["C2", "C4", "C6"]),
        ("q=-", []),
        ("country=norge", ["C6", "C7"]),
        ("country=NO&q=6", ["C6"]),
    ],
)
def test_a_list_holds_what_all_filters_ask_for(staff: Caller, query: str, ids: list[str]) -> None:
    assert found(staff, query) == ids


def test_a_country_is_found_by_any_name_and_code_in_whatever_spelling_it_is_written(staff: Caller) -> None:
    for number, country in enumerate(("Sweden", "Sverige", "SE", "sweden", "Ruritania", ""), 1):
        staff.post(
            "companies", {"id": f"C{number}", "name": "Exempel", "country": country, "description": "Care."}
        )
    for wanted in ("Sweden", "sweden", "SE", "se", "Sverige", "Schweden", "Su%C3%A8de", "Ruotsi", "Szwecja"):
        assert found(staff, f"country={wanted}") == ["C1", "C2", "C3", "C4"], wanted
    assert found(staff, "country=Norway") == []


def test_a_country_that_is_not_known_is_refused_with_what_to_write(staff: Caller) -> None:
    answer = staff.get("partners?country=Swedn")
    assert answer.status_code == 422
    [error] = answer.json["errors"]
    assert error["field"] == "country"
    assert "'Swedn' is no country" in error["problem"]
    assert "SE, Sweden or Sverige" in error["fix"]


def test_a_name_that_comes_taken_apart_is_kept_composed_and_found_as_people_type_it(staff: Caller) -> None:
    apart = unicodedata.normalize("NFD", "Åre Örtmedicin AB")
    staff.post("companies", {"id": "C1", "name": apart, "country": "Sweden", "description": "Care."})
    staff.post("visits", {"id": "V1", "title": "Besök på Ærø", "direction": "online", "starts_on": "2026-09-14",
                          "ends_on": "2026-09-16"})  # fmt: skip
    assert staff.get("companies/C1").json["name"] == "Åre Örtmedicin AB"
    for typed in (apart, "Åre Ört", "are ort", "ortmedicin ARE"):
        assert found(staff, f"q={typed}") == ["C1"]
    assert [item["id"] for item in staff.get("visits?q=aero besok").json["items"]] == ["V1"]


def test_what_code_of_the_release_before_adds_during_an_upgrade_is_found_as_it_is_written(
    staff: Caller, database: Database
) -> None:
    staff.post("companies", {"id": "C1", "name": "Exempel Väst", "country": "Sweden", "description": "Care."})
    with database.writing() as connection:
        values = {"name_findable": None, "country_code": None}
        connection.execute(sa.update(PROFILES["companies"]).values(values))
    assert found(staff, "country=Sweden&q=exempel") == ["C1"]
    assert found(staff, "country=Norway") == []


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
