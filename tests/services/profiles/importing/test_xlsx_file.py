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
