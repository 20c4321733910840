"""A file as a sheet of texts, whichever format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_FILE_BYTES = 50_000_000
MOST_ROWS = 100_000
MOST_COLUMNS = 200

REASONS = "reasons"
"""The column of a rejects file that is ignored when the file is imported again."""


class FileError(Exception):
    """A file that cannot be read at all; the message says why and what to do. Nothing was imported."""


@dataclass(frozen=True)
class Row:
    """One row: the line it starts on in its file (from 1), its cells, and what is wrong with it already."""

    line: int
    cells: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True)
class Sheet:
    """A header and its rows, as the file has them; rows without any text are left out."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    separator: str

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in lower case."""
        return tuple(name.strip().lower() for name in self.header)

    def values(self, row: Row) -> Mapping[str, str]:
        """Return a row's cells by column name, without white space around them; missing ones are empty."""
        cells = (*row.cells, *[""] * len(self.names))
        return {name: cell.strip() for name, cell in zip(self.names, cells, strict=False) if name}


@dataclass
class SheetMaker:
    """Takes rows one by one: the first with text is the header, later ones without text are left out."""

    separator: str
    header: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    most_rows: int = MOST_ROWS

    def add(self, row: Row) -> None:
        """Take a row. Raises FileError for a header or a sheet that cannot be worked with."""
        if not any(cell.strip() for cell in row.cells):
            return
        if not self.header:
            self.header = _header(row)
            return
        if len(self.rows) == self.most_rows:
            raise FileError(f"has more than {self.most_rows} rows; split it into several files")
        width = len(self.header)
        problem = row.problem
        for place, cell in enumerate(row.cells):
            named = place < width and self.header[place].strip()
            if not named and cell.strip() and not problem:
                problem = (
                    f"holds {cell.strip()[:40]!r} in column {place + 1}, which has no name; "
                    "put a cell that holds the separator in quotes"
                )
        self.rows.append(Row(row.line, row.cells, problem))

    def sheet(self) -> Sheet:
        """Return the sheet. Raises FileError when there was no header."""
        if not self.header:
            raise FileError("is empty; the first row must name the columns")
        return Sheet(self.header, tuple(self.rows), self.separator)


def _header(row: Row) -> tuple[str, ...]:
    width = max((place for place, cell in enumerate(row.cells, start=1) if cell.strip()), default=0)
    header = row.cells[:width]
    if len(header) > MOST_COLUMNS:
        raise FileError(f"has more than {MOST_COLUMNS} columns")
    names = [name.strip().lower() for name in header if name.strip()]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FileError(f"names a column twice: {', '.join(twice)}; name each once")
    return header
