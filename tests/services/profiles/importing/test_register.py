"""A register as an organiser keeps it comes in whole, with what was taken as what."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from services.profiles.importing.commands import import_group
from services.profiles.importing.importer import ImportResult, Reading, import_file
from services.profiles.importing.input_file import read_sheet
from services.profiles.importing.reading_lines import reading_lines
from shared.clock import SettableClock
from shared.events.event import Event
from shared.ids import IdSource
from shared.settings.registry import Settings
from shared.sheets.sheet import FileError
from shared.storage.engine import Database
from tests.services.profiles.caller import Caller
from tests.services.profiles.importing.workbooks import ods, ods_cell, ods_row, saved, strict, workbook

HEADINGS = [
    "Medlemsnr", "Företag *", "Land", "Ort", "Hemsida", "Beskrivning av\nverksamheten", "Fokusområden", "Kontaktperson",
    "E-post", "Telefon", "Mobil", "Antal anställda", "Marknader", "Ej marknader", "Kommentar",
]  # fmt: skip
Run = Callable[..., ImportResult]


@pytest.fixture
def run(database: Database, clock: SettableClock, ids: IdSource, tmp_path: Path) -> Run:
    def call(
        content: bytes, kind: str = "companies", name: str = "register.xlsx", **how: Any
    ) -> ImportResult:
        path = tmp_path / name
        path.write_bytes(content)
        return import_file(database, kind, path, clock, ids, how=Reading(**how))

    return call


def register() -> bytes:
    """Return a workbook with a sheet to read first, a hidden one, titles, Swedish headings, lists and notes."""
    book = openpyxl.Workbook()
    first = book["Sheet"]
    first.title = "Läs mig"
    first.append(["Så fylls registret i"])
    lists = book.create_sheet("Listor")
    lists.sheet_state = "veryHidden"
    lists.append(["id", "name", "description"])
    lists.append(["X1", "Norge", "En rad i en lista."])
    sheet = book.create_sheet("Medlemmar")
    sheet.append(["Medlemsregister 2026"])
    sheet.append(["Senast ändrat", "2026-03-01"])
    sheet.append([])
    sheet.append(HEADINGS)
    rows = [
        [42, "Exempel Sängar AB", "Sverige", "Umeå", "sangar.example", "Vårdsängar.", "ageing; hospitals", "Anna Ek",
         "anna@sangar.example", 46701234567, None, 1200, "Norge; Danmark", "Finland", "ring först"],
        [43, "Exempel Larm AB", "Sverige", "Luleå", None, "Larm\u2028för äldre.", "ageing", None, None, None, None, 8],
        [],
        [1007, "Exempel Digital AB", "Sverige", "Malmö", None, "Uppföljning.", "digital", None, None, None, None, 3],
        [44, "Exempel Utan Beskrivning AB", "Sverige", "Gävle"],
        [],
        ["Källa: medlemssystemet"],
    ]  # fmt: skip
    for row in rows:
        sheet.append(row)
    for cell in sheet["A"]:
        cell.number_format = "000000"
    for cell in sheet["L"]:
        cell.number_format = "#,##0"
    sheet.row_dimensions[6].hidden = True  # what a filter hides is data
    return saved(book)


def test_a_register_as_an_organiser_keeps_it_comes_in_whole(run: Run, staff: Caller) -> None:
    result = run(register())
    assert (result.added, result.rejected) == (3, 1)
    state = staff.get("companies/000042").json
    assert (state["name"], state["country"], state["city"]) == ("Exempel Sängar AB", "Sverige", "Umeå")
    assert state["contact"]["phone"] == "46701234567"
    assert state["contact"]["email"] == "anna@sangar.example"
    assert (state["employees"], len(state["markets"]), len(state["excluded_markets"])) == (1200, 2, 1)
    assert state["capabilities"][0]["focus_areas"] == ["ageing", "hospitals"]
    assert staff.get("companies/000043").json["name"] == "Exempel Larm AB"
    assert staff.get("companies/001007").status_code == 200
    assert staff.get("companies/X1").status_code == 404
    assert "description is empty" in str(result.rejections[0])
    notes = " ".join(result.warnings)
    assert "'Medlemsregister 2026' (line 1)" in notes
    assert "'Källa: medlemssystemet' (line 11)" in notes
    assert "kommentar" in notes


def test_it_says_how_each_column_was_read(run: Run) -> None:
    reading = run(register()).reading
    assert reading is not None
    assert (reading.sheet, reading.line) == ("Medlemmar", 4)
    assert reading.other_sheets == ("Läs mig", "Listor (hidden)")
    taken = {column.heading: column.field for column in reading.columns}
    assert taken["Företag *"] == "name"
    assert taken["Beskrivning av verksamheten"] == "description"
    assert (taken["Ej marknader"], taken["Mobil"], taken["Kommentar"]) == ("excluded_markets", "", "")


def test_rejected_rows_of_a_workbook_come_back_as_they_were(run: Run, tmp_path: Path, staff: Caller) -> None:
    rejects = run(register()).rejects_file
    assert rejects == tmp_path / "register.rejected.xlsx"
    assert run(register()).rejects_file == rejects
    book = openpyxl.load_workbook(rejects)
    sheet = book.active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][:2] == ["000044", "Exempel Utan Beskrivning AB"]
    sheet["F2"] = "=Bäddar"
    sheet["F2"].data_type = "s"
    book.save(rejects)
    again = run(rejects.read_bytes(), name="register.rejected.xlsx")
    assert (again.added, again.rejected) == (1, 0)
    assert staff.get("companies/000044").json["description"] == "=Bäddar"


def test_a_dry_run_says_the_same_and_stores_nothing(
    run: Run, staff: Caller, events: Callable[[], list[Event]]
) -> None:
    dry = run(register(), dry_run=True)
    assert (dry.added, dry.rejected, dry.rejects_file) == (3, 1, None)
    assert (staff.get("companies").json["total"], events()) == (0, [])
    wet = run(register())
    assert (dry.added, dry.warnings, dry.rejections, dry.reading) == (
        wet.added,
        wet.warnings,
        wet.rejections,
        wet.reading,
    )
    again = run(register(), dry_run=True)
    assert (again.added, again.unchanged, again.rejected) == (0, 3, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_command_shows_it_before_anything_is_stored(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "register.xlsx"
    file.write_bytes(register())
    environment = {"HANDSLAG_STATE_DIR": str(settings.state_dir), "HANDSLAG_ENV": "dev"}

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(import_group, ["companies", str(file), *arguments], env=environment)

    dry = command("--dry-run")
    assert dry.exit_code == 1
    assert "sheet Medlemmar was read; not read: Läs mig, Listor (hidden)" in dry.stdout
    assert "headings in line 4: Medlemsnr → id, Företag * → name, Land → country" in dry.stdout
    assert "not read: Mobil, Kommentar" in dry.stdout
    assert "3 added, 0 changed, 0 unchanged, 1 rejected" in dry.stdout
    assert "rejected: line 9: description is empty" in dry.stdout
    assert "nothing was stored" in dry.stdout
    assert list(tmp_path.glob("*.rejected*")) == []
    answer = json.loads(command("--dry-run", "--json").stdout.splitlines()[-1])
    assert (answer["added"], answer["dry_run"], answer["reading"]["sheet"]) == (3, True, "Medlemmar")
    assert "Medlemsnr → id" in command().stdout
    assert command("--encoding", "nonsense").exit_code == 1


TABLE = [["id", "name", "description"], ["C1", "Exempel AB", "Beds."]]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_never_read(run: Run, staff: Caller, state: str) -> None:
    lists = [["id", "name", "description"], ["L1", "Norway", "A list."]]
    result = run(workbook({"Lists": lists, "Members": TABLE}, {"Lists": state}))
    assert (result.added, result.reading and result.reading.other_sheets) == (1, ("Lists (hidden)",))
    assert staff.get("companies/L1").status_code == 404
    with pytest.raises(
        FileError, match=r"no sheet with cells that a person sees; not read: Lists \(hidden\)"
    ):
        run(workbook({"Lists": lists, "Empty": []}, {"Lists": state}))


def test_a_second_sheet_with_the_columns_is_named_and_can_be_asked_for(run: Run, staff: Caller) -> None:
    other = [["Namn", "Beskrivning", "Id"], ["Exempel Två AB", "Larm.", "C2"]]
    content = workbook({"A": [["x"]], "Members": TABLE, "Nya medlemmar": other})
    result = run(content)
    assert result.reading is not None
    assert result.reading.other_sheets == ("A", "Nya medlemmar (has the columns too)")
    run(content, sheet="nya medlemmar")
    assert staff.get("companies/C2").json["name"] == "Exempel Två AB"
    with pytest.raises(FileError, match="has no visible sheet 'Gamla'; it has A, Members, Nya medlemmar"):
        run(content, sheet="Gamla")


def test_a_workbook_without_the_columns_names_what_each_sheet_lacks(run: Run) -> None:
    with pytest.raises(FileError) as refused:
        run(workbook({"A": [["Hur man fyller i"]], "B": [["Namn", "Land"], ["x", "y"]]}))
    assert "sheet A lacks name, description" in str(refused.value)
    assert "sheet B lacks description, it has name, country" in str(refused.value)


def test_headings_in_two_rows_are_the_lower_ones(run: Run, staff: Caller) -> None:
    rows: list[list[str]] = [
        ["Namn", "Beskrivning", "Kontakt"],
        ["", "", "Kontaktperson", "E-post"],
        ["A", "b", "c", "d@e.example"],
    ]
    book = openpyxl.Workbook()
    for row in rows:
        book["Sheet"].append(row)
    for merged in ("A1:A2", "B1:B2", "C1:D1"):
        book["Sheet"].merge_cells(merged)
    result = run(saved(book))
    assert (result.added, result.rejected) == (1, 0)


def test_the_strict_form_is_read(run: Run, staff: Caller) -> None:
    content = strict(workbook({"Members": TABLE}))
    assert b"schemas.openxmlformats.org/spreadsheetml" not in content
    assert run(content).added == 1
    assert staff.get("companies/C1").json["name"] == "Exempel AB"


def test_an_open_document_spreadsheet_is_read(run: Run, staff: Caller) -> None:
    members = (
        ods_row("Register 2026")
        + ods_row(more=' table:number-rows-repeated="3"')
        + "<table:table-header-rows>"
        + ods_row("Id", "Namn", "Beskrivning", "Antal anställda", "Stadium", "Evidens")
        + "</table:table-header-rows>"
        + ods_row(
            ods_cell("007", ' office:value-type="float" office:value="7"'),
            "Exempel <text:span>AB</text:span><text:s text:c='2'/>&amp; Co",
            "<table:table-cell office:value-type='string'><office:annotation><text:p>note</text:p></office:annotation>"
            "<text:p>Rad ett.</text:p><text:p>Rad<text:line-break/>två.</text:p></table:table-cell>",
            ods_cell("1\N{NO-BREAK SPACE}200", ' office:value-type="float" office:value="1200"'),
            ods_cell("mars 26", ' office:value-type="date" office:date-value="2026-03-02"'),
            ods_cell(
                "#N/A", ' table:formula="of:=NA()" office:value-type="string" calcext:value-type="error"'
            ),
        )
        + ods_row(more=' table:number-rows-repeated="1048000"')
    )
    result = run(
        ods({"Listor": ods_row("id", "name", "description"), "Medlemmar": members}, ["Listor"]), name="r.ods"
    )
    assert (result.added, result.rejected) == (1, 0)
    assert result.reading is not None
    assert result.reading.other_sheets == ("Listor (hidden)",)
    state = staff.get("companies/007").json
    assert " ".join(state["name"].split()) == "Exempel AB & Co"
    assert (state["description"], state["employees"]) == ("Rad ett.\nRad\ntvå.", 1200)
    assert state["capabilities"][0]["stage"] == "2026-03-02"
    assert any("evidence holds the error #N/A" in note for note in result.warnings)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("<x", "OpenDocument spreadsheet that is broken or encrypted"),
        (ods_row("id") + ods_row("a", more=' table:number-rows-repeated="900000"'), "more than 100000 rows"),
        (ods_row(more=' table:number-rows-repeated="99999999"') + ods_row("a"), "below row"),
        ("", "is empty"),
    ],
)  # fmt: skip
def test_a_crafted_or_broken_open_document_is_one_clear_error(run: Run, rows: str, said: str) -> None:
    with pytest.raises(FileError, match=said):
        run(ods({"A": rows}), name="r.ods")


def test_cells_repeated_without_end_are_a_problem_of_their_row(run: Run) -> None:
    wide = ods_cell("a", ' office:value-type="string" table:number-columns-repeated="999999999"')
    result = run(ods({"A": ods_row("id", "name", "description") + ods_row(wide)}), name="r.ods")
    assert "beyond column 200" in str(result.rejections[0])


@pytest.mark.parametrize(
    ("kind", "headings"),
    [
        (
            "companies",
            "Company name;Country;Town;Web site;Company description;Focus areas;Contact person;E-mail;Phone",
        ),
        ("companies", "Virksomhed;Land;By;Hjemmeside;Beskrivelse;Fokusområder;Kontaktperson;E-mail;Telefon"),
        (
            "companies",
            "Bedriftsnavn;Land;Poststed;Nettside;Beskrivelse;Fokusområder;Kontakt;Epostadresse;Tlf",
        ),
        (
            "companies",
            "Bolag;Land;Ort;Webb;Vad ni erbjuder;Fokusområden;Kontaktpersons namn;E-postadress;Mobilnr",
        ),
        ("companies", "NAMN;LAND;STAD;WEBBPLATS;VERKSAMHET;FOKUSOMRÅDEN;KONTAKT;MEJL;TFN"),
        ("partners", "Namn;Land;Ort;Webbplats;Behov;Fokusområde;Kontaktperson;Epost;Telefonnummer"),
    ],
)
def test_headings_are_known_in_the_languages_of_the_trade(kind: str, headings: str, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(headings + "\n", encoding="utf-8")
    text = "need" if kind == "partners" else "description"
    assert read_sheet(path, kind).names == (
        "name", "country", "city", "website", text, "focus_areas", "contact_name", "contact_email", "contact_phone",
    )  # fmt: skip


def test_a_plain_file_says_nothing_of_its_reading_unless_asked(run: Run) -> None:
    reading = run(b"id,name,description\nC1,A,Beds.\n", name="in.csv").reading
    assert reading is not None
    fields = {
        "format": reading.format, "line": 1, "encoding": reading.encoding, "separator": reading.separator, "sheet": "",
        "other_sheets": (), "columns": [{"heading": one.heading, "field": one.field} for one in reading.columns],
    }  # fmt: skip
    assert reading_lines(fields, always=False) == []
    assert reading_lines(fields, always=True) == [
        "CSV in UTF-8, separated by comma",
        "headings in line 1: id, name, description",
    ]


def test_an_encoding_that_is_named_is_used_and_one_that_is_guessed_is_said(run: Run, staff: Caller) -> None:
    polish = "id;name;description\nC1;Przykładowa Łódź;Usługi.\n".encode("cp1250")
    with pytest.raises(FileError, match="--encoding cp1250"):
        run(polish, name="in.csv")
    run(polish, name="in.csv", encoding="cp1250")
    assert staff.get("companies/C1").json["name"] == "Przykładowa Łódź"
    result = run("id;name;description\nC2;Åre AB;Bäddar.\n".encode("cp1252"), name="in.csv")
    assert "read as Windows-1252" in result.warnings[0]
    assert "Åre" in result.warnings[0]


def test_headings_are_shown_as_they_are_seen(run: Run) -> None:
    head = "\ufeff\ufeffid;na\u200bme;\u2060description;no\u200bte"
    result = run(f"{head}\nC1;A;Beds.;\n".encode(), name="in.csv")
    assert result.reading is not None
    assert [(one.heading, one.field) for one in result.reading.columns] == [
        ("id", "id"), ("name", "name"), ("description", "description"), ("note", ""),
    ]  # fmt: skip
    assert "these columns are not read: note;" in result.warnings[-1]
