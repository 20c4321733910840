"""The file of rows that were not taken: the input's own columns and the reasons, to be mended and imported again."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from shared.sheets.file_kind import ZIP_MARK
from shared.sheets.sheet import REASONS, Row, Sheet
from shared.sheets.written_cells import LONGEST_CELL, csv_file, escaped, workbook_file
from shared.storage.whole_file import SHARED, write_whole

_OWN_ENDING = re.compile(r"\.rejected(-\d+)?$")


@dataclass(frozen=True)
class Rejection:
    """A row that was not taken, and why: a sentence a reason."""

    row: Row
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"line {self.row.line}: {' | '.join(self.reasons)}"


def write_rejects(path: Path, folder: Path, sheet: Sheet, rejections: Sequence[Rejection]) -> Path:
    """Write rejected rows to `STEM.rejected.csv` in a folder, and return where; those of a workbook to `.xlsx`.

    CSV is UTF-8 with a byte order mark, which spreadsheets ask for, and separated as the input. A workbook's cells stay
    texts, so that nought at the start of an id survives the mending. A file of that name with other rows may be half
    mended: it is left alone, and `STEM.rejected-2.csv` or a higher number is taken. Raises OSError when it cannot be
    written.
    """
    rows = list(_rows(sheet, rejections))
    as_workbook = not sheet.separator and all(
        len(escaped(cell)) <= LONGEST_CELL for row in rows for cell in row
    )
    ending = "xlsx" if as_workbook else "csv"
    content = workbook_file(rows, "Rejected") if as_workbook else csv_file(rows, sheet.separator or ";")
    stem = _OWN_ENDING.sub("", path.stem)
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        target = folder / (
            f"{stem}.rejected.{ending}" if number == 1 else f"{stem}.rejected-{number}.{ending}"
        )
        if not target.exists():
            write_whole(target, content, SHARED)
            return target
        if _same_content(target, content):
            return target
    raise AssertionError("numbers do not end")


def _same_content(target: Path, content: bytes) -> bool:
    if not content.startswith(ZIP_MARK):
        return target.stat().st_size == len(content) and target.read_bytes() == content
    # A workbook holds when it was made: its sheet tells whether it is the same.
    try:
        with zipfile.ZipFile(target) as old, zipfile.ZipFile(io.BytesIO(content)) as new:
            members = [name for name in new.namelist() if not name.startswith("docProps/")]
            return all(old.getinfo(name).CRC == new.getinfo(name).CRC for name in members)
    except (zipfile.BadZipFile, KeyError):
        return False


def _rows(sheet: Sheet, rejections: Sequence[Rejection]) -> Iterator[list[str]]:
    names = sheet.names
    kept = [place for place, name in enumerate(names) if name != REASONS]
    yield [*(sheet.header[place] for place in kept), REASONS]
    for rejection in rejections:
        cells = (*rejection.row.cells, *[""] * (len(names) - len(rejection.row.cells)))
        beyond = cells[len(names) :]
        yield [*(cells[place] for place in kept), str(rejection), *beyond]
