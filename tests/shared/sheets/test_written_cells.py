"""Cells that we write, as spreadsheets open them."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.sheets.written_cells import csv_file, guarded, separator_for, unguarded, workbook_file

STARTS = tuple("=+-@\t\r＝＋－＠")
FORMULAS = [
    "=1+1",
    "+46 70",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    " =1",
    '"=1',
    "\N{NO-BREAK SPACE}=1",
]


def opened(content: bytes, separator: str) -> list[str]:
    """Return the cells that a spreadsheet with this separator makes, also where the file has another one."""
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator)
    return [cell for row in rows for cell in row]


def is_formula(cell: str) -> bool:
    return cell.lstrip(' "\N{NO-BREAK SPACE}').startswith(STARTS)


@pytest.mark.parametrize("written", [",", ";", "\t"])
@pytest.mark.parametrize("opens_with", [",", ";", "\t"])
@pytest.mark.parametrize("text", [*FORMULAS, "a;=1+1", "a,=1+1", "a; =1", "a\n=1", 'a;"=1"', "a,b;-1;x"])
def test_no_cell_becomes_a_formula_whatever_separates(text: str, written: str, opens_with: str) -> None:
    content = csv_file([["C1", text, "z"]], written)
    assert not any(map(is_formula, opened(content, opens_with)))
    if written == opens_with:
        assert opened(content, written) == ["C1", guarded(text), "z"]


@given(st.text(st.sampled_from("a'=+-@\t\r\n ;,|\"＝"), max_size=12))
@settings(max_examples=200)
def test_a_guarded_text_comes_back_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not is_formula(guarded(text))


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), min_size=1, max_size=4
    )
)
@settings(max_examples=25)
def test_a_workbook_holds_each_text_as_a_text(row: list[str]) -> None:
    (cells,) = openpyxl.load_workbook(io.BytesIO(workbook_file([row], "T"))).active.iter_rows()  # type: ignore[union-attr]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s"}
    assert {cell.number_format for cell in cells} == {"@"}


def test_what_looks_like_an_escape_is_escaped() -> None:
    (cells,) = openpyxl.load_workbook(io.BytesIO(workbook_file([["_x000D_", "a\x07"]], "T"))).active.values  # type: ignore[union-attr]
    assert cells == ("_x005F_x000D_", "a_x0007_")


def test_the_separator_is_that_of_the_readers_spreadsheet() -> None:
    assert (separator_for("sv"), separator_for("en")) == (";", ",")
