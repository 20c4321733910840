"""Reading the input file of an import as a sheet that has the required columns."""

from __future__ import annotations

from pathlib import Path

from services.profiles.importing.columns import COLUMNS, IGNORED
from services.profiles.importing.headings import headings_of
from services.profiles.importing.ods_file import read_ods
from services.profiles.importing.xlsx_file import read_xlsx
from shared.sheets.csv_file import read_csv
from shared.sheets.file_kind import FileKind, file_kind
from shared.sheets.headings import Headings
from shared.sheets.sheet import MOST_FILE_BYTES, FileError, Sheet
from shared.sheets.written_cells import without_guards

_WORKBOOK_ENDINGS = frozenset({".xlsx", ".xlsm", ".xltx", ".ods", ".xls", ".xlsb", ".numbers"})


def read_sheet(path: Path, kind: str, encoding: str = "", sheet: str = "") -> Sheet:
    """Read a file of companies or partners; its content decides whether it is a workbook or CSV.

    `encoding` names that of a CSV file, `sheet` the sheet of a workbook, where they are not to be found out. Raises
    FileError, which names the file, when it cannot be read or lacks a required column.
    """
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise FileError(f"is larger than {MOST_FILE_BYTES // 1_000_000} MB; split it")
        found = without_guards(
            _read(path.read_bytes(), path.suffix.lower(), headings_of(kind), encoding, sheet)
        )
        missing = [name for name in headings_of(kind).required if name not in found.names]
        if missing:
            raise FileError(
                f"lacks the columns {', '.join(missing)}; it has {', '.join(filter(None, found.names))[:300]}"
            )
    except FileError as error:
        raise FileError(f"{path.name} {error}. Nothing was imported.") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}. Nothing was imported.") from error
    return found


def _read(content: bytes, ending: str, headings: Headings, encoding: str, sheet: str) -> Sheet:
    kind = file_kind(content)
    if kind is FileKind.CSV:
        if ending in _WORKBOOK_ENDINGS and content:
            raise FileError("is no workbook, whatever its name says; save it anew as XLSX or CSV")
        if sheet:
            raise FileError("is a CSV file, which has no sheets; leave --sheet out")
        return read_csv(content, headings, encoding=encoding)
    if encoding:
        raise FileError("is a workbook, which says itself how it is encoded; leave --encoding out")
    return (read_xlsx if kind is FileKind.XLSX else read_ods)(content, headings, sheet)


def unknown_columns(sheet: Sheet, kind: str) -> list[str]:
    """Name the columns that an import of this kind does not read and that are not known to be ignored."""
    return [name for name in sheet.names if name and name not in COLUMNS[kind] and name not in IGNORED]
