"""Mending a programme when somebody cancels: the least change that makes it whole again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from services.matching.programmes.domain.making import Programme, programme_of
from services.matching.programmes.domain.problem import (
    Day,
    Placement,
    Placements,
    Problem,
    Track,
    Wanted,
    by_id,
    places_for,
)
from services.matching.programmes.domain.solver import EFFORT, Worth, solve

COMPANY, DELEGATE, SESSION, PLACE = "company", "delegate", "session", "place"
CANCELLABLE = (COMPANY, DELEGATE, SESSION, PLACE)

CANCELLED, REDUCED, MOVED, LOST, ADDED = "cancelled", "reduced", "moved", "lost", "added"
CHANGES = (CANCELLED, REDUCED, MOVED, LOST, ADDED)
"""What can become of a session: called off, held without some, moved, left without a place, taken from the reserve."""


@dataclass(frozen=True)
class Cancellation:
    """What falls away: a company, a delegate or a session by id, or a place. `kind` is one of `CANCELLABLE`."""

    kind: str
    id: str


@dataclass(frozen=True)
class Change:
    """What a mend changes of one session; `before` and `after` are None where it did not or does not stand."""

    id: str
    code: str
    before: Placement | None
    after: Placement | None


@dataclass(frozen=True)
class Mended:
    """What is left of the problem, its programme, and each change, in order of time."""

    problem: Problem
    programme: Programme
    changes: tuple[Change, ...]


def without(problem: Problem, cancelled: Iterable[Cancellation]) -> Problem:
    """Return what is left of a problem when something falls away; what is unknown changes nothing.

    A track goes with its last delegate, a session with its last company. A day whose base is cancelled has the first
    other base there is.
    """
    gone = {kind: {one.id for one in cancelled if one.kind == kind} for kind in CANCELLABLE}
    tracks = tuple(
        Track(track.id, tuple(one for one in track.delegates if one not in gone[DELEGATE]))
        for track in problem.tracks
        if not track.delegates or set(track.delegates) - gone[DELEGATE]
    )
    left = {track.id for track in tracks}
    other = min(problem.bases() - gone[PLACE], default=None)

    def based(day: Day) -> Day:
        return replace(day, base=other) if day.base in gone[PLACE] else day

    def held(one: Wanted) -> Wanted:
        companies = tuple(id for id in one.companies if id not in gone[COMPANY])
        return replace(one, companies=companies, tracks=tuple(id for id in one.tracks if id in left))

    return replace(
        problem,
        days=tuple(based(day) for day in problem.days),
        tracks=tracks,
        wanted=tuple(
            held(one)
            for one in problem.wanted
            if one.id not in gone[SESSION]
            and one.place not in gone[PLACE]
            and not (one.companies and set(one.companies) <= gone[COMPANY])
        ),
    )


def mend(
    problem: Problem, standing: Placements, cancelled: Sequence[Cancellation], effort: float = EFFORT
) -> Mended:
    """Make a programme whole again when something is cancelled, with the least change.

    Of all programmes without a clash it is one in which the fewest sessions that stood are changed (moved or given
    up); of those one that keeps the most priority of what stood, then one that changes the fewest times of day, and
    then one that fills the holes with the most priority from what was not placed.

    Sessions that stood together do not clash when others fall away. So those that can stay do stay, and only those
    that cannot (their own place or track is gone) and the unplaced ones are looked at.
    """
    before = problem.in_order()
    after = without(before, cancelled).in_order()
    stood = {one.id: _still(one, standing[one.id]) for one in after.wanted if one.id in standing}
    allowed = {one.id: places_for(after, one) for one in after.wanted}
    for id, at in stood.items():
        if at in allowed[id]:
            allowed[id] = [at]
    stay = {id for id, at in stood.items() if allowed[id] == [at]}
    aims: list[Worth] = [
        lambda one, at: int(one.id in stay),
        lambda one, at: one.priority if one.id in stood else 0,
        lambda one, at: int(
            one.id in stood and (stood[one.id].date, stood[one.id].start) == (at.date, at.start)
        ),
        lambda one, at: 0 if one.id in stood else one.priority,
    ]
    programme = programme_of(after, solve(after, allowed, aims, effort=effort))
    return Mended(after, programme, _changes(before, after, standing, programme.placements))


def _still(one: Wanted, at: Placement) -> Placement:
    """Return where a session stands without the tracks that are gone."""
    return replace(at, tracks=tuple(track for track in at.tracks if track in one.tracks))


def _changes(before: Problem, after: Problem, stood: Placements, stand: Placements) -> tuple[Change, ...]:
    was, now = by_id(before), by_id(after)
    changes = []
    for id in sorted(set(stood) | set(stand)):
        old, new = stood.get(id), stand.get(id)
        if old is None:
            code = ADDED
        elif new is None:
            held = id in now and len(now[id].companies) >= now[id].least and now[id].tracks
            code = LOST if held else CANCELLED
        elif (old.date, old.start, old.place) != (new.date, new.start, new.place) or not set(
            new.tracks
        ) <= set(old.tracks):
            code = MOVED
        elif was[id].companies != now[id].companies or old.tracks != new.tracks:
            code = REDUCED
        else:
            continue
        changes.append(Change(id, code, old, new))
    return tuple(sorted(changes, key=lambda one: (CHANGES.index(one.code), one.after or one.before, one.id)))
