"""A day of a programme as a table: a row a time at which anything begins or ends, a column a track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cell:
    """A cell with an entry of the timetable, or an empty one (`entry` None)."""

    entry: Mapping[str, Any] | None
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True)
class Row:
    """A row that begins at a time (`HH:MM`), with the cells that begin in it."""

    time: str
    cells: tuple[Cell, ...]


def grid(entries: Sequence[Mapping[str, Any]], tracks: Sequence[str]) -> list[Row]:
    """Lay out a day's entries; one that is for all tracks is one wide cell, for some a cell in each column."""
    times = sorted({one[name] for one in entries for name in ("start", "end")})
    taken = dict.fromkeys(tracks, "")
    rows = []
    for time in times[:-1]:
        cells = []
        for track in tracks:
            if taken[track] > time:
                continue
            entry = next((one for one in entries if one["start"] == time and track in one["tracks"]), None)
            if entry is None:
                cells.append(Cell(None))
                continue
            wide = list(entry["tracks"]) == list(tracks)
            for one in tracks if wide else [track]:
                taken[one] = entry["end"]
            height = times.index(entry["end"]) - times.index(time)
            cells.append(Cell(entry, height, len(tracks) if wide else 1))
        rows.append(Row(time, tuple(cells)))
    return rows
