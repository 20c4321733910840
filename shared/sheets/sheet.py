"""A file as a sheet of texts, whichever format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.sheets.headings import Headings, heading_key
from shared.words.invisible import trimmed, visible_line

MOST_FILE_BYTES = 50_000_000
MOST_ROWS = 100_000
MOST_COLUMNS = 200
MOST_CELLS = 10_000_000
"""Cells in all; a few bytes of a workbook may stand for many, by their places or by being repeated."""
ROWS_OF_TITLES = 30
"""Rows with text among which the headings are looked for."""

REASONS = "reasons"
"""The column of a rejects file that is ignored when the file is imported again."""

_SHOWN = 60
NAMED = 5
"""Rows that a note names."""
_LONGEST_HEADING = 100


class FileError(Exception):
    """A file that cannot be read at all; the message says why and what to do. Nothing was imported."""


@dataclass(frozen=True)
class Row:
    """One row: the line it starts on in its file (from 1), its cells, and what is wrong with it already.

    `lost` says of cells, by their place from 0, why what they should show is not in the file.
    """

    line: int
    cells: tuple[str, ...]
    problem: str = ""
    lost: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ColumnReading:
    """A heading as the file has it, and the field that it was taken as; "" where the column is not read."""

    heading: str
    field: str


@dataclass(frozen=True)
class SheetReading:
    """How a file was read: its format, the line of its headings, what each column was taken as.

    `encoding` and `separator` are those of a CSV file, `sheet` and `other_sheets` (that were not read, each with the
    reason where there is one) those of a workbook. `notes` name what was guessed and what was not read.
    """

    format: str
    line: int
    columns: tuple[ColumnReading, ...]
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A header and its rows, as the file has them; rows without any text are left out.

    `names` are the fields that the columns are taken as; in lower case as they stand where they mean none.
    """

    header: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    separator: str
    reading: SheetReading

    def values(self, row: Row) -> Mapping[str, str]:
        """Return a row's cells by column name, without white space around them; missing ones are empty."""
        cells = (*row.cells, *[""] * len(self.names))
        return {name: cell.strip() for name, cell in zip(self.names, cells, strict=False) if name}


@dataclass
class _Unread:
    """Rows and cells that are not read: how many, and the first of them to be named."""

    rows: list[Row] = field(default_factory=list)
    number: int = 0

    def add(self, row: Row) -> None:
        self.number += 1
        if len(self.rows) < NAMED:
            self.rows.append(row)

    def shown(self) -> str:
        shown = [f"{' '.join(' '.join(row.cells).split())[:_SHOWN]!r} (line {row.line})" for row in self.rows]
        rest = self.number - len(shown)
        return ", ".join(shown) + (f" and {rest} more" if rest else "")


def too_many_cells() -> FileError:
    """Make the refusal of a sheet that has more cells than are read."""
    return FileError(f"has more than {MOST_CELLS} cells; take out columns that are not needed, or split it")


@dataclass
class SheetMaker:
    """Takes rows one by one: finds the headings among the first ones with text, and leaves out rows without text.

    The headings are the first row that names all required columns, else the one that names most. `format` says which
    kind of file it is, for people. `separator` is "" for a workbook: there a cell without a heading is a remark, and in
    a CSV file the sign of a separator that should have been in quotes.
    """

    headings: Headings
    format: str
    separator: str
    most_rows: int = MOST_ROWS
    header: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _line: int = 0
    _looked_at: int = 0
    _first: list[Row] = field(default_factory=list)
    _aside: _Unread = field(default_factory=_Unread)
    _stray: _Unread = field(default_factory=_Unread)
    _after_blank: bool = False
    _second_table: int = 0
    _cells: int = 0

    @property
    def complete(self) -> bool:
        """Tell whether the headings were found and name every required column."""
        return bool(self.header) and not self.lacking

    @property
    def undecided(self) -> bool:
        """Tell whether the headings are still looked for."""
        return not self.header

    @property
    def lacking(self) -> list[str]:
        """The required columns that the headings do not name."""
        return [name for name in self.headings.required if name not in self.names]

    def add(self, row: Row) -> None:
        """Take a row. Raises FileError for a header or a sheet that cannot be worked with."""
        self._cells += len(row.cells)
        if self._cells > MOST_CELLS:
            raise too_many_cells()
        if not any(cell.strip() for cell in row.cells):
            if self.undecided and self._first and not self._after_blank:
                self._first.append(row)
            self._after_blank = True
            return
        if not self.undecided:
            self._take(row)
            return
        self._first.append(row)
        self._after_blank = False
        self._looked_at += 1
        if set(self.headings.required) <= self._fields(row):
            self._begin(len(self._first) - 1)
        elif self._looked_at >= ROWS_OF_TITLES:
            self.settle()

    def sheet(self) -> Sheet:
        """Return the sheet. Raises FileError when there was no header."""
        self.settle()
        if self.undecided:
            raise FileError("is empty; the first row must name the columns")
        columns = tuple(
            ColumnReading(_seen(heading), name if name in self.headings.fields.values() else "")
            for heading, name in zip(self.header, self.names, strict=True)
            if heading.strip()
        )
        if self._aside.number:
            self.notes.append(f"not read, for they stand apart from the table: {self._aside.shown()}")
        if self._stray.number:
            self.notes.append(f"not read, for their columns have no heading: {self._stray.shown()}")
        reading = SheetReading(
            self.format, self._line, columns, separator=self.separator, notes=tuple(self.notes)
        )
        return Sheet(self.header, self.names, tuple(self.rows), self.separator, reading)

    def _fields(self, row: Row) -> set[str]:
        return {name for cell in row.cells[:MOST_COLUMNS] if (name := self.headings.field_of(cell))}

    def settle(self) -> None:
        """Take the best of the rows seen so far as the headings, where they are not found."""
        if self.undecided and self._first:
            self._begin(max(range(len(self._first)), key=lambda place: len(self._fields(self._first[place]))))

    def _begin(self, place: int) -> None:
        header = self._first[place]
        above = [row for row in self._first[:place] if any(cell.strip() for cell in row.cells)]
        below = self._first[place + 1 :]
        self._first, self._after_blank = [], False
        self.header, self._line = _header(header), header.line
        self.names = self._names()
        if above:
            self.notes.append(
                f"above the headings in line {header.line}, not read: {_Unread(above[:NAMED], len(above)).shown()}"
            )
        for row in below:
            self.add(row)

    def _names(self) -> tuple[str, ...]:
        fields = [self.headings.field_of(heading) for heading in self.header]
        strong = {
            name
            for name, heading in zip(fields, self.header, strict=True)
            if name and not self.headings.is_weaker(heading)
        }
        names = [
            (None if name in strong and self.headings.is_weaker(heading) else name) or _seen(heading).lower()
            for name, heading in zip(fields, self.header, strict=True)
        ]
        for name in sorted({name for name in names if name in self.headings.fields.values()}):
            same = [
                _seen(heading) for heading, other in zip(self.header, names, strict=True) if other == name
            ]
            if len({heading_key(heading) for heading in same}) > 1:
                both = " and ".join(repr(heading) for heading in same)
                raise FileError(
                    f"has several columns for the same: {both} are both {name}; keep one, or rename the other"
                )
            if len(same) > 1:
                raise FileError(f"names a column twice: {name}; name each once")
        return tuple(names)

    def _take(self, row: Row) -> None:
        filled = [cell for cell in row.cells if cell.strip()]
        if len(filled) > 1 and all(
            len(cell) < _LONGEST_HEADING and self.headings.field_of(cell) for cell in filled
        ):
            if [heading_key(cell) for cell in filled] == [
                heading_key(cell) for cell in self.header if cell.strip()
            ]:
                self.notes.append(f"line {row.line} repeats the headings and was not read")
                return
            if not self.rows and set(self.headings.required) <= self._fields(row):
                # Headings in two rows: the lower one tells the columns apart.
                self._first = [Row(self._line, self.header), row]
                self._begin(1)
                return
            self._second_table = self._second_table or row.line
        elif len(filled) == 1 and self._after_blank and len(self.headings.required) > 1:
            # One cell is never a row of a table with two required columns: it is a note below the table.
            self._aside.add(row)
            return
        else:
            self._after_blank = False
        if len(self.rows) == self.most_rows:
            raise FileError(f"has more than {self.most_rows} rows; split it into several files")
        problem = row.problem or self._problem(row)
        cells = list(row.cells) if row.lost else []
        for place, reason in row.lost.items():
            name = self.names[place] if place < len(self.names) else ""
            if name in (*self.headings.required, "id"):
                problem = problem or f"holds {reason}"
            elif name in self.headings.fields.values():
                self.notes.append(f"line {row.line}: {name} holds {reason}; it is taken as not known")
            if place < len(cells) and name not in self.headings.required:
                cells[place] = ""
        self.rows.append(Row(row.line, tuple(cells) or row.cells, problem))

    def _problem(self, row: Row) -> str:
        if self._second_table:
            return (
                f"stands in a second table, whose headings are in line {self._second_table}; "
                "put that table into a file of its own"
            )
        width = len(self.header)
        for place, cell in enumerate(row.cells):
            named = place < width and self.header[place].strip()
            if not named and cell.strip() and not self.separator:
                self._stray.add(Row(row.line, (cell,)))
            elif not named and cell.strip():
                return (
                    f"holds {cell.strip()[:40]!r} in column {place + 1}, which has no name; "
                    "put a cell that holds the separator in quotes"
                )
        return ""


def _header(row: Row) -> tuple[str, ...]:
    width = max((place for place, cell in enumerate(row.cells, start=1) if cell.strip()), default=0)
    header = row.cells[:width]
    if len(header) > MOST_COLUMNS:
        raise FileError(f"has more than {MOST_COLUMNS} columns")
    return header


def _seen(heading: str) -> str:
    """Return a heading as a person sees it, in one line."""
    return " ".join(trimmed(visible_line(heading)).split())
