"""An import over a record whose parts came from strangers: none of them is kept unseen."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest

from services.profiles.importing.importer import ImportResult, import_file
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.storage.engine import Database
from tests.services.profiles.caller import Caller, Profile


class Import(Protocol):
    """Imports what a file says."""

    def __call__(self, content: str, kind: str = "partners") -> ImportResult: ...


@pytest.fixture
def run(database: Database, clock: SettableClock, ids: IdSource, tmp_path: Path) -> Import:
    def call(content: str, kind: str = "partners") -> ImportResult:
        path = tmp_path / f"{kind}.csv"
        path.write_text(content)
        return import_file(database, kind, path, clock, ids)

    return call


@pytest.fixture
def let_in(anyone: Caller, staff: Caller) -> str:
    """A partner that a stranger described and staff let in; its id."""
    body = {
        "name": "Fjord Hospital",
        "need": "Beds.",
        "website": "fjord.example",
        "contact": {"email": "ola@fjord.example"},
        "not_to_meet": ["C1"],
    }
    id = anyone.post("partners", body).json["id"]
    return str(staff.post(f"submissions/{id}/let-in", {}).json["records"][0]["id"])


def test_a_stranger_who_waits_has_no_part_in_what_staff_import(
    anyone: Caller, staff: Caller, run: Import
) -> None:
    mallory = {"email": "mallory@example.org"}
    anyone.post(
        "partners",
        {"id": "P001", "name": "Fjord Hospital", "need": "a", "contact": mallory, "not_to_meet": ["C1"]},
    )
    result = run("id,name,country,need\nP001,Fjord Hospital,Norway,Beds.\n")
    assert (result.added, result.changed, result.warnings) == (1, 0, ())
    state = staff.get("partners/P001").json
    assert (state["contact"], state["not_to_meet"]) == (None, [])
    assert {one["made_by"] for one in state["provenance"].values()} == {"import"}


def test_what_is_kept_of_a_strangers_is_named(staff: Caller, run: Import, let_in: str) -> None:
    result = run(f"id,name,need\n{let_in},Fjord Hospital,Beds for two.\n")
    assert result.changed == 1
    assert [warning.partition(" keeps ")[2] for warning in result.warnings] == [
        f"{part}, which came from anyone (staff let it in on 2026-03-02)"
        for part in ("profile", "contact", "blocks")
    ]
    assert staff.get(f"partners/{let_in}").json["provenance"]["needs.n1"]["made_by"] == "import"


def test_what_keeps_a_company_from_others_stays_a_strangers_when_a_file_changes_something_else(
    anyone: Caller, staff: Caller, company: Profile, run: Import
) -> None:
    body = {
        **company,
        "website": "mallory.example",
        "excluded_markets": ["Norway"],
        "competitors": ["C2"],
        "exclusive_distributors": {"Denmark": "Mallory ApS"},
    }
    body.pop("id", None)
    waits = anyone.post("companies", body).json["id"]
    id = staff.post(f"submissions/{waits}/let-in", {}).json["records"][0]["id"]
    row = f"{id},{company['name']},{company['country']},Lund,{company['description']}"
    result = run(f"id,name,country,city,description\n{row}\n", "companies")
    assert result.changed == 1
    kept = [warning.partition(" keeps ")[2].partition(",")[0] for warning in result.warnings]
    assert "blocks" in kept
    assert any(one.startswith("profile (") for one in kept)
    assert any("website" in warning for warning in result.warnings)
    provenance = staff.get(f"companies/{id}").json["provenance"]
    assert (provenance["profile"]["made_by"], provenance["blocks"]["made_by"]) == ("import", "anyone")


def test_a_contact_of_a_file_and_a_strangers_are_never_mixed(staff: Caller, run: Import, let_in: str) -> None:
    run(f"id,name,need,contact_name\n{let_in},Fjord Hospital,Beds.,Our Own Friend\n")
    kept = staff.get(f"partners/{let_in}").json
    assert (kept["contact"]["name"], kept["contact"]["email"]) == (None, "ola@fjord.example")
    assert kept["provenance"]["contact"]["made_by"] == "anyone"
    result = run(f"id,name,need,contact_email\n{let_in},Fjord Hospital,Beds.,real@fjord.example\n")
    after = staff.get(f"partners/{let_in}").json
    assert after["contact"]["email"] == "real@fjord.example"
    assert after["provenance"]["contact"]["made_by"] == "import"
    assert not any(" keeps contact" in warning for warning in result.warnings)


CONFIRMED = ("anyone", "import")
LET_IN = ("anyone", "staff")


def makers(staff: Caller, id: str) -> dict[str, tuple[str, str]]:
    provenance = staff.get(f"partners/{id}").json["provenance"]
    return {part: (one["made_by"], one["confirmed_by"]) for part, one in provenance.items()}


def test_a_file_confirms_the_parts_that_it_says_all_of_and_no_other(
    staff: Caller, run: Import, let_in: str
) -> None:
    result = run(f"id,name,need,focus_areas\n{let_in},Fjord Hospital,Beds.,\n")
    assert (result.unchanged, result.changed) == (1, 0)
    assert makers(staff, let_in) == {
        "profile": LET_IN,  # the file says no website
        "contact": LET_IN,
        "blocks": LET_IN,
        "needs.n1": CONFIRMED,
    }
    whole = "id,name,need,focus_areas,website,contact_email,contact_language,not_to_meet\n"
    row = f"{let_in},Fjord Hospital,Beds.,,fjord.example,ola@fjord.example,,C1\n"
    result = run(whole + row)
    assert (result.unchanged, result.warnings) == (1, ())
    assert set(makers(staff, let_in).values()) == {CONFIRMED}
    version = staff.get(f"partners/{let_in}").json["version"]
    assert run(whole + row).unchanged == 1
    assert staff.get(f"partners/{let_in}").json["version"] == version, "the same file twice changes nothing"


def test_what_a_file_changes_beside_what_it_repeats_confirms_the_latter(
    staff: Caller, run: Import, let_in: str
) -> None:
    run(f"id,name,need,contact_email\n{let_in},Fjord Hospital,Beds for two.,ola@fjord.example\n")
    found = makers(staff, let_in)
    assert (found["needs.n1"], found["contact"]) == (("import", "import"), CONFIRMED)
