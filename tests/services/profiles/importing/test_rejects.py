"""Rejected rows come back through an import as the same cells."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.profiles.importing.input_file import read_sheet
from services.profiles.importing.rejects import Rejection, write_rejects
from services.profiles.organisations.domain.codes import COMPANIES
from shared.sheets.sheet import Row, Sheet, SheetReading

HEADER = ("Id", "Namn", "Beskrivning", "Kommentar")
texts = st.text(st.sampled_from("aåÖ'=+-@\t\n;,|\"_x000D_＝–\x07 0"), max_size=12).filter(str.strip)


def sheet_of(rows: list[tuple[str, ...]], separator: str) -> Sheet:
    names = ("id", "name", "description", "kommentar")
    return Sheet(
        HEADER,
        names,
        tuple(Row(n, row) for n, row in enumerate(rows, 2)),
        separator,
        SheetReading("CSV", 1, ()),
    )


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", ""])
@given(rows=st.lists(st.tuples(texts, texts, texts, texts), min_size=1, max_size=3))
@settings(max_examples=25)
def test_whatever_was_rejected_is_read_again_as_it_was(separator: str, rows: list[tuple[str, ...]]) -> None:
    rows = [tuple(map(str.strip, row)) for row in rows]
    sheet = sheet_of(rows, separator)
    rejections = [Rejection(row, ("why",)) for row in sheet.rows]
    with TemporaryDirectory() as folder:
        written = write_rejects(Path("in.csv"), Path(folder), sheet, rejections)
        again = read_sheet(written, COMPANIES)
        assert write_rejects(Path("in.csv"), Path(folder), sheet, rejections) == written
    assert again.names == ("id", "name", "description", "kommentar", "reasons")
    assert [row.cells[:4] for row in again.rows] == rows
    assert all(row.problem == "" for row in again.rows)
