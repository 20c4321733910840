"""A few bytes of a file may stand for very many cells or lines: these are counted, not made."""

from __future__ import annotations

import pytest

from services.profiles.importing import xlsx_file
from services.profiles.importing.ods_file import read_ods
from services.profiles.importing.xlsx_file import read_xlsx
from shared.sheets import sheet as sheets
from shared.sheets.csv_file import MOST_LINES, read_csv
from shared.sheets.headings import Headings
from shared.sheets.sheet import FileError
from tests.services.profiles.importing.workbooks import ods, ods_row, rewritten, workbook

HEADINGS = Headings.named(["name", "need"])
MOST = 100_000


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sheets, xlsx_file):
        monkeypatch.setattr(module, "MOST_CELLS", MOST)


def with_far_cells(rows: int) -> bytes:
    """A workbook in which each row has one cell, at the right edge of what a sheet can have."""
    cells = "".join(
        f'<row r="{row}"><c r="XFD{row}" t="inlineStr"><is><t>a</t></is></c></row>'
        for row in range(3, 3 + rows)
    ).encode()

    def change(name: str, member: bytes) -> bytes:
        is_sheet = name.endswith("sheet1.xml")
        return member.replace(b"</sheetData>", cells + b"</sheetData>") if is_sheet else member

    return rewritten(workbook({"Sheet": [["name", "need"], ["A", "Beds"]]}), change)


def with_repeated(times: int) -> bytes:
    cell = '<table:table-cell table:number-columns-repeated="200"><text:p>a</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="{times}">{cell}</table:table-row>'
    return ods({"Sheet": ods_row("name", "need") + ods_row("A", "Beds") + row})


def test_cells_far_to_the_right_are_counted_with_those_before_them() -> None:
    assert len(read_xlsx(with_far_cells(2), HEADINGS).rows) == 1
    with pytest.raises(FileError, match=f"more than {MOST} cells"):
        read_xlsx(with_far_cells(10), HEADINGS)


def test_cells_that_are_repeated_are_counted_as_often() -> None:
    assert len(read_ods(with_repeated(100), HEADINGS).rows) == 101
    with pytest.raises(FileError, match=f"more than {MOST} cells"):
        read_ods(with_repeated(1_000), HEADINGS)


def test_of_cells_without_a_heading_a_few_are_named_and_the_rest_counted() -> None:
    notes = read_ods(with_repeated(100), HEADINGS).reading.notes
    (note,) = [one for one in notes if "have no heading" in one]
    assert note.endswith("'a' (line 3) and 19795 more")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("quoted", ["", '"'])
def test_lines_are_counted_before_they_are_made(end: str, quoted: str) -> None:
    with pytest.raises(FileError, match=f"more than {MOST_LINES} lines"):
        read_csv(f"name,need\nA,{quoted}{end * (MOST_LINES + 1)}{quoted}\n".encode(), HEADINGS)
    assert len(read_csv(f"name,need\nA,Beds{end}B,Wards{end}".encode(), HEADINGS).rows) == 2
