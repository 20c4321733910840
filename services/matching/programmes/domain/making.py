"""Making a visit's programme: the placements of the highest priority together, and what became of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.matching.programmes.domain.problem import (
    GRID,
    ONE_TO_ONE,
    Placement,
    Placements,
    Problem,
    Wanted,
    by_id,
    check,
    clash,
    half,
    interpreters_of,
    places_for,
)
from services.matching.programmes.domain.solver import EFFORT, Solved, Worth, solve

TOO_FEW = "too_few"
NO_INTERPRETER = "no_interpreter"
NO_COMMON_TIME = "no_common_time"
HALF_DAY_LIMIT = "half_day_limit"
NO_ROOM = "no_room"
FILLED = "filled"
CODES = (TOO_FEW, NO_INTERPRETER, NO_COMMON_TIME, HALF_DAY_LIMIT, NO_ROOM, FILLED)
"""Why a session was not placed, besides what it is barred by."""

MOST_IN_RESERVE = 12
ROUNDS = 2


@dataclass(frozen=True)
class Unplaced:
    """A session that was not placed, and why: a code of `CODES` or what bars it."""

    id: str
    code: str


@dataclass(frozen=True)
class Programme:
    """A visit's programme; `proved` when none of higher priority exists.

    `reserve` are unplaced sessions that could stand in a hole, the best first.
    """

    placements: Placements
    unplaced: tuple[Unplaced, ...]
    reserve: tuple[str, ...]
    proved: bool


def make_programme(
    problem: Problem, pinned: Mapping[str, Placement] | None = None, effort: float = EFFORT
) -> Programme:
    """Place the sessions of the highest priority together; of equal programmes an early one.

    As many as possible of the `pinned` sessions stand where they are said to: all, unless they clash with each other
    or somebody is not there. `effort` bounds the solver's deterministic time per aim, of which there are up to three.
    Raises ValueError where the problem contradicts itself.
    """
    check(problem)
    problem = problem.in_order()
    allowed = {one.id: places_for(problem, one) for one in problem.wanted}
    held = {id: at for id, at in (pinned or {}).items() if at in allowed.get(id, ())}
    aims: list[Worth] = [_worth, _early(problem)]
    if held:
        aims.insert(0, lambda one, at: int(held.get(one.id) == at))
    solved = solve(problem, allowed, aims, effort=effort)
    if not solved.proved:
        solved = _improved(problem, allowed, aims, solved, effort)
    return programme_of(problem, solved)


def _improved(
    problem: Problem,
    allowed: Mapping[str, Sequence[Placement]],
    aims: Sequence[Worth],
    solved: Solved,
    effort: float,
) -> Solved:
    """Make a large programme better piece by piece: each half-day, then each day anew, what stands elsewhere kept."""
    halves = [(day.date, later) for day in problem.days for later in (False, True)]
    pieces = [{one} for one in halves] + [{(day.date, False), (day.date, True)} for day in problem.days]
    for piece in pieces * ROUNDS:
        near = {
            id: [at]
            if (at := solved.placements.get(id)) and half(problem, at) not in piece
            else [one for one in places if half(problem, one) in piece]
            for id, places in allowed.items()
        }
        # Never worse: it begins with what stands.
        found = solve(problem, near, aims, solved.placements, effort / len(pieces))
        solved = Solved(found.placements, False)
    return solved


def programme_of(problem: Problem, solved: Solved) -> Programme:
    """Return a solved problem (in order) as a programme, with why sessions are left and which could stand in."""
    unplaced = tuple(
        Unplaced(one.id, why_unplaced(problem, solved.placements, one))
        for one in problem.wanted
        if one.id not in solved.placements
    )
    return Programme(
        dict(sorted(solved.placements.items())), unplaced, _reserve(problem, unplaced), solved.proved
    )


def why_unplaced(problem: Problem, placements: Placements, one: Wanted) -> str:
    """Say by a code why a session has no place beside those that stand.

    Of several hindrances the one that is easiest to remove: one that alone keeps it from a place.
    """
    if one.barred:
        return one.barred
    if len(one.companies) < one.least:
        return TOO_FEW
    if one.interpreter and problem.interpreters < 1:
        return NO_INTERPRETER
    free = places_for(problem, one)
    if not free:
        return NO_COMMON_TIME
    found = [hindrances(problem, placements, one, at) for at in free]
    for code in (NO_INTERPRETER, HALF_DAY_LIMIT, NO_ROOM):
        if {code} in found:
            return code
    # Where its companies are taken at all times by sessions of their own, nobody else's priority is the reason.
    return NO_COMMON_TIME if all(NO_COMMON_TIME in one for one in found) else FILLED


def hindrances(problem: Problem, placements: Placements, one: Wanted, at: Placement) -> set[str]:
    """Name what keeps a session from a placement beside those that stand; empty when nothing does."""
    wanted = by_id(problem)
    found: set[str] = set()
    for id, there in placements.items():
        both = clash(problem, one, at, wanted[id], there)
        if both & set(one.companies):
            found.add(NO_COMMON_TIME)
        if both & set(at.tracks):
            found.add(FILLED)
    if one.kind == ONE_TO_ONE and _one_to_ones(problem, placements, at) >= problem.most_one_to_ones:
        found.add(HALF_DAY_LIMIT)
    if at.place in problem.bases() and _fullest(wanted, placements, one, at) >= problem.rooms:
        found.add(NO_ROOM)
    if one.interpreter:
        that_day = {id: there for id, there in placements.items() if there.date == at.date}
        if interpreters_of(problem, {**that_day, one.id: at}) is None:
            found.add(NO_INTERPRETER)
    return found


def _one_to_ones(problem: Problem, placements: Placements, at: Placement) -> int:
    wanted = by_id(problem)
    mine = half(problem, at)
    return max(
        sum(
            wanted[id].kind == ONE_TO_ONE and track in there.tracks and half(problem, there) == mine
            for id, there in placements.items()
        )
        for track in at.tracks
    )


def _fullest(wanted: Mapping[str, Wanted], placements: Placements, one: Wanted, at: Placement) -> int:
    """Return the most sessions that the place holds at once while this one would be there."""
    here = [
        (there.start, there.start + wanted[id].minutes)
        for id, there in placements.items()
        if (there.date, there.place) == (at.date, at.place)
    ]
    return max(
        sum(start <= moment < end for start, end in here)
        for moment in range(at.start, at.start + one.minutes, GRID)
    )


def _reserve(problem: Problem, unplaced: Sequence[Unplaced]) -> tuple[str, ...]:
    wanted = by_id(problem)
    able = [one.id for one in unplaced if places_for(problem, wanted[one.id])]
    return tuple(sorted(able, key=lambda id: (-wanted[id].priority, id))[:MOST_IN_RESERVE])


def _worth(one: Wanted, at: Placement) -> int:
    return one.priority


def _early(problem: Problem) -> Worth:
    """Prefer early quarters; a session is worth most at its earliest, and more at any time than not at all."""
    dates = {day.date: number for number, day in enumerate(problem.days)}
    steps = 24 * 60 // GRID
    most = steps * len(dates)

    def worth(one: Wanted, at: Placement) -> int:
        return most - dates[at.date] * steps - at.start // GRID

    return worth
