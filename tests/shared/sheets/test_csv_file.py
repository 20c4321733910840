"""CSV in the forms that people and spreadsheets save it in."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sheets.csv_file import read_csv
from shared.sheets.headings import Headings
from shared.sheets.sheet import FileError

KNOWN = Headings.named(("id", "name", "country", "description", "focus_areas"))
TEXT = 'id,name,description\nC1,Ångström,"Vård – ""hemma"", dygnet\nrunt"\n'
CELLS = ("C1", "Ångström", 'Vård – "hemma", dygnet\nrunt')


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("utf-8"),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("cp1252"),
    ],
    ids=["utf-8", "utf-8 bom", "utf-16 bom", "utf-16-le", "utf-16-be", "utf-16-be bom", "windows-1252"],
)
def test_every_usual_encoding_is_read_alike(content: bytes) -> None:
    sheet = read_csv(content, KNOWN)
    assert sheet.names == ("id", "name", "description")
    assert [row.cells for row in sheet.rows] == [CELLS]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_seen_in_the_header(separator: str) -> None:
    content = TEXT.replace(",", separator).replace(f'hemma""{separator}', 'hemma"",')
    sheet = read_csv(content.encode(), KNOWN)
    assert (sheet.separator, [row.cells for row in sheet.rows]) == (separator, [CELLS])


def test_a_line_that_names_the_separator_is_believed() -> None:
    sheet = read_csv(b"sep=;\r\nid;name\r\nC1;A, B\r\n", KNOWN)
    assert [(row.line, row.cells) for row in sheet.rows] == [(3, ("C1", "A, B"))]


def test_names_of_columns_are_read_in_any_case_and_empty_rows_are_left_out() -> None:
    sheet = read_csv(b" ID ,Name,\r\n\r\n,,\r\nC1,A\r\n", KNOWN)
    assert sheet.names == ("id", "name")
    assert [sheet.values(row) for row in sheet.rows] == [{"id": "C1", "name": "A"}]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    sheet = read_csv(b'id,name\r\nC1,"a\r\nb"\r\n\r\nC2,c\r\n', KNOWN)
    assert [row.line for row in sheet.rows] == [2, 5]


def test_a_cell_beyond_the_header_is_a_problem_of_its_row_alone() -> None:
    first, second = read_csv(b"id,name\nC1,a,lost\nC2,b,,\n", KNOWN).rows
    assert "'lost' in column 3" in first.problem
    assert second.problem == ""


def test_a_badly_quoted_row_is_a_problem_of_its_own_alone() -> None:
    first, second = read_csv(b'id,name\nC1,"a"b\nC2,c\n', KNOWN).rows
    assert "badly quoted" in first.problem
    assert (second.line, second.cells, second.problem) == (3, ("C2", "c"), "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b'id,name\nC1,a\nC2,"b\nC3,c\n', "quote in the row of line 3 that never closes"),
        (b"id,ID\n1,2\n", "names a column twice: id"),
        ("id,name\nC1,Ångström åäö\n".encode() + b"C2,\xe5\n", "UTF-8 except in line 3"),
        (b"id,name\nC1,\x81\x8d\n", "no encoding"),
        (b"\xff\xfei\0d", "no encoding that is taken"),
        (b",".join(b"c%d" % number for number in range(300)) + b"\n", "more than 200 columns"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_sheet_can_be_read_from_is_said(content: bytes, said: str) -> None:
    with pytest.raises(FileError, match=said):
        read_csv(content, KNOWN)


def test_a_large_cell_is_read_whole() -> None:
    (row,) = read_csv(b"id,name\nC1," + b"x" * 300_000 + b"\n", KNOWN).rows
    assert len(row.cells[1]) == 300_000


# What looks encoded twice (`Ã¥`) is mended, which `test_text_encoding` shows.
cells = st.text(st.characters(codec="utf-8", exclude_characters="\0ÂÃâÄÅ√≈"), max_size=30)
rows = st.lists(st.lists(cells, min_size=3, max_size=3), max_size=8)


@given(rows, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_what_was_written_as_csv_is_read_as_it_was(
    written: list[list[str]], separator: str, encoding: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(
        [["id", "name", "description"], *written]
    )
    sheet = read_csv(text.getvalue().encode(encoding), KNOWN)
    assert [list(row.cells) for row in sheet.rows] == [row for row in written if any(map(str.strip, row))]
    assert all(row.problem == "" for row in sheet.rows)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_sheet_or_a_clear_error(content: bytes) -> None:
    try:
        sheet = read_csv(content, KNOWN)
    except FileError:
        return
    assert any(name.strip() for name in sheet.header)
