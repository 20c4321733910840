"""A programme as a timetable: sessions with room and interpreter, transfers, lunch and breaks, in order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.matching.programmes.domain.problem import (
    Placement,
    Placements,
    Problem,
    by_id,
    in_time_order,
    interpreters_of,
)

SESSION, TRANSFER, LUNCH, BREAK = "session", "transfer", "lunch", "break"
ENTRIES = (SESSION, TRANSFER, LUNCH, BREAK)
"""What stands in a timetable."""


@dataclass(frozen=True)
class Entry:
    """One line of the timetable; times in minutes since midnight.

    `session` is a session's id, `room` and `interpreter` are numbers from 1, None where there is none to tell; of a
    transfer, `before` is the place it leaves, `place` the one it goes to, and `toward` each track's session there.
    """

    what: str
    date: str
    start: int
    end: int
    tracks: tuple[str, ...]
    place: str = ""
    session: str = ""
    room: int | None = None
    interpreter: int | None = None
    before: str = ""
    toward: tuple[str, ...] = ()


def timetable(problem: Problem, placements: Placements) -> list[Entry]:
    """List all entries of a programme by day, start and tracks."""
    entries = [*_sessions(problem, placements), *_transfers(problem, placements)]
    entries += list(_rests(problem, entries))
    return sorted(entries, key=lambda one: (one.date, one.start, one.tracks, one.what, one.session))


def _sessions(problem: Problem, placements: Placements) -> Iterator[Entry]:
    wanted = by_id(problem)
    interpreters = interpreters_of(problem, placements) or {}
    bases = problem.bases()
    taken: dict[tuple[str, str], list[int]] = {}
    for id, at in in_time_order(placements):
        end = at.start + wanted[id].minutes
        room = None
        if at.place in bases:
            rooms = taken.setdefault((at.date, at.place), [])
            free = [number for number, until in enumerate(rooms) if until <= at.start]
            room = free[0] if free else len(rooms)
            rooms[room : room + 1] = [end]
        number = interpreters.get(id)
        yield Entry(
            SESSION, at.date, at.start, end, at.tracks, at.place, id,
            None if room is None else room + 1, None if number is None else number + 1,
        )  # fmt: skip


def _transfers(problem: Problem, placements: Placements) -> Iterator[Entry]:
    """List the ways between sessions: just before the later one, or before lunch where they do not fit after it."""
    wanted = by_id(problem)
    ways: dict[tuple[str, int, int, str, str], dict[str, str]] = {}
    for track in problem.tracks:
        own = [(id, at) for id, at in in_time_order(placements) if track.id in at.tracks]
        for (id, here), (next_id, there) in pairwise(own):
            minutes = problem.way(here.place, there.place)
            if here.date == there.date and minutes:
                start = _leaving(problem, here, here.start + wanted[id].minutes, there, minutes)
                way = (here.date, start, start + minutes, here.place, there.place)
                ways.setdefault(way, {})[track.id] = next_id
    for (date, start, end, before, after), tracks in ways.items():
        yield Entry(
            TRANSFER, date, start, end, tuple(tracks), after, before=before, toward=tuple(tracks.values())
        )


def _leaving(problem: Problem, here: Placement, end: int, there: Placement, minutes: int) -> int:
    day = next(day for day in problem.days if day.date == here.date)
    over_lunch = end <= day.lunch[0] and there.start >= day.lunch[1]
    return end if over_lunch and there.start - minutes < day.lunch[1] else there.start - minutes


def _rests(problem: Problem, busy: Sequence[Entry]) -> Iterator[Entry]:
    """List lunch, and each break for the tracks that are not on a study visit or on the way then."""
    tracks = tuple(track.id for track in problem.tracks)
    for day in problem.days:
        if day.start < day.lunch[0] and day.lunch[1] < day.end:
            yield Entry(LUNCH, day.date, *day.lunch, tracks)
        for start, end in day.breaks:
            away = {
                id
                for one in busy
                if one.date == day.date and one.start < end and start < one.end
                for id in one.tracks
            }
            resting = tuple(id for id in tracks if id not in away)
            if resting and day.start <= start and end <= day.end:
                yield Entry(BREAK, day.date, start, end, resting)
