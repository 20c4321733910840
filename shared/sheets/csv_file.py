"""CSV as spreadsheets and people save it: several encodings, several separators."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from shared.sheets.headings import Headings
from shared.sheets.sheet import (
    MOST_COLUMNS,
    MOST_FILE_BYTES,
    MOST_ROWS,
    ROWS_OF_TITLES,
    FileError,
    Row,
    Sheet,
    SheetMaker,
)
from shared.sheets.text_encoding import decode

SEPARATORS = (",", ";", "\t", "|")
LOOKED_AT = 50_000
"""Characters of a row by which the separator is told."""
MOST_SEPARATORS = 10_000
"""In one line; long texts have some inside their quotes."""

MOST_LINES = 2_000_000
"""Line ends in a file, those inside of quotes too: each line is an object."""

_SEPARATOR_LINE = re.compile(r"\"?sep=([,;\t|])\"?[,;\t|]*\r?\n?", re.IGNORECASE)
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')


def read_csv(content: bytes, headings: Headings, most_rows: int = MOST_ROWS, encoding: str = "") -> Sheet:
    """Read a CSV file into a sheet of at most so many rows.

    `encoding` names the file's; without it, it is found or guessed (see `decode`). The separator is the one of `,` `;`
    `|` and tab that finds most of the known headings in one of the first rows, or the one that a first line `sep=;`
    names. Raises FileError for other encodings, a quote that never closes, too many lines, and for what `SheetMaker`
    refuses.
    """
    decoded = decode(content, encoding)
    ends = decoded.text.count("\n") + decoded.text.count("\r") - decoded.text.count("\r\n")
    if ends > MOST_LINES:
        raise FileError(f"has more than {MOST_LINES} lines; split it into several files")
    first = _SEPARATOR_LINE.match(decoded.text)
    start = 1 if first else 0
    lines = list(io.StringIO(decoded.text, newline=""))[start:]
    separator = first[1] if first else _separator(lines, headings)
    maker = SheetMaker(headings, "CSV", separator, most_rows=most_rows)
    for row in _rows(lines, separator, start):
        maker.add(row)
    sheet = maker.sheet()
    reading = replace(sheet.reading, encoding=decoded.encoding, notes=(*decoded.notes, *sheet.reading.notes))
    return replace(sheet, reading=reading)


def _separator(lines: Sequence[str], headings: Headings) -> str:
    first = [line for line in lines[: 2 * ROWS_OF_TITLES] if line.strip()][:ROWS_OF_TITLES]

    def found(separator: str) -> tuple[int, int]:
        best = (0, 0)
        for number, line in enumerate(first):
            try:
                cells = next(csv.reader([line[:LOOKED_AT]], delimiter=separator), [])
            except csv.Error:
                cells = []
            known = sum(headings.field_of(cell) is not None for cell in cells[:MOST_COLUMNS])
            # Without a known heading the first line tells, by its cells.
            best = max(best, (known, len(cells) if known or not number else 0))
        return best

    return max(SEPARATORS, key=found)


def _bounded(lines: Iterable[str], separator: str, skipped: int) -> Iterator[str]:
    """Yield the lines. Raises FileError at one of more cells than a row may have, before it is taken apart."""
    for number, line in enumerate(lines, start=skipped + 1):
        if line.count(separator) > MOST_SEPARATORS:
            raise FileError(
                f"has more than {MOST_SEPARATORS} cells in line {number}; take out what is too much"
            )
        yield line


def _rows(lines: Sequence[str], separator: str, skipped: int) -> Iterator[Row]:
    """Yield the rows; a badly quoted row has its problem, and the cells as far as they can be told apart."""
    csv.field_size_limit(MOST_FILE_BYTES)
    reader = csv.reader(_bounded(lines, separator, skipped), delimiter=separator, strict=True)
    while True:
        start = reader.line_num
        line = start + skipped + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if reader.line_num >= len(lines) and "unexpected end" in str(error):
                raise FileError(f"has a quote in the row of line {line} that never closes") from error
            raw = lines[start : reader.line_num]
            cells = next(csv.reader(raw, delimiter=separator), [])
            problem = "is badly quoted; check its cells, and double the quotes inside a quoted one"
            yield Row(line, tuple(cells), problem)
        else:
            yield Row(line, tuple(map(_kept_as_text, cells)))


def _kept_as_text(cell: str) -> str:
    """Read `="007"`, by which spreadsheets are told to keep a number as it is written, as `007`."""
    found = _KEPT_AS_TEXT.fullmatch(cell) if cell.startswith("=") else None
    return found[1] if found else cell
