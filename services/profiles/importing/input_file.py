"""Reading the input file of an import as a sheet that has the required columns."""

from __future__ import annotations

from pathlib import Path

from services.profiles.importing.columns import COLUMNS, IGNORED, REQUIRED
from services.profiles.importing.xlsx_file import OLD_OFFICE_MARK, ZIP_MARK, read_xlsx
from shared.sheets.csv_file import read_csv
from shared.sheets.sheet import MOST_FILE_BYTES, FileError, Sheet


def read_sheet(path: Path, kind: str) -> Sheet:
    """Read a file of companies or partners; its content decides whether it is a workbook or CSV.

    Raises FileError, which names the file, when it cannot be read or lacks a required column.
    """
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise FileError(f"is larger than {MOST_FILE_BYTES // 1_000_000} MB; split it")
        content = path.read_bytes()
        workbook = content.startswith((ZIP_MARK, OLD_OFFICE_MARK))
        if path.suffix.lower() in {".xlsx", ".xlsm"} and not workbook:
            raise FileError("is no workbook, whatever its name says; save it anew as XLSX or CSV")
        sheet = read_xlsx(content) if workbook else read_csv(content, list(COLUMNS[kind]))
        missing = [name for name in REQUIRED[kind] if name not in sheet.names]
        if missing:
            raise FileError(
                f"lacks the columns {', '.join(missing)}; it has {', '.join(filter(None, sheet.names))[:300]}"
            )
    except FileError as error:
        raise FileError(f"{path.name} {error}. Nothing was imported.") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}. Nothing was imported.") from error
    return sheet


def unknown_columns(sheet: Sheet, kind: str) -> list[str]:
    """Name the columns that an import of this kind does not read and that are not known to be ignored."""
    return [name for name in sheet.names if name and name not in COLUMNS[kind] and name not in IGNORED]
