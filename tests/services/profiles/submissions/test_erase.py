"""Which submissions an erasure takes: those about the organisation or the person, and no other."""

from __future__ import annotations

import pytest

from services.profiles.organisations.erase import erase
from services.profiles.submissions.erase import erase_about, erase_apart, held_by
from shared.clock import SettableClock
from shared.storage.engine import Database
from tests.services.profiles.caller import Caller, Profile


@pytest.fixture
def of_one_letter(anyone: Caller, staff: Caller, company: Profile, partner: Profile) -> str:
    """A submission that changed the company `C1`, beside the company `c1` and the partner `P1` that it names."""
    staff.post("companies", {**company, "id": "c1", "name": "Lower"})
    staff.post("companies", {**company, "contact": {"name": "Old", "email": "old.person@eta.example"}})
    staff.post("partners", partner)
    body = {
        "name": company["name"],
        "city": "Lund",
        "description": "Ask new@eta.example, too.",
        "contact": {"email": "new@eta.example"},
        "not_to_meet": ["P1"],
    }
    id = str(anyone.post("companies", body).json["id"])
    how = {"record_id": "C1", "record_version": 1, "fields": ["city", "not_to_meet", "contact"]}
    assert staff.post(f"submissions/{id}/let-in", how).status_code == 200
    return id


@pytest.mark.parametrize(
    ("kind", "erased", "stays"),
    [
        ("companies", "C1", False),
        ("companies", "c1", True),
        ("partners", "P1", True),
        ("requests", "C1", True),
    ],
)
def test_only_what_made_or_changed_the_very_record_is_erased_with_it(
    of_one_letter: str, database: Database, clock: SettableClock, kind: str, erased: str, stays: bool
) -> None:
    with database.writing() as connection:
        erase_about(connection, kind, erased, clock())
        assert bool(held_by(connection, of_one_letter)) is stays


@pytest.mark.parametrize(
    ("door", "sent", "stays"),
    [
        ("partners", {"country": "NO", "need": "Beds."}, False),
        ("partners", {"country": "Sweden", "need": "Beds."}, True),
        ("companies", {"country": "Norway", "description": "Beds."}, True),
        ("requests", {"country": "Norway", "need": "Beds."}, False),
    ],
)
def test_a_name_is_the_organisations_for_the_same_kind_and_country_alone(
    anyone: Caller,
    staff: Caller,
    partner: Profile,
    database: Database,
    clock: SettableClock,
    door: str,
    sent: Profile,
    stays: bool,
) -> None:
    staff.post("partners", partner)
    body = {**sent, "name": "FJORD hospital"}
    waiting = anyone.post(door, {"partner": body} if door == "requests" else body).json["id"]
    with database.writing() as connection:
        erase_about(connection, "partners", "P1", clock())
        assert bool(held_by(connection, waiting)) is stays


def test_what_was_let_in_as_a_request_of_a_partner_goes_with_it(
    anyone: Caller, staff: Caller, partner: Profile, database: Database, clock: SettableClock
) -> None:
    staff.post("partners", partner)
    asks = {"partner": {"name": "The fjord's hospital", "country": "Norway", "need": "Beds."}}
    id = anyone.post("requests", asks).json["id"]
    assert staff.post(f"submissions/{id}/let-in", {"partner_id": "P1"}).status_code == 200
    with database.writing() as connection:
        erase_about(connection, "partners", "P1", clock())
        assert held_by(connection, id) == []


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("OLD.person@eta.example", 1),
        ("new@eta.example", 1),
        ("person@eta.example", 0),
        ("old.person@eta.exampl", 0),
        ("a%@eta.example", 0),
    ],
)
def test_an_address_is_found_in_all_that_was_sent_and_in_what_it_changed(
    of_one_letter: str, database: Database, clock: SettableClock, address: str, found: int
) -> None:
    with database.writing() as connection:
        assert len(held_by(connection, address)) == found
        assert erase_apart(connection, address, clock()) == found


def test_the_queue_names_nobody_who_is_erased(
    anyone: Caller, staff: Caller, company: Profile, database: Database, clock: SettableClock
) -> None:
    staff.post("companies", company)
    waiting = anyone.post("companies", {"name": company["name"], "description": "Beds."}).json["id"]
    assert [one["id"] for one in staff.get(f"submissions/{waiting}").json["likely"]] == ["C1"]
    with database.writing() as connection:
        erase(connection, "companies", "C1", clock())
    staff.post("companies", {**company, "id": "C2", "name": "Other"})
    assert staff.get(f"submissions/{waiting}").json["likely"] == []
