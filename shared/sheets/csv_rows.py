"""The rows of a CSV file as `handslag import` reads it, for commands that only look at them."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from shared.sheets.csv_file import read_csv
from shared.sheets.headings import Headings
from shared.sheets.sheet import FileError


def read_rows(path: Path, needed: Collection[str], others: Sequence[str] = ()) -> list[Mapping[str, str]]:
    """Return the cells of each row by column name (lower case), without white space around them; any number of rows.

    The columns `needed` must be there; together with `others` that are looked for they tell the separator. Raises
    FileError that names the file, and the line where it is a row's; OSError.
    """
    try:
        headings = Headings.named([*needed, *others], needed)
        sheet = read_csv(path.read_bytes(), headings, most_rows=sys.maxsize)
    except FileError as error:
        raise FileError(f"{path} {error}") from error
    lacking = sorted(set(needed) - set(sheet.names))
    if lacking:
        raise FileError(f"{path} lacks the column {', '.join(lacking)}")
    for row in sheet.rows:
        if row.problem:
            raise FileError(f"{path}: line {row.line} {row.problem}")
    return [sheet.values(row) for row in sheet.rows]
