"""OpenDocument spreadsheets: the texts that their cells show, behind limits that a crafted file cannot pass."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from defusedxml.ElementTree import iterparse

from services.profiles.importing.shown_values import shown_value
from services.profiles.importing.workbook import LAST_LINE, WorkbookSheet, read_workbook
from shared.sheets.file_kind import FileKind
from shared.sheets.headings import Headings
from shared.sheets.sheet import MOST_COLUMNS, MOST_ROWS, ROWS_OF_TITLES, FileError, Row, Sheet

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_EXTENDED = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_ERROR = re.compile(r"#[A-Z/0]+[!?]?|Err:\d+")
_THOUSANDS = re.compile(r"[\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE},.']")
_MOST_KEPT = 2 * MOST_ROWS


def read_ods(content: bytes, headings: Headings, wanted: str = "") -> Sheet:
    """Read a spreadsheet whose size `file_kind` has checked, as `read_xlsx` reads a workbook. Raises FileError."""
    try:
        tables = _tables(content)
    except FileError:
        raise
    except Exception as error:  # a broken file can raise anything, and all mean the same
        raise FileError(
            f"is an OpenDocument spreadsheet that is broken or encrypted ({type(error).__name__}); save it as Excel "
            "workbook (.xlsx) or as CSV UTF-8"
        ) from error
    if not tables:
        raise FileError(
            "is an OpenDocument spreadsheet without a sheet; save it as Excel workbook (.xlsx) or as CSV UTF-8"
        )
    sheets = [WorkbookSheet(table.name, table.visible, table.rows.__iter__) for table in tables]
    return read_workbook(sheets, FileKind.ODS, headings, wanted)


@dataclass
class _Table:
    name: str
    visible: bool
    line: int = 0
    rows: list[Row] = field(default_factory=list)


def _tables(content: bytes) -> list[_Table]:
    """Read all tables in one pass; rows of tables inside cells, and of deleted ones, belong to no sheet."""
    tables: list[_Table] = []
    hidden: set[str] = set()
    kept = depth = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open("content.xml") as source:
        for event, element in iterparse(source, ("start", "end")):
            if element.tag == f"{_TABLE}table":
                depth += 1 if event == "start" else -1
                if event == "start" and depth == 1:
                    style = element.get(f"{_TABLE}style-name", "")
                    tables.append(_Table(element.get(f"{_TABLE}name", ""), style not in hidden))
                elif event == "end":
                    element.clear()
            elif event == "end" and element.tag == f"{_STYLE}style":
                for part in element.iter(f"{_STYLE}table-properties"):
                    if part.get(f"{_TABLE}display") == "false":
                        hidden.add(element.get(f"{_STYLE}name", ""))
            elif event == "end" and element.tag == f"{_TABLE}table-row" and depth == 1:
                kept += _take_row(tables[-1], element)
                element.clear()
                if kept > _MOST_KEPT:
                    raise FileError(f"has more than {MOST_ROWS} rows; split it into several files")
    return tables


def _take_row(table: _Table, element: Any) -> int:
    """Add a row, as often as it is repeated, and return how many were added; rows without text are added once."""
    cells: list[str] = []
    lost: dict[int, str] = {}
    for cell in element:
        if cell.tag not in _CELLS:
            continue
        times = min(_repeated(cell, "columns"), MOST_COLUMNS + 1)
        text, reason = _shown(cell)
        if reason:
            lost[len(cells)] = f"{reason} in column {len(cells) + 1}; mend the formula"
        cells += [text] * times
        if len(cells) > 100 * MOST_COLUMNS:
            break
    while cells and not cells[-1] and len(cells) - 1 not in lost:
        cells.pop()
    times = _repeated(element, "rows")
    if table.line + times > LAST_LINE + ROWS_OF_TITLES and cells:
        raise FileError(f"has cells below row {LAST_LINE}, where no sheet has any")
    problem = f"has cells beyond column {MOST_COLUMNS}; take them out" if len(cells) > MOST_COLUMNS else ""
    added = min(times, _MOST_KEPT + 1) if cells else 1
    found = tuple(cells[:MOST_COLUMNS])
    table.rows += [Row(table.line + 1 + number, found, problem, lost) for number in range(added)]
    table.line += times
    return added


def _repeated(element: Any, what: str) -> int:
    return max(1, int(element.get(f"{_TABLE}number-{what}-repeated", "1")))


def _shown(cell: Any) -> tuple[str, str]:
    """Return what a cell shows, and what is wrong with it."""
    type = cell.get(f"{_OFFICE}value-type", "")
    text = "\n".join("".join(_texts(part)) for part in cell if part.tag == f"{_TEXT}p")
    if cell.get(f"{_EXTENDED}value-type") == "error" or (
        cell.get(f"{_TABLE}formula") and _ERROR.fullmatch(text)
    ):
        return text, f"the error {text}"
    if cell.get(f"{_TABLE}formula") and not type:
        return "", "a formula without its value"
    if type == "boolean":
        return ("TRUE" if cell.get(f"{_OFFICE}boolean-value") == "true" else "FALSE"), ""
    if type == "date":
        return cell.get(f"{_OFFICE}date-value", text).removesuffix("T00:00:00"), ""
    if type == "float":
        return _number(cell.get(f"{_OFFICE}value", ""), text), ""
    return text, ""


def _number(value: str, shown: str) -> str:
    """Return a number as it is shown, but with all its digits and without marks between thousands."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return shown
    plain = shown_value(float(number))
    if not shown or "E" in shown.upper() or set(shown) == {"#"} or _THOUSANDS.sub("", shown) == plain:
        return plain
    return shown


def _texts(element: Any) -> Iterator[str]:
    yield element.text or ""
    for part in element:
        if part.tag == f"{_TEXT}s":
            yield " " * min(int(part.get(f"{_TEXT}c", "1")), 1_000)
        elif part.tag == f"{_TEXT}tab":
            yield "\t"
        elif part.tag == f"{_TEXT}line-break":
            yield "\n"
        elif part.tag != f"{_OFFICE}annotation":
            yield from _texts(part)
        yield part.tail or ""
