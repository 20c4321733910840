"""How a file was read, in lines for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SEPARATORS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "vertical bar"}


def reading_lines(reading: Mapping[str, Any], *, always: bool) -> list[str]:
    """Say which sheet was read, and what each column was taken as; `reading` is a `SheetReading` as JSON values.

    Without `always`, only what could be otherwise than a person thinks: one of several sheets, headings in other words
    than the fields' names, headings below titles.
    """
    lines = []
    if reading["sheet"] and (always or reading["other_sheets"]):
        others = ", ".join(reading["other_sheets"])
        lines.append(f"sheet {reading['sheet']} was read" + (f"; not read: {others}" if others else ""))
    elif always and reading["encoding"]:
        lines.append(
            f"{reading['format']} in {reading['encoding']}, separated by "
            f"{_SEPARATORS.get(reading['separator'], reading['separator'])}"
        )
    columns = reading["columns"]
    in_other_words = any(
        column["field"] and column["heading"].strip().lower() != column["field"] for column in columns
    )
    if always or in_other_words:
        taken = [_taken(column) for column in columns if column["field"]]
        unread = [column["heading"] for column in columns if not column["field"]]
        lines.append(
            f"headings in line {reading['line']}: {', '.join(taken)}"
            + (f"; not read: {', '.join(unread)}" if unread else "")
        )
    return lines


def _taken(column: Mapping[str, str]) -> str:
    heading, field = column["heading"], column["field"]
    return field if heading == field else f"{heading} → {field}"
