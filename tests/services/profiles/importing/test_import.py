"""Importing files of companies and partners."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from services.profiles.importing.columns import COLUMNS, IMPORT_HELP
from services.profiles.importing.importer import ImportFailedError, ImportResult, import_file
from shared.clock import SettableClock
from shared.events.event import Event
from shared.ids import IdSource
from shared.sheets.sheet import FileError
from shared.storage.engine import Database
from tests.services.profiles.caller import Caller

Import = Callable[..., ImportResult]
Events = Callable[[], list[Event]]
SAMPLE = Path(__file__).parents[4] / "deploy" / "sample"


@pytest.fixture
def run(database: Database, clock: SettableClock, ids: IdSource, tmp_path: Path) -> Import:
    def call(
        content: str | bytes | Path, kind: str = "companies", name: str = "in.csv", **rest: Any
    ) -> ImportResult:
        path = content if isinstance(content, Path) else tmp_path / name
        if not isinstance(content, Path):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_file(database, kind, path, clock, ids, **rest)

    return call


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.added, result.changed, result.unchanged, result.rejected


def table(path: Path | None, separator: str = ",") -> list[list[str]]:
    assert path is not None
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), delimiter=separator))


def test_the_sample_is_imported_and_a_second_time_changes_nothing(run: Import, events: Events) -> None:
    for kind, number in (("companies", 50), ("partners", 30)):
        first = run(SAMPLE / f"{kind}.csv", kind)
        assert (counts(first), first.rejects_file, first.warnings) == ((number, 0, 0, 0), None, ())
        before = len(events())
        assert counts(run(SAMPLE / f"{kind}.csv", kind)) == (0, 0, number, 0)
        assert len(events()) == before
    assert len(events()) == 80


def test_a_row_becomes_a_company_with_one_capability(run: Import, staff: Caller) -> None:
    run(
        "id,name,country,city,website,kind,language,description,focus_areas,source\n"
        "C1,Norrsken,Sweden,Umeå,norrsken.example,Digital,SV,Hemmonitorering.,ageing; digital,web\n"
    )
    state = staff.get("companies/C1").json
    assert state["capabilities"] == [
        {
            "id": "c1",
            "title": "",
            "text": "Hemmonitorering.",
            "focus_areas": ["ageing", "digital"],
            "regulatory_status": None,
            "evidence": "",
            "stage": None,
            "references": [],
        }
    ]
    assert [state[name] for name in ("kind", "language", "membership", "contact")] == [
        "digital",
        "sv",
        "member",
        None,
    ]


def test_every_further_column_fills_its_field(run: Import, staff: Caller) -> None:
    values = {
        "id": "C1",
        "name": "A",
        "country": "Sweden",
        "description": "Beds.",
        "contact_name": "Sales",
        "contact_email": "sales@example.org",
        "contact_phone": "+46 1",
        "contact_language": "sv",
        "markets": "Norway;Denmark",
        "excluded_markets": "Finland",
        "partnership_kinds": "Pilot;distribution",
        "languages": "sv;en",
        "membership": "small_member",
        "employees": "1 200",
        "capacity": "5",
        "regulatory_status": "CE;MDR",
        "evidence": "A study.",
        "stage": "in use",
        "not_to_meet": "P1;P2",
        "existing_customers": "Fjord Hospital",
    }
    text = io.StringIO()
    csv.writer(text).writerows([list(values), list(values.values())])
    assert counts(run(text.getvalue())) == (1, 0, 0, 0)
    state = staff.get("companies/C1").json
    assert state["contact"] == {
        "name": "Sales",
        "email": "sales@example.org",
        "phone": "+46 1",
        "language": "sv",
    }
    assert (state["markets"], state["excluded_markets"]) == (["Norway", "Denmark"], ["Finland"])
    assert (state["partnership_kinds"], state["languages"]) == (["pilot", "distribution"], ["sv", "en"])
    assert (state["membership"], state["employees"], state["capacity"]) == ("small_member", 1200, 5)
    capability = state["capabilities"][0]
    assert (capability["regulatory_status"], capability["evidence"]) == (["CE", "MDR"], "A study.")
    assert capability["stage"] == "in use"
    assert (state["not_to_meet"], state["existing_customers"]) == (["P1", "P2"], ["Fjord Hospital"])


def test_a_row_becomes_a_partner_with_one_need(run: Import, staff: Caller) -> None:
    run(
        'id;name;need;focus_areas;description\nP1;Sykehus;"Mindre\ninfeksjon";"amr;hospitals";Stort\n',
        "partners",
    )
    state = staff.get("partners/P1").json
    assert state["needs"] == [
        {
            "id": "n1",
            "title": "",
            "text": "Mindre\ninfeksjon",
            "focus_areas": ["amr", "hospitals"],
            "requirements": "",
        }
    ]
    assert state["description"] == "Stort"


def test_the_same_in_xlsx(run: Import, staff: Caller) -> None:
    book = openpyxl.Workbook()
    for row in (("ID", "Name", "Description", "Employees"), (7, "Ångström", "Beds.", 40)):
        book["Sheet"].append(row)
    content = io.BytesIO()
    book.save(content)
    assert counts(run(content.getvalue(), name="in.xlsx")) == (1, 0, 0, 0)
    assert counts(run(content.getvalue(), name="in.xlsx")) == (0, 0, 1, 0)
    assert staff.get("companies/7").json["employees"] == 40


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_what_a_swedish_spreadsheet_saves_is_read(run: Import, staff: Caller, encoding: str) -> None:
    content = (
        'id;name;description;focus_areas\r\nC1;Ångström & Söner;Bäddar – för äldre;"ageing;hospitals"\r\n'
    )
    assert counts(run(content.encode(encoding))) == (1, 0, 0, 0)
    state = staff.get("companies/C1").json
    assert state["name"] == "Ångström & Söner"
    assert state["capabilities"][0]["focus_areas"] == ["ageing", "hospitals"]


def test_a_changed_row_makes_a_new_version_and_leaves_what_the_file_does_not_say(
    run: Import, staff: Caller, events: Events
) -> None:
    run("id,name,description,city\nC1,A,Beds.,Umeå\nC2,B,Chairs.,Luleå\n")
    state = staff.get("companies/C1").json
    staff.put(
        "companies/C1",
        {**state, "contact": {"email": "a@example.org"}, "markets": ["Norway"]},
        If_Match='"1"',
    )
    result = run("id,name,description,city,contact_email\nC1,A,New beds.,,\nC2,B,Chairs.,Luleå,\n")
    assert counts(result) == (0, 1, 1, 0)
    state = staff.get("companies/C1").json
    assert (state["version"], state["description"], state["city"]) == (3, "New beds.", "")
    assert state["capabilities"][0]["text"] == "New beds."
    assert (state["contact"]["email"], state["markets"]) == ("a@example.org", ["Norway"])
    assert events()[-1].id == "C1:3"


def test_capabilities_that_a_file_cannot_describe_are_left_alone_with_a_warning(
    run: Import, staff: Caller
) -> None:
    offers = [{"id": "x", "text": "Beds"}, {"id": "y", "text": "Chairs"}]
    staff.post("companies", {"id": "C1", "name": "A", "capabilities": offers})
    result = run("id,name,description\nC1,B,Tables\n")
    assert counts(result) == (0, 1, 0, 0)
    assert "line 2: C1 has capabilities of its own" in result.warnings[0]
    state = staff.get("companies/C1").json
    assert (state["name"], [item["text"] for item in state["capabilities"]]) == ("B", ["Beds", "Chairs"])


def test_bad_rows_stop_no_others_and_come_with_line_and_reasons(run: Import, staff: Caller) -> None:
    result = run(
        "id,name,description,employees,focus_areas,contact_email\n"
        "C1,A,Beds.,,,\n"
        "C2,,Beds.,,,\n"
        "C3,C,,,,\n"
        "C4,D,Beds.,many,joy,nobody\n"
        "C 5,E,Beds.,,,\n"
        "C6,F\x07,Beds.,,,\n"
        "C1,G,Beds.,,,\n"
        "C8,H,Beds.,,,,lost\n"
        "C9,I,Beds.,,,\n"
    )
    assert counts(result) == (3, 0, 0, 6)
    reasons = {row[0]: row[-1] for row in table(result.rejects_file)[1:] if row[0] != "C8"}
    assert reasons["C2"].startswith("line 3: name is empty")
    assert reasons["C3"].startswith("line 4: description is empty")
    assert [
        part in said
        for part, said in zip(
            ("contact_email 'nobody' is no mail", "employees 'many'", "focus_areas 'joy'"),
            sorted(one for one in result.warnings if one.startswith("line 5: ")),
            strict=True,
        )
    ] == [True] * 3
    assert reasons["C 5"].startswith("line 6: id is no identifier")
    assert "U+0007" in reasons["C6"]
    assert "the id C1 of line 8 is on line 2 already" in reasons["C1"]
    assert "'lost' in column 7" in str(result.rejections[-1])
    assert staff.get("companies/C1").json["name"] == "A"


def test_rejected_rows_are_mended_and_imported_again(run: Import, staff: Caller) -> None:
    first = run('Id;Name;Description;source\nC1;A;Beds.;w\nC2;;"A; ""b""\nc";w\n')
    assert first.rejects_file is not None
    assert first.rejects_file.name == "in.rejected.csv"
    assert first.rejects_file.read_bytes().startswith(b"\xef\xbb\xbf")
    header, row = table(first.rejects_file, ";")
    assert (header, row[:-1]) == (
        ["Id", "Name", "Description", "source", "reasons"],
        ["C2", "", 'A; "b"\nc', "w"],
    )
    again = run(first.rejects_file)
    assert (counts(again), again.warnings) == ((0, 0, 0, 1), ())
    mended = first.rejects_file.read_text("utf-8-sig").replace("C2;;", "C2;B;")
    first.rejects_file.write_text(mended, "utf-8-sig")
    assert counts(run(first.rejects_file)) == (1, 0, 0, 0)
    assert staff.get("companies/C2").json["description"] == 'A; "b"\nc'


def test_a_rejects_file_that_somebody_mends_is_never_overwritten(run: Import, tmp_path: Path) -> None:
    content = "id,name,description\nC1,,Beds.\n"
    first = run(content).rejects_file
    assert first is not None
    assert run(content).rejects_file == first
    first.write_text("half mended")
    second = run(content).rejects_file
    assert second == tmp_path / "in.rejected-2.csv"
    assert first.read_text() == "half mended"


def test_rejects_go_to_the_folder_that_is_named(run: Import, tmp_path: Path) -> None:
    result = run("id,name,description\nC1,,Beds.\n", rejects_folder=tmp_path / "new" / "folder")
    assert result.rejects_file == tmp_path / "new" / "folder" / "in.rejected.csv"


def test_rejects_that_cannot_be_written_are_told_with_what_was_saved(
    run: Import, tmp_path: Path, staff: Caller
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ImportFailedError, match="could not be written") as failed:
        run("id,name,description\nC1,,Beds.\nC2,B,Beds.\n", rejects_folder=tmp_path / "file" / "folder")
    assert counts(failed.value.result) == (1, 0, 0, 1)
    assert "name is empty" in str(failed.value.result.rejections[0])
    assert staff.get("companies/C2").status_code == 200


def test_a_row_without_an_id_gets_one_from_name_and_country_that_stays(run: Import, staff: Caller) -> None:
    first = run("id,name,country,description\n,Ångström,Sweden,Beds.\n")
    assert "line 2: has no id; company-" in first.warnings[0]
    assert counts(run("name,country,description\n ÅNGSTRÖM ,sweden,Beds.\n")) == (0, 1, 0, 0)
    second = run("name,country,description\nÅngström,Norway,Beds.\nångström,norway,Chairs.\n")
    assert counts(second) == (1, 0, 0, 1)


def test_a_withdrawn_company_is_not_brought_back_by_a_file(run: Import, staff: Caller) -> None:
    content = "id,name,description\nC1,A,Beds.\n"
    run(content)
    staff.post("companies/C1/withdraw", If_Match='"1"')
    result = run(content)
    assert counts(result) == (0, 0, 0, 1)
    assert "withdrawn" in str(result.rejections[0])


def test_unknown_columns_are_named_in_a_warning(run: Import) -> None:
    result = run("id,name,description,colour,Shape,source,reasons\nC1,A,Beds.,red,round,w,old\n")
    assert counts(result) == (1, 0, 0, 0)
    assert result.warnings[0].startswith("these columns are not read: colour, shape;")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("in.csv", b"id,name\nC1,A\n", "lacks the columns description; it has id, name"),
        ("in.csv", b"", "is empty"),
        ("in.csv", b'id,name,description\nC1,A,"Beds\n', "never closes"),
        ("in.xlsx", b"PK\x03\x04broken", "is a broken workbook"),
        ("in.xlsx", b"id,name,description\n", "is no workbook"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_error_and_imports_nothing(
    run: Import, events: Events, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(FileError, match=said) as refused:
        run(content, name=name)
    assert str(refused.value).startswith(name)
    assert "Nothing was imported" in str(refused.value)
    assert events() == []


def test_a_file_that_is_not_there_is_said_so(run: Import, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: No such file"):
        run(tmp_path / "nowhere.csv")


def many(numbers: Sequence[int]) -> str:
    return "id,name,description\n" + "".join(f"C{number},A,Beds.\n" for number in numbers)


def test_progress_is_told_after_every_chunk(run: Import) -> None:
    told: list[tuple[int, int]] = []
    run(many(range(450)), progress=lambda done, all: told.append((done, all)))
    assert told == [(200, 450), (400, 450), (450, 450)]


@pytest.fixture
def nearly_full(database: Database) -> Iterator[Callable[[], None]]:
    """Have the database be full when it holds about 300 companies more, until it is called."""
    limits = {"pages": 0}

    def limit(connection: Any) -> None:
        if limits["pages"]:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {limits['pages']}")

    sa.event.listen(database.engine, "begin", limit)
    with database.reading() as connection:
        limits["pages"] = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one()) + 150

    def make_room() -> None:
        limits["pages"] = 1_000_000

    yield make_room
    sa.event.remove(database.engine, "begin", limit)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL has no such limit to set
def test_a_disk_that_fills_keeps_whole_chunks_and_the_import_is_taken_up_again(
    run: Import, nearly_full: Callable[[], None], events: Events, staff: Caller
) -> None:
    with pytest.raises(ImportFailedError, match="full") as failed:
        run(many(range(2000)))
    saved = failed.value.result.added
    assert saved
    assert saved % 200 == 0
    assert saved == len(events()) == staff.get("companies").json["total"]
    nearly_full()
    assert counts(run(many(range(2000)))) == (2000 - saved, 0, saved, 0)


def test_the_help_names_every_column() -> None:
    for columns in COLUMNS.values():
        for name in columns:
            assert f"  {name} " in IMPORT_HELP or f"  {name}\n" in IMPORT_HELP
