"""XLSX workbooks, whole, broken and crafted."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest

from services.profiles.importing import xlsx_file
from shared.sheets import file_kind
from shared.sheets.file_kind import FileKind
from shared.sheets.headings import Headings
from shared.sheets.sheet import FileError, Sheet

NAMED = Headings.named(("id", "name"), ("id", "name"))


def read_xlsx(content: bytes) -> Sheet:
    assert file_kind.file_kind(content) is FileKind.XLSX
    return xlsx_file.read_xlsx(content, NAMED)


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book["Sheet"].append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def changed(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            new.writestr(member, change(old.read(member)) if member == name else old.read(member))
    return result.getvalue()


GOOD = workbook(("id", "name"), ("C1", "Ångström"))
SHEET = "xl/worksheets/sheet1.xml"


def test_cells_are_read_as_texts_with_the_numbers_of_their_rows() -> None:
    content = workbook(
        ("ID", "name", "employees", "day"),
        (),
        (12, "Больница", 40.0, date(2026, 3, 2)),
        ("C2", None, 1.5, True),
    )
    sheet = read_xlsx(content)
    assert sheet.names == ("id", "name", "employees", "day")
    assert [(row.line, row.cells) for row in sheet.rows] == [
        (3, ("12", "Больница", "40", "2026-03-02")),
        (4, ("C2", "", "1.5", "TRUE")),
    ]


def test_an_error_in_a_cell_is_a_problem_of_its_row() -> None:
    first, second = read_xlsx(workbook(("id", "name"), ("C1", "#N/A"), ("C2", "b"))).rows
    assert "#N/A in column 2" in first.problem
    assert second.problem == ""


@pytest.mark.parametrize(
    "content",
    [
        GOOD[: len(GOOD) // 2],
        b"PK\x03\x04" + b"\0" * 100,
        changed(GOOD, SHEET, lambda xml: xml[:-30]),
        changed(GOOD, "xl/workbook.xml", lambda _xml: b"<nonsense/>"),
        changed(GOOD, "[Content_Types].xml", lambda _xml: b""),
    ],
    ids=["cut off", "no archive", "broken sheet", "broken workbook", "no types"],
)
def test_a_broken_workbook_is_one_clear_error(content: bytes) -> None:
    with pytest.raises(FileError, match=r"broken workbook|no sheet"):
        read_xlsx(content)


def test_an_encrypted_workbook_is_said_to_be_so() -> None:
    with pytest.raises(FileError, match="encrypted or in the old XLS format"):
        read_xlsx(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    bomb = changed(GOOD, SHEET, lambda _xml: b"\0" * (file_kind.MOST_UNPACKED_BYTES + 1))
    assert len(bomb) < 1_000_000
    with pytest.raises(FileError, match="unpacks to more than 100 MB"):
        read_xlsx(bomb)


def test_entities_are_not_expanded() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    with pytest.raises(FileError, match="broken workbook") as refused:
        read_xlsx(changed(GOOD, SHEET, lambda xml: laughs + xml))
    causes = []
    cause: BaseException | None = refused.value
    while cause is not None:
        causes.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    assert "EntitiesForbidden" in causes


def test_a_cell_far_below_every_sheet_is_refused() -> None:
    far = changed(GOOD, SHEET, lambda xml: xml.replace(b'r="2"', b'r="999999999"'))
    with pytest.raises(FileError, match="below row"):
        read_xlsx(far)


def test_a_cell_far_to_the_right_is_a_problem_of_its_row() -> None:
    (row,) = read_xlsx(changed(GOOD, SHEET, lambda xml: xml.replace(b'r="B2"', b'r="XFD2"'))).rows
    assert "beyond column 200" in row.problem


def test_an_empty_workbook_is_said_to_be_empty() -> None:
    with pytest.raises(FileError, match="is empty"):
        read_xlsx(workbook())


LONG = Headings.named(("id", "name", "text", "day"), ("id", "name"))


def read_long(content: bytes) -> Sheet:
    return xlsx_file.read_xlsx(content, LONG)


def test_a_formula_counts_as_its_saved_value_and_without_one_is_named() -> None:
    content = workbook(
        ("id", "name", "text"), ("C1", "=A2", "=1+1"), ("C2", "b", "=1+1"), ("C3", "c", "=1+1")
    )

    def saved(xml: bytes) -> bytes:
        xml = xml.replace(b'<c r="C3"><f>1+1</f><v /></c>', b'<c r="C3"><f>1+1</f><v>2</v></c>')
        return xml.replace(b'<c r="C4"><f>1+1</f><v /></c>', b'<c r="C4" t="str"><f>1+1</f><v></v></c>')

    sheet = read_long(changed(content, SHEET, saved))
    assert "a formula without its value in column 2" in sheet.rows[0].problem
    assert [(row.cells, row.problem) for row in sheet.rows[1:]] == [(("C2", "b", "2"), ""), (("C3", "c"), "")]
    (note,) = sheet.reading.notes
    assert note.startswith("line 2: text holds a formula without its value in column 3")


def test_an_error_in_a_column_that_may_be_empty_is_not_known_and_named() -> None:
    sheet = read_long(workbook(("id", "name", "text"), ("C1", "a", "#REF!")))
    assert [(row.cells, row.problem) for row in sheet.rows] == [(("C1", "a", ""), "")]
    assert "line 2: text holds the error #REF! in column 3" in sheet.reading.notes[0]


def test_what_is_merged_downwards_counts_in_each_row() -> None:
    book = openpyxl.Workbook()
    for row in (("id", "name", "text"), ("C1", "a", "Norr"), ("C2", "b"), ("C3", "c"), ("C4", "d")):
        book["Sheet"].append(row)
    book["Sheet"].merge_cells("C2:C4")
    content = io.BytesIO()
    book.save(content)
    assert [row.cells[2:] for row in read_long(content.getvalue()).rows] == [
        ("Norr",),
        ("Norr",),
        ("Norr",),
        (),
    ]


def test_merging_without_end_is_refused() -> None:
    merged = b'</sheetData><mergeCells><mergeCell ref="A1:A999999"/></mergeCells>'
    huge = changed(GOOD, SHEET, lambda xml: xml.replace(b"</sheetData>", merged))
    with pytest.raises(FileError, match="merges more than"):
        read_xlsx(huge)


def test_a_remark_in_a_column_without_heading_is_named_and_costs_no_row() -> None:
    sheet = read_long(workbook(("id", "name"), ("C1", "a", None, "ring först")))
    assert sheet.rows[0].problem == ""
    assert "'ring först' (line 2)" in sheet.reading.notes[0]


def test_escapes_in_texts_are_read() -> None:
    (row,) = read_long(workbook(("id", "name"), ("C1", "a_x000D_\nb_x000B_c _x005F_x000D_"))).rows
    assert row.cells == ("C1", "a\nb\nc _x000D_")


def test_days_are_read_as_days() -> None:
    (row,) = read_long(workbook(("id", "name", "day"), ("C1", "a", date(2026, 1, 2)))).rows
    assert row.cells[2] == "2026-01-02"


def test_more_sheets_than_any_register_has_are_refused() -> None:
    book = openpyxl.Workbook()
    for number in range(201):
        book.create_sheet(f"S{number}")
    content = io.BytesIO()
    book.save(content)
    with pytest.raises(FileError, match="more than 200 sheets"):
        read_xlsx(content.getvalue())
