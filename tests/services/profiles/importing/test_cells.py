"""Cells as people fill them: read as they are meant, or left out with a warning that says how to mend them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.profiles.importing.importer import ImportResult, import_file
from services.profiles.organisations import store
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.storage.engine import Database

TakeIn = Callable[..., tuple[ImportResult, dict[str, Any]]]

pytestmark = pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # nothing here is about databases


@pytest.fixture
def take_in(database: Database, clock: SettableClock, ids: IdSource, tmp_path: Path) -> TakeIn:
    """Import one company, and return what came of it with its state, which is empty when it was rejected."""

    def call(**cells: str) -> tuple[ImportResult, dict[str, Any]]:
        row = {"id": "C1", "name": "Exempel AB", "country": "Sweden", "description": "Beds.", **cells}
        text = io.StringIO()
        csv.writer(text).writerows([list(row), list(row.values())])
        path = tmp_path / "in.csv"
        path.write_bytes(text.getvalue().encode())
        result = import_file(database, "companies", path, clock, ids)
        with database.reading() as connection:
            return result, store.get_profile(connection, "companies", row["id"]) or {}

    return call


def found(state: dict[str, Any], field: str) -> Any:
    """Return what a column set: a field of the company, of its contact, or of its one capability."""
    if field.startswith("contact_"):
        return state["contact"][field.removeprefix("contact_")] if state["contact"] else None
    return state[field] if field in state else state["capabilities"][0][field]


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("markets", "Norge, Danmark", ["Norge", "Danmark"]),
        ("markets", "Finland / Tyskland", ["Finland", "Tyskland"]),
        ("markets", "Bosnia and Herzegovina", ["Bosnia and Herzegovina"]),
        ("markets", "• Norway\n• EU & Benelux", ["Norway", "EU", "Benelux"]),
        ("markets", "NA; SE", ["NA", "SE"]),
        ("markets", "Namibia", ["Namibia"]),
        ("excluded_markets", "Norge och Danmark", ["Norge", "Danmark"]),
        ("languages", "svenska, English/nb", ["sv", "en", "nb"]),
        ("focus_areas", "Ageing, Digital", ["ageing", "digital"]),
        ("focus_areas", "Cancervård; Smart, safe, sustainable hospital", ["cancer", "hospitals"]),
        ("regulatory_status", "CE och FDA", ["CE", "FDA"]),
        ("partnership_kinds", "Pilot, distribution / R&D", ["pilot", "distribution", "r&d"]),
        ("not_to_meet", "P1, P2 och P3", ["P1", "P2", "P3"]),
        ("existing_customers", "Fjord\nExempel, Inc., Region X", ["Fjord", "Exempel, Inc.", "Region X"]),
        ("language", "sv-SE", "sv"),
        ("language", "Swedish", "sv"),
        ("membership", "Medlem", "member"),
        ("membership", "Small Member", "small_member"),
        ("employees", "1,200", 1200),
        ("employees", "1.200", 1200),
        ("employees", "1 200 anställda", 1200),
        ("employees", "1\u202f200", 1200),
        ("employees", "1200,0", 1200),
        ("contact_email", "Anna Exempel <anna@exempel.example>", "anna@exempel.example"),
        ("contact_email", "mailto:anna@exempel.example", "anna@exempel.example"),
        ("contact_email", "\u200banna@exempel.example\u00a0", "anna@exempel.example"),
        ("contact_email", "Anna Exempel, anna@exempel.example", "anna@exempel.example"),
        ("language", "English (UK)", "en"),
        ("country", "Sverige (SE)", "Sverige"),
        ("name", "Exempel AB\n(formerly Annat AB)", "Exempel AB (formerly Annat AB)"),
        ("name", "\ufeffExempel\u00ad \u200bAB\u2028", "Exempel AB"),
        ("name", "Exempel &amp; So\u0308ner", "Exempel & Söner"),
        ("description", "One\vtwo\u2028three", "One\ntwo\nthree"),
        ("description", "<p>Beds &amp; chairs</p><ul><li>V&aring;rd</li></ul>", "Beds & chairs\n\nVård"),
        ("description", "&lt;p&gt;Beds &amp;amp; chairs&lt;/p&gt;", "Beds & chairs"),
        ("description", "Alarms for < 5 beds & > 2, R&D, <Exempel>", "Alarms for < 5 beds & > 2, R&D, <Exempel>"),
    ],
)  # fmt: skip
def test_a_cell_is_read_as_it_is_meant(take_in: TakeIn, column: str, cell: str, value: Any) -> None:
    result, state = take_in(**{column: cell})
    assert (result.added, result.warnings) == (1, ())
    assert found(state, "text" if column == "description" else column) == value


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("markets", "N/A", None),
        ("markets", "NA", None),
        ("markets", "n.a.", None),
        ("excluded_markets", "?", []),
        ("excluded_markets", "inga", []),
        ("regulatory_status", "N/A", None),
        ("regulatory_status", "ikke kjent", None),
        ("languages", "TBD", []),
        ("employees", "okänt", None),
        ("country", "k.A.", ""),
        ("website", "saknas", ""),
        ("contact_name", "–", None),
        ("membership", "unknown", "member"),
        ("stage", "none yet", None),
    ],
)
def test_a_cell_that_says_that_nothing_is_known_is_empty_and_told(
    take_in: TakeIn, column: str, cell: str, value: Any
) -> None:
    result, state = take_in(**{"contact_email": "a@exempel.example", column: cell})
    assert result.added == 1
    assert result.warnings == (
        f"line 2: {column} {cell!r} is taken for empty: it says that nothing is known",
    )
    assert found(state, column) == value


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("markets", "Norway, Atlantis", "'Atlantis' is no country and no group"),
        ("languages", "sv, gibberish", "'gibberish' is no language that is known; write its code"),
        ("focus_areas", "joy, digital", "'joy' is no focus area; choose from cancer"),
        ("language", "sv, en", "names several languages; write the code of one"),
        ("country", "Sweden/Norway", "names several countries; write the name of one"),
        ("membership", "Gold", "'Gold' is none of the words that are taken; write one of member"),
        ("employees", "ca 50", "'ca 50' is not one whole number; write it in digits"),
        ("employees", "50+", "not one whole number"),
        ("employees", "10-20", "not one whole number"),
        ("employees", "99999999", "must be a whole number from 0 to"),
        ("website", "exempel,example", "is no web address; write for instance"),
        ("contact_email", "a@exempel.example, b@exempel.example", "more than one address"),
        ("contact_name", "Anna", "has no mail address beside it; write one in contact_email"),
        ("city", "c" * 121, "has 121 characters"),
    ],
)
def test_an_optional_cell_that_cannot_be_read_is_left_out_with_a_warning(
    take_in: TakeIn, column: str, cell: str, said: str
) -> None:
    result, state = take_in(**{column: cell})
    (warning,) = result.warnings
    assert (result.added, result.rejected) == (1, 0)
    assert warning.startswith(f"line 2: {column} ")
    assert said in warning
    assert found(state, column) in (None, "", [], "member")


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("name", "N/A", "name is missing: 'N/A' says that it is not known; give it"),
        ("description", "-", "description is missing: '-' says"),
        ("excluded_markets", "Norway, Atlantis", "excluded_markets 'Atlantis' is no country"),
        ("excluded_markets", "no", "excluded_markets 'no' is no country"),
        ("not_to_meet", "Fjord Hospital", "not_to_meet 'Fjord Hospital' is no identifier"),
        ("description", "a\x07b", "description holds the control character U+0007"),
    ],
)
def test_a_cell_that_says_who_it_is_or_whom_not_to_meet_rejects_the_row(
    take_in: TakeIn, column: str, cell: str, said: str
) -> None:
    result, state = take_in(employees="many", **{column: cell})
    assert (result.rejected, result.warnings, state) == (1, (), {})
    (rejection,) = result.rejections
    assert rejection.reasons[0].startswith(said)
    assert [one for one in rejection.reasons if one.startswith("employees")]
    assert len(set(rejection.reasons)) == len(rejection.reasons) == 2


def test_a_name_beside_an_address_is_the_contacts_unless_another_is_given(take_in: TakeIn) -> None:
    address = "Anna Exempel <anna@exempel.example>"
    assert found(take_in(contact_email=address)[1], "contact_name") == "Anna Exempel"
    assert found(take_in(contact_email=address, contact_name="Berit")[1], "contact_name") == "Berit"


def test_a_cell_that_cannot_be_read_leaves_what_is_there(take_in: TakeIn) -> None:
    take_in(markets="Norway", employees="12", city="Umeå")
    result, state = take_in(markets="Atlantis", employees="many", city="N/A")
    assert [found(state, name) for name in ("markets", "employees", "city")] == [["Norway"], 12, ""]
    assert len(result.warnings) == 3


def test_what_an_older_version_took_stays_until_a_cell_changes_it(
    take_in: TakeIn, database: Database
) -> None:
    _, state = take_in()
    with database.writing() as connection:
        old = {**state, "markets": ["Atlantis"], "contact": {"email": "nobody"}}
        store.save_profile(connection, "companies", old)
    result, state = take_in(city="Umeå")
    assert (result.changed, result.warnings) == (1, ())
    assert (state["city"], state["markets"], state["contact"]) == ("Umeå", ["Atlantis"], {"email": "nobody"})
    assert take_in(markets="Norway")[1]["markets"] == ["Norway"]


def test_many_cells_that_are_taken_for_empty_are_told_together(
    database: Database, clock: SettableClock, ids: IdSource, tmp_path: Path
) -> None:
    path = tmp_path / "in.csv"
    rows = "".join(f"C{number},A,Beds.,N/A\n" for number in range(23))
    path.write_text(f"id,name,description,city\n{rows}")
    (warning,) = import_file(database, "companies", path, clock, ids).warnings
    assert warning.startswith("lines 2, 3, 4, ")
    assert "and 3 more: city 'N/A' is taken for empty" in warning
