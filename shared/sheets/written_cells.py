"""Cells of the files that we write: a text opens in every spreadsheet as one cell, and never as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell

from shared.sheets.sheet import REASONS, Sheet

LONGEST_CELL = 32_767
"""Characters that a workbook takes in a cell."""

_STARTS = "=+\\-@\t\r＝＋－＠"
_PLACES = r"(^|[,;|\t\r\n])([ \N{NO-BREAK SPACE}\"]*)".replace(r"\N{NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")
_UNGUARDED = re.compile(rf"{_PLACES}('*)(?=[{_STARTS}])")
_GUARDED = re.compile(rf"{_PLACES}'('*)(?=[{_STARTS}])")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def separator_for(language: str) -> str:
    """Return what spreadsheets set up in a language separate the cells of CSV by: `;` where a comma marks decimals."""
    return "," if language == "en" else ";"


def guarded(text: str) -> str:
    """Put an apostrophe where a spreadsheet would begin a formula: at the start, and after a separator inside.

    The latter begins a cell where the file is opened with another separator than it has. `unguarded` undoes it.
    """
    return _UNGUARDED.sub(r"\1\2'\3", text)


def unguarded(text: str) -> str:
    """Return the text that `guarded` was given."""
    return _GUARDED.sub(r"\1\2\3", text)


def without_guards(sheet: Sheet) -> Sheet:
    """Return a rejects file that we wrote as CSV with the cells that it was made of; another sheet as it is."""
    if not sheet.separator or REASONS not in sheet.names:
        return sheet
    rows = [replace(row, cells=tuple(map(unguarded, row.cells))) for row in sheet.rows]
    return replace(sheet, rows=tuple(rows))


def csv_file(rows: Iterable[Sequence[str]], separator: str) -> bytes:
    """Write rows as CSV in UTF-8 with a byte order mark, by which spreadsheets know it; formulas are guarded."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig", errors="replace")


def workbook_file(rows: Iterable[Sequence[str]], title: str) -> bytes:
    """Write rows of texts as a workbook of one sheet, in which each cell stays the text that it is."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in rows:
        cells = [WriteOnlyCell(sheet) for _ in row]
        for cell, text in zip(cells, row, strict=True):
            put_text(cell, text)
            cell.number_format = "@"
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put_text(cell: Cell, text: str) -> None:
    """Write a text into a workbook's cell as a text, whatever it begins with; what is too long is cut off.

    What XML cannot hold is written as ECMA-376 escapes it (`_x0007_`).
    """
    cell.value = escaped(text)[:LONGEST_CELL]
    cell.data_type = "s"
    # The quote prefix keeps it a text when somebody edits the cell.
    cell.quotePrefix = bool(_UNGUARDED.match(text))


def escaped(text: str) -> str:
    """Return a text as a workbook holds it, so that what looks like an escape stays what it is."""
    plain = _LOOKS_ESCAPED.sub("_x005F_", text)
    return _NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", plain)
