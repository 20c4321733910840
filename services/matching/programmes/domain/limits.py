"""What limits a programme, as lists of options of which only so many can be chosen together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from services.matching.programmes.domain.problem import (
    GRID,
    ONE_TO_ONE,
    Day,
    Placement,
    Problem,
    Wanted,
    by_id,
    half,
    in_time,
)


@dataclass(frozen=True)
class Option:
    """A placement of a session with the interpreter who is there; `number` -1: nobody to reckon with."""

    one: Wanted
    at: Placement
    number: int

    def slots(self) -> range:
        """Return the steps of the grid that it covers."""
        return range(self.at.start // GRID, -(-(self.at.start + self.one.minutes) // GRID))


def options_of(problem: Problem, allowed: Mapping[str, Sequence[Placement]]) -> list[Option]:
    """List the options of sessions by id: each allowed placement, with each interpreter there is to choose."""
    wanted = by_id(problem)
    return [
        Option(wanted[id], at, number)
        for id in sorted(allowed)
        for at in allowed[id]
        for number in _interpreters(problem, wanted[id])
    ]


def limits_of(problem: Problem, options: Sequence[Option]) -> Iterator[tuple[list[int], int]]:
    """Yield lists of options (their places) of which only so many can be."""
    place = {id(one): number for number, one in enumerate(options)}
    for _id, group in groupby(options, key=lambda one: one.one.id):
        yield [place[id(one)] for one in group], 1
    for apart in _apart(problem, options):
        yield [place[id(one)] for one in apart], 1
    for few, most in _few(problem, options):
        yield [place[id(one)] for one in few], most


def _interpreters(problem: Problem, one: Wanted) -> range:
    """Return the interpreters to choose from; where there is one for each track, one goes with each."""
    if not one.interpreter or problem.interpreters >= len(problem.tracks):
        return range(-1, 0)
    return range(problem.interpreters)


def _apart(problem: Problem, options: Sequence[Option]) -> Iterator[list[Option]]:
    """Yield lists of options of which only one can be: somebody would be at two places, or on the way."""
    days = {day.date: day for day in problem.days}
    groups: dict[tuple[str, object, str], list[Option]] = {}
    for one in options:
        who: list[tuple[str, object]] = [("track", track) for track in one.at.tracks]
        who += [("company", company) for company in one.one.companies]
        who += [("interpreter", one.number)] if one.number >= 0 else []
        for kind, name in who:
            groups.setdefault((kind, name, one.at.date), []).append(one)
    for (_kind, _name, date), group in sorted(groups.items(), key=lambda item: str(item[0])):
        if len({one.one.id for one in group}) > 1:
            yield from _one_at_a_time(group)
            yield from _on_the_way(problem, days[date], group)


def _one_at_a_time(group: Sequence[Option]) -> Iterator[list[Option]]:
    for slot in sorted({one.slots().start for one in group}):
        yield [one for one in group if slot in one.slots()]


def _on_the_way(problem: Problem, day: Day, group: Sequence[Option]) -> Iterator[list[Option]]:
    """Yield, for each end at one place, the options elsewhere that begin before one can be there."""
    places = sorted({one.at.place for one in group})
    if len(places) < 2:
        return
    beginning: dict[tuple[str, int], list[Option]] = {}
    covering: dict[tuple[str, int], list[Option]] = {}
    for one in group:
        beginning.setdefault((one.at.place, one.at.start), []).append(one)
        for slot in one.slots():
            covering.setdefault((one.at.place, slot), []).append(one)
    starts = sorted({start for _place, start in beginning})
    for place, end in sorted({(one.at.place, one.at.start + one.one.minutes) for one in group}):
        # All that stand at the place in the last step before this end: one of them at most.
        there = covering[place, end // GRID - 1]
        for start in starts[bisect_left(starts, end) :]:
            far = [other for other in places if not in_time(day, end, start, problem.way(place, other))]
            if not far:  # the later the start, the fewer are too far
                break
            late = [one for other in far for one in beginning.get((other, start), ())]
            if late:
                yield [*there, *late]


def _few(problem: Problem, options: Sequence[Option]) -> Iterator[tuple[list[Option], int]]:
    """Yield lists of options of which only so many can be: one-to-ones of a half-day, sessions at a base."""
    halves: dict[tuple[str, tuple[str, bool]], list[Option]] = {}
    rooms: dict[tuple[str, str], list[Option]] = {}
    bases = problem.bases()
    for one in options:
        if one.one.kind == ONE_TO_ONE:
            for track in one.at.tracks:
                halves.setdefault((track, half(problem, one.at)), []).append(one)
        if one.at.place in bases:
            rooms.setdefault((one.at.date, one.at.place), []).append(one)
    for _half, group in sorted(halves.items()):
        if len({one.one.id for one in group}) > problem.most_one_to_ones:
            yield group, problem.most_one_to_ones
    for _base, group in sorted(rooms.items()):
        for slot in sorted({one.slots().start for one in group}):
            here = [one for one in group if slot in one.slots()]
            if len({one.one.id for one in here}) > problem.rooms:
                yield here, problem.rooms
