"""A visit's programme: what is wanted, where each session may stand, and what keeps two sessions apart.

Times are minutes since midnight, days ISO dates, everything else ids and codes. Every session begins on a step of the
grid within its half-day, the morning before lunch or the afternoon after it, and ends within it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

STUDY_VISIT = "study_visit"
ROUND_TABLE = "round_table"
PRESENTATION = "presentation"
ONE_TO_ONE = "one_to_one"
KINDS = (STUDY_VISIT, ROUND_TABLE, PRESENTATION, ONE_TO_ONE)
"""The kinds of sessions, the longest first."""

HOST, OWN = "host:", "visit:"
"""How the code of a place begins: a company's own place by its id, one of the visit's by its number from 0."""

GRID = 15
"""Minutes: sessions begin on these steps and their lengths are multiples of it."""

Span = tuple[int, int]
"""From and until, in minutes since midnight; the end is not part of it."""


@dataclass(frozen=True)
class Day:
    """A day with its hours. `base` is the place where sessions are held that have no place of their own.

    Without a base (None) no such session is held that day. Nobody works in `breaks`, except on a study visit: the
    host serves the coffee.
    """

    date: str
    start: int
    end: int
    lunch: Span
    breaks: tuple[Span, ...] = ()
    base: str | None = "base"

    def halves(self) -> tuple[Span, Span]:
        """Return the morning and the afternoon."""
        return (self.start, min(self.lunch[0], self.end)), (max(self.lunch[1], self.start), self.end)


@dataclass(frozen=True)
class Track:
    """Delegates (ids) who go together; a delegate is in one track."""

    id: str
    delegates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """A session that is wanted; `priority` (a whole number of 0 or more) is what placing it is worth.

    `tracks` are those it concerns: all of them at once where `together`, otherwise one of them. `place` None is the
    day's base. With fewer than `least` companies it is not held. `barred` says, by a code, why it may not be held.
    """

    id: str
    kind: str
    companies: tuple[str, ...]
    minutes: int
    priority: int
    tracks: tuple[str, ...]
    together: bool = False
    place: str | None = None
    interpreter: bool = False
    least: int = 1
    barred: str = ""


@dataclass(frozen=True, order=True)
class Placement:
    """Where and when a session stands, and which tracks are there."""

    date: str
    start: int
    place: str
    tracks: tuple[str, ...]


@dataclass(frozen=True)
class Busy:
    """A time in which a company or a track (an id) is not there."""

    who: str
    date: str
    start: int
    end: int


@dataclass(frozen=True)
class Problem:
    """All that a programme is made from.

    `rooms` are the sessions that a base holds at once; `most_one_to_ones` is per track and half-day; a way from one
    place to another takes `transfer` minutes where `transfers` (either direction) does not say another number.
    """

    days: tuple[Day, ...]
    tracks: tuple[Track, ...]
    wanted: tuple[Wanted, ...]
    interpreters: int = 1
    rooms: int = 4
    most_one_to_ones: int = 4
    transfer: int = 30
    transfers: Mapping[tuple[str, str], int] = field(default_factory=dict)
    busy: tuple[Busy, ...] = ()

    def way(self, one: str, other: str) -> int:
        """Return the minutes from one place to another."""
        if one == other:
            return 0
        return self.transfers.get((one, other), self.transfers.get((other, one), self.transfer))

    def bases(self) -> frozenset[str]:
        """Return the places that are the base of a day."""
        return frozenset(day.base for day in self.days if day.base is not None)

    def in_order(self) -> Problem:
        """Return the same problem with everything sorted, so that the order of the input changes nothing."""
        return Problem(
            days=tuple(sorted(self.days, key=lambda day: day.date)),
            tracks=tuple(sorted(self.tracks, key=lambda track: track.id)),
            wanted=tuple(sorted(self.wanted, key=lambda one: one.id)),
            interpreters=self.interpreters,
            rooms=self.rooms,
            most_one_to_ones=self.most_one_to_ones,
            transfer=self.transfer,
            transfers=dict(sorted(self.transfers.items())),
            busy=tuple(sorted(self.busy, key=lambda one: (one.who, one.date, one.start, one.end))),
        )


Placements = Mapping[str, Placement]
"""Where each placed session stands, by its id."""


def check(problem: Problem) -> None:
    """Raise ValueError where a problem contradicts itself; the message names what is wrong."""
    for name, ids in (
        ("days", [day.date for day in problem.days]),
        ("tracks", [track.id for track in problem.tracks]),
        ("sessions", [one.id for one in problem.wanted]),
    ):
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"{name} come twice: {', '.join(twice)}")
    for day in problem.days:
        if not 0 <= day.lunch[0] < day.lunch[1] <= 24 * 60:
            raise ValueError(f"lunch on {day.date} must begin before it ends")
        if any(minute % GRID for minute in (day.start, day.end, *day.lunch)):
            raise ValueError(f"the hours of {day.date} must be multiples of {GRID} minutes")
    for one in problem.wanted:
        if one.minutes <= 0 or one.minutes % GRID:
            raise ValueError(f"{one.id} must last a multiple of {GRID} minutes, not {one.minutes}")
        if one.priority < 0:
            raise ValueError(f"{one.id} has a priority below 0")


def places_for(problem: Problem, one: Wanted) -> list[Placement]:
    """List where a session may stand when nothing else is placed, in order of time and track."""
    tracks = [track.id for track in problem.tracks if track.id in one.tracks]
    if one.barred or len(one.companies) < one.least or not tracks:
        return []
    if one.interpreter and problem.interpreters < 1:
        return []
    groups = [tuple(tracks)] if one.together else [(track,) for track in tracks]
    return [
        Placement(day.date, start, place, group)
        for day in problem.days
        if (place := one.place or day.base) is not None
        for start in starts(day, one)
        for group in groups
        if is_free(problem, one.companies + group, day.date, start, start + one.minutes)
    ]


def starts(day: Day, one: Wanted) -> list[int]:
    """List the times of a day at which a session of this length and kind may begin."""
    rests = () if one.kind == STUDY_VISIT else day.breaks
    return [
        start
        for first, last in day.halves()
        for start in range(first, last - one.minutes + 1, GRID)
        if not any(start < until and since < start + one.minutes for since, until in rests)
    ]


def is_free(problem: Problem, who: Iterable[str], date: str, start: int, end: int) -> bool:
    """Say whether everybody among `who` is there the whole time."""
    ids = set(who)
    return not any(
        one.who in ids and one.date == date and one.start < end and start < one.end for one in problem.busy
    )


def in_time(day: Day, end: int, start: int, minutes: int) -> bool:
    """Say whether a way of `minutes` fits between an end and a later start of the same day, lunch kept free."""
    if start < end:
        return False
    since, until = day.lunch
    if end <= since and start >= until:
        return minutes == 0 or since - end >= minutes or start - until >= minutes
    return start - end >= minutes


def clash(problem: Problem, one: Wanted, at: Placement, other: Wanted, there: Placement) -> set[str]:
    """Name who cannot be at both sessions (ids of tracks and companies); empty when the two go together."""
    shared = (set(at.tracks) & set(there.tracks)) | (set(one.companies) & set(other.companies))
    return shared if shared and not follows(problem, one, at, other, there) else set()


def follows(problem: Problem, one: Wanted, at: Placement, other: Wanted, there: Placement) -> bool:
    """Say whether somebody can be at both sessions, in whichever order they stand."""
    if at.date != there.date:
        return True
    day = next(day for day in problem.days if day.date == at.date)
    way = problem.way(at.place, there.place)
    return in_time(day, at.start + one.minutes, there.start, way) or in_time(
        day, there.start + other.minutes, at.start, way
    )


def half(problem: Problem, at: Placement) -> tuple[str, bool]:
    """Return the half-day of a placement: its date, and whether it is the afternoon."""
    day = next(day for day in problem.days if day.date == at.date)
    return at.date, at.start >= day.lunch[1]


def by_id(problem: Problem) -> dict[str, Wanted]:
    """Return the wanted sessions by id."""
    return {one.id: one for one in problem.wanted}


def in_time_order(placements: Placements) -> list[tuple[str, Placement]]:
    """List placed sessions by day, start, place, tracks and id."""
    return sorted(placements.items(), key=lambda item: (item[1], item[0]))


def interpreters_of(problem: Problem, placements: Placements) -> dict[str, int] | None:
    """Assign each session that needs an interpreter one, from 0; None where there are too few.

    Exact: looks through which sessions they had last, in order of time, of those that a later one can collide with. Of
    several ways it is the one that gives earlier sessions lower numbers. Where there is one for each track, one goes
    with each.
    """
    wanted = by_id(problem)
    needing = [(id, at) for id, at in in_time_order(placements) if wanted[id].interpreter]
    tracks = [track.id for track in problem.tracks]
    if problem.interpreters >= len(tracks):
        return {id: tracks.index(at.tracks[0]) for id, at in needing}
    until = _last_collisions(problem, needing)
    idle = ("",) * problem.interpreters
    # Interpreters are alike: of those who had the same sessions last, in whichever order, one way is enough.
    states: dict[tuple[str, ...], tuple[tuple[int, ...], tuple[str, ...]]] = {idle: ((), idle)}
    for place, (id, at) in enumerate(needing):
        later: dict[tuple[str, ...], tuple[tuple[int, ...], tuple[str, ...]]] = {}
        for chosen, last in sorted(states.values()):
            for number, before in enumerate(last):
                if not before and number > last.index(""):
                    continue
                if before and not follows(problem, wanted[id], at, wanted[before], placements[before]):
                    continue
                now = (*last[:number], id, *last[number + 1 :])
                had = tuple(one if one and until[one] > place else "" for one in now)
                later.setdefault(tuple(sorted(had)), ((*chosen, number), had))
        states = later
    if not states:
        return None
    best, _last = min(states.values())
    return dict(zip((id for id, _at in needing), best, strict=True))


def _last_collisions(problem: Problem, ordered: Sequence[tuple[str, Placement]]) -> dict[str, int]:
    """Return for each session the place of the last later one that nobody can be at besides; -1 where there is none."""
    wanted = by_id(problem)
    ends: dict[str, int] = {at.date: place for place, (_id, at) in enumerate(ordered)}
    return {
        id: next(
            (
                place
                for place in range(ends[at.date], here, -1)
                if not follows(problem, wanted[id], at, wanted[ordered[place][0]], ordered[place][1])
            ),
            -1,
        )
        for here, (id, at) in enumerate(ordered)
    }
