"""The file of rows that were not taken: the input's own columns and the reasons, to be mended and imported again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from shared.sheets.sheet import REASONS, Row, Sheet
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
    """Write rejected rows to `STEM.rejected.csv` in a folder, and return where.

    The file is UTF-8 with a byte order mark, which spreadsheets ask for, and separated as the input. A file of that
    name with other content may be half mended: it is left alone, and `STEM.rejected-2.csv` or a higher number is
    taken. Raises OSError when it cannot be written.
    """
    content = _content(sheet, rejections).encode("utf-8-sig", errors="replace")
    stem = _OWN_ENDING.sub("", path.stem)
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        target = folder / (f"{stem}.rejected.csv" if number == 1 else f"{stem}.rejected-{number}.csv")
        if not target.exists():
            write_whole(target, content, SHARED)
            return target
        if target.stat().st_size == len(content) and target.read_bytes() == content:
            return target
    raise AssertionError("numbers do not end")


def _content(sheet: Sheet, rejections: Sequence[Rejection]) -> str:
    names = sheet.names
    kept = [place for place, name in enumerate(names) if name != REASONS]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=sheet.separator, lineterminator="\r\n")
    writer.writerow([*(sheet.header[place] for place in kept), REASONS])
    for rejection in rejections:
        cells = (*rejection.row.cells, *[""] * (len(names) - len(rejection.row.cells)))
        beyond = cells[len(names) :]
        writer.writerow([*(cells[place] for place in kept), str(rejection), *beyond])
    return text.getvalue()
