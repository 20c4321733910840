"""XLSX workbooks: the values of sheets as the texts that they show, behind limits that a crafted file cannot pass."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import openpyxl
from defusedxml.ElementTree import iterparse
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries
from openpyxl.xml import DEFUSEDXML

from services.profiles.importing.shown_values import shown_value
from services.profiles.importing.workbook import LAST_LINE, WorkbookSheet, read_workbook
from shared.sheets.file_kind import FileKind
from shared.sheets.headings import Headings
from shared.sheets.sheet import MOST_CELLS, MOST_COLUMNS, FileError, Row, Sheet, too_many_cells

_STRICT = b"http://purl.oclc.org/ooxml/"
_STRICT_NAME = re.compile(rb"""(["'])http://purl\.oclc\.org/ooxml/(\w+)/""")
_SPECIAL = re.compile(rb"<(?:\w+:)?(?:f|mergeCell)[\s>/]")
_MOST_MERGED_CELLS = 100_000


def read_xlsx(content: bytes, headings: Headings, wanted: str = "") -> Sheet:
    """Read a workbook whose size `file_kind` has checked; a formula counts as the value that was saved with it.

    `wanted` names the sheet to read; without it, it is the first visible one with the required columns. Raises
    FileError for what is no workbook.
    """
    if not DEFUSEDXML:
        raise RuntimeError("openpyxl does not use defusedxml: install it, and do not set OPENPYXL_DEFUSEDXML")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations, which values do not need
            return _read(_transitional(content), headings, wanted)
    except FileError:
        raise
    except Exception as error:  # a broken workbook can raise anything, and all mean the same
        raise FileError(
            f"is a broken workbook ({type(error).__name__}); save it anew as XLSX or CSV"
        ) from error


def _transitional(content: bytes) -> bytes:
    """Return a workbook in the strict form of OOXML with the names of the usual form; another one as it is."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        names = [name for name in old.namelist() if name.endswith((".xml", ".rels"))]
        if not any(_STRICT in old.read(name) for name in names if name.endswith(("workbook.xml", ".rels"))):
            return content
        result = io.BytesIO()
        with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
            for name in names:
                new.writestr(
                    name, _STRICT_NAME.sub(rb"\1http://schemas.openxmlformats.org/\2/2006/", old.read(name))
                )
        return result.getvalue()


def _read(content: bytes, headings: Headings, wanted: str) -> Sheet:
    workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        sheets = [
            WorkbookSheet(sheet.title, sheet.sheet_state == "visible", partial(_rows, content, sheet))
            for sheet in workbook.worksheets
        ]
        if not sheets:
            raise FileError("has no sheet with cells")
        return read_workbook(sheets, FileKind.XLSX, headings, wanted)
    finally:
        workbook.close()


@dataclass
class _Special:
    """What the values of a sheet do not tell: formulas without a saved value, and cells merged downwards, by line."""

    without_value: set[tuple[int, int]] = field(default_factory=set)
    merged: dict[int, list[tuple[int, tuple[int, int]]]] = field(default_factory=dict)
    merged_cells: int = 0

    def add_merged(self, ref: str) -> None:
        """Take a range of merged cells: what its first cell shows counts in each of its lines."""
        left, top, _, bottom = (place or 1 for place in range_boundaries(ref))
        self.merged_cells += bottom - top
        if self.merged_cells > _MOST_MERGED_CELLS:
            raise FileError(f"merges more than {_MOST_MERGED_CELLS} cells; take the merging out")
        for line in range(top + 1, bottom + 1):
            self.merged.setdefault(line, []).append((left, (top, left)))


def _special(content: bytes, path: str) -> _Special:
    special = _Special()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if not _SPECIAL.search(archive.read(path)):
            return special
        with archive.open(path) as source:
            data: Any = None
            for event, element in iterparse(source, ("start", "end")):
                tag = element.tag.rpartition("}")[2]
                if event == "start":
                    data = element if tag == "sheetData" else data
                elif tag == "c":
                    parts = {part.tag.rpartition("}")[2]: part for part in element}
                    value, place = parts.get("v"), element.get("r")
                    empty = value is None or not value.text
                    if place and "f" in parts and empty and element.get("t") != "str":
                        special.without_value.add(coordinate_to_tuple(place))
                elif tag == "mergeCell":
                    special.add_merged(element.get("ref"))
                elif tag == "row":
                    data.clear()
    return special


def _rows(content: bytes, sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # what a file says of its size need not be so
    special = _special(content, sheet._worksheet_path)
    tops = {top for columns in special.merged.values() for _, top in columns}
    shown: dict[tuple[int, int], str] = {}
    blank = False
    places = 0
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        places += len(cells)  # also those before a cell that stands far to the right
        if places > MOST_CELLS:
            raise too_many_cells()
        if line > LAST_LINE:
            raise FileError(f"has cells below row {LAST_LINE}, where no sheet has any")
        if not cells and line not in special.merged:
            if not blank:
                yield Row(line, ())
            blank = True
            continue
        blank = False
        texts = [_shown(cell) for cell in cells]
        for column, text in enumerate(texts, start=1):
            if (line, column) in tops:
                shown[line, column] = text
        for column, top in special.merged.get(line, ()):
            texts += [""] * (column - len(texts))
            texts[column - 1] = texts[column - 1] or shown.get(top, "")
        yield _row(line, texts, dict(_lost(line, cells, special)))


def _shown(cell: Any) -> str:
    return shown_value(cell.value, cell.number_format if isinstance(cell.value, int | float) else "")


def _lost(line: int, cells: Iterable[Any], special: _Special) -> Iterator[tuple[int, str]]:
    for column, cell in enumerate(cells, start=1):
        if cell.value is not None and cell.data_type == "e":
            yield column - 1, f"the error {cell.value} in column {column}; mend the formula"
        elif (line, column) in special.without_value:
            yield (
                column - 1,
                f"a formula without its value in column {column}; open the file in a spreadsheet and save it there",
            )


def _row(line: int, texts: list[str], lost: Mapping[int, str]) -> Row:
    while texts and not texts[-1] and len(texts) - 1 not in lost:
        texts.pop()
    problem = f"has cells beyond column {MOST_COLUMNS}; take them out" if len(texts) > MOST_COLUMNS else ""
    return Row(line, tuple(texts[:MOST_COLUMNS]), problem, lost)
