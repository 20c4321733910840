"""CSV as spreadsheets and people save it: several encodings, several separators."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from shared.sheets.sheet import MOST_FILE_BYTES, MOST_ROWS, FileError, Row, Sheet, SheetMaker

SEPARATORS = (",", ";", "\t")
LOOKED_AT = 50_000
"""Characters of the header by which the separator is told."""
MOST_SEPARATORS = 10_000
"""In one line; long texts have some inside their quotes."""

_SEPARATOR_LINE = re.compile(r"sep=([,;\t])\r?\n?", re.IGNORECASE)


def read_csv(content: bytes, known_columns: Sequence[str], most_rows: int = MOST_ROWS) -> Sheet:
    """Read a CSV file into a sheet of at most so many rows.

    UTF-8 and UTF-16 are taken with and without a byte order mark, and Windows-1252; the separator is the
    one of `,` `;` and tab that finds most of the known columns (in lower case) in the header. Raises
    FileError for other encodings, a quote that never closes, and for what `SheetMaker` refuses.
    """
    text = decode(content)
    first = _SEPARATOR_LINE.match(text)
    start = 1 if first else 0
    lines = list(io.StringIO(text, newline=""))[start:]
    separator = first[1] if first else _separator(lines, known_columns)
    maker = SheetMaker(separator, most_rows=most_rows)
    for row in _rows(lines, separator, start):
        maker.add(row)
    return maker.sheet()


def decode(content: bytes) -> str:
    """Return a file's text; raises FileError when no encoding that is taken fits."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        if content.startswith(mark):
            return _strictly(content[len(mark) :], encoding)
    if len(content) % 2 == 0 and len(content) >= 4:
        # A header is written in Latin letters: every other byte of its UTF-16 is nought.
        head = content[:32]
        if not any(head[1::2]) and all(head[0::2]):
            return _strictly(content, "utf-16-le")
        if not any(head[0::2]) and all(head[1::2]):
            return _strictly(content, "utf-16-be")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        lenient = content.decode("utf-8", errors="replace")
        wrong = lenient.count("\ufffd")
        if sum(character > "\x7f" for character in lenient) > 2 * wrong:
            # Windows-1252 almost never reads as UTF-8: this is UTF-8 with something broken in it.
            line = content.count(b"\n", 0, error.start) + 1
            raise FileError(
                f"is UTF-8 except in line {line}; mend that line and save it as CSV UTF-8"
            ) from error
    return _strictly(content, "cp1252")


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileError(
            f"is in no encoding that is taken (byte {error.start} is not {encoding}); save it as CSV UTF-8"
        ) from error


def _separator(lines: Sequence[str], known_columns: Sequence[str]) -> str:
    header = next((line for line in lines if line.strip()), "")[:LOOKED_AT]

    def found(separator: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([header], delimiter=separator), [])
        except csv.Error:
            cells = []
        known = sum(cell.strip().lower() in known_columns for cell in cells)
        return known, len(cells)

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
            yield Row(line, tuple(cells))
