"""XLSX workbooks: the first sheet's values as texts, behind limits that a crafted file cannot pass."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import openpyxl
from openpyxl.xml import DEFUSEDXML

from shared.sheets.sheet import MOST_COLUMNS, FileError, Row, Sheet, SheetMaker

ZIP_MARK = b"PK\x03\x04"
OLD_OFFICE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

MOST_UNPACKED_BYTES = 100_000_000
MOST_MEMBERS = 2_000
LAST_LINE = 1_048_576
SEPARATOR_OF_REJECTS = ";"


def read_xlsx(content: bytes) -> Sheet:
    """Read a workbook's first sheet; a formula counts as the value that was saved with it.

    Raises FileError for what is no workbook, is encrypted, or unpacks to more than 100 MB.
    """
    if content.startswith(OLD_OFFICE_MARK):
        raise FileError(
            "is encrypted or in the old XLS format; save it as XLSX without a password, or as CSV"
        )
    if not DEFUSEDXML:
        raise RuntimeError("openpyxl does not use defusedxml: install it, and do not set OPENPYXL_DEFUSEDXML")
    _check_size(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations, which values do not need
            return _read(content)
    except FileError:
        raise
    except Exception as error:  # a broken workbook can raise anything, and all mean the same
        raise FileError(
            f"is a broken workbook ({type(error).__name__}); save it anew as XLSX or CSV"
        ) from error


def _check_size(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise FileError("is a broken workbook; save it anew as XLSX or CSV") from error
    # No member unpacks to more than it declares: zipfile stops reading there.
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED_BYTES:
        raise FileError(
            f"unpacks to more than {MOST_UNPACKED_BYTES // 1_000_000} MB; split it, or save it as CSV"
        )


def _read(content: bytes) -> Sheet:
    workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        if not workbook.worksheets:
            raise FileError("has no sheet with cells")
        sheet: Any = workbook.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its size need not be so
        maker = SheetMaker(SEPARATOR_OF_REJECTS)
        for line, cells in enumerate(sheet.iter_rows(), start=1):
            if line > LAST_LINE:
                raise FileError(f"has cells below row {LAST_LINE}, where no sheet has any")
            maker.add(_row(line, cells))
        return maker.sheet()
    finally:
        workbook.close()


def _row(line: int, cells: Iterable[Any]) -> Row:
    texts = []
    problem = ""
    for place, cell in enumerate(cells, start=1):
        texts.append(_text(cell.value))
        if cell.value is not None and cell.data_type == "e":
            problem = f"holds the error {cell.value} in column {place}; mend the formula"
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > MOST_COLUMNS:
        problem = f"has cells beyond column {MOST_COLUMNS}; take them out"
    return Row(line, tuple(texts[:MOST_COLUMNS]), problem)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
