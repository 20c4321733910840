"""Small programmes for tests: written, drawn, all that are possible, and a checker that knows no solver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, product
from typing import Any

from hypothesis import strategies as st

from services.matching.programmes.domain.problem import Busy, Day, Placement, Problem, Track, Wanted

SHORT = Day("2026-05-04", 9 * 60, 10 * 60 + 30, (9 * 60 + 45, 10 * 60), (), "base")
"""Three quarters before lunch and two after it: small enough to try everything."""
FULL = Day("2026-05-04", 9 * 60, 17 * 60, (12 * 60, 13 * 60), ((10 * 60 + 30, 10 * 60 + 45),), "base")


def one(id: str = "s1", *companies: str, **more: Any) -> Wanted:
    """A one-to-one of half an hour with company C1 for the only track."""
    said: dict[str, Any] = {"kind": "one_to_one", "minutes": 30, "priority": 10, "tracks": ("t1",)}
    return Wanted(id, companies=companies or ("C1",), **{**said, **more})


def problem(*wanted: Wanted, **more: Any) -> Problem:
    said: dict[str, Any] = {"days": (FULL,), "tracks": (Track("t1", ("d1",)),)}
    return Problem(wanted=wanted, **{**said, **more})


def at(hours: float, place: str = "base", *tracks: str, date: str = FULL.date) -> Placement:
    return Placement(date, round(hours * 60), place, tracks or ("t1",))


def faults(problem: Problem, placements: Mapping[str, Placement]) -> list[str]:
    """List what is wrong with a programme; written against the rules, not against the code that plans."""
    found = []
    wanted = {one.id: one for one in problem.wanted}
    days = {day.date: day for day in problem.days}
    known = {track.id for track in problem.tracks}
    for id, here in placements.items():
        one, day = wanted[id], days[here.date]
        end = here.start + one.minutes
        if one.barred or len(one.companies) < one.least:
            found.append(f"{id} may not be held")
        if here.place != (one.place or day.base):
            found.append(f"{id} is at the wrong place")
        theirs = set(one.tracks) & known
        if (
            set(here.tracks) != theirs
            if one.together
            else len(here.tracks) != 1 or not set(here.tracks) <= theirs
        ):
            found.append(f"{id} is for the wrong tracks")
        in_morning = day.start <= here.start and end <= min(day.lunch[0], day.end)
        in_afternoon = max(day.lunch[1], day.start) <= here.start and end <= day.end
        if not (in_morning or in_afternoon):
            found.append(f"{id} crosses lunch or the ends of the day")
        if one.kind != "study_visit" and any(here.start < last and first < end for first, last in day.breaks):
            found.append(f"{id} crosses a break")
        for busy in problem.busy:
            meant = busy.who in (*one.companies, *here.tracks) and busy.date == here.date
            if meant and here.start < busy.end and busy.start < end:
                found.append(f"{busy.who} is away at {id}")
    for who in {name for id, here in placements.items() for name in (*wanted[id].companies, *here.tracks)}:
        theirs_in_order = sorted(
            (here.date, here.start, here.start + wanted[id].minutes, here.place, id)
            for id, here in placements.items()
            if who in (*wanted[id].companies, *here.tracks)
        )
        for before, after in pairwise(theirs_in_order):
            if not can_go(problem, before, after):
                found.append(f"{who} cannot be at {before[4]} and at {after[4]}")
    for day in problem.days:
        for minute in range(0, 24 * 60, 15):
            here_now = [
                id
                for id, here in placements.items()
                if here.date == day.date and here.place == day.base and not wanted[id].place
                and here.start <= minute < here.start + wanted[id].minutes
            ]  # fmt: skip
            if len(here_now) > problem.rooms:
                found.append(f"too few rooms at {minute}")
        for track in known:
            for later in (False, True):
                meetings = [
                    id
                    for id, here in placements.items()
                    if wanted[id].kind == "one_to_one" and track in here.tracks and here.date == day.date
                    and (here.start >= day.lunch[1]) == later
                ]  # fmt: skip
                if len(meetings) > problem.most_one_to_ones:
                    found.append(f"too many one-to-ones for {track}")
    if not interpreters_suffice(problem, placements):
        found.append("too few interpreters")
    return found


def can_go(
    problem: Problem, before: tuple[str, int, int, str, str], after: tuple[str, int, int, str, str]
) -> bool:
    """Say whether somebody gets from one session to the next, the way wholly before or wholly after lunch."""
    if before[0] != after[0]:
        return True
    day = next(day for day in problem.days if day.date == before[0])
    way = problem.way(before[3], after[3])
    free = [minute for minute in range(before[2], after[1]) if not day.lunch[0] <= minute < day.lunch[1]]
    runs, length = [0], 0
    for place, minute in enumerate(free):
        length = length + 1 if place and free[place - 1] == minute - 1 else 1
        runs.append(length)
    return before[2] <= after[1] and max(runs) >= way


def interpreters_suffice(problem: Problem, placements: Mapping[str, Placement]) -> bool:
    """Say whether any way to give the sessions that need one an interpreter works."""
    return first_interpreters(problem, placements) is not None


def first_interpreters(problem: Problem, placements: Mapping[str, Placement]) -> dict[str, int] | None:
    """Try every way to give the sessions that need one an interpreter, low numbers first; None: none works."""
    wanted = {one.id: one for one in problem.wanted}
    needing = [
        (here.date, here.start, here.start + wanted[id].minutes, here.place, id)
        for id, here in sorted(placements.items(), key=lambda item: (item[1], item[0]))
        if wanted[id].interpreter
    ]
    if problem.interpreters >= len(problem.tracks):
        tracks = [track.id for track in problem.tracks]
        return {one[4]: tracks.index(placements[one[4]].tracks[0]) for one in needing}
    for chosen in product(range(problem.interpreters), repeat=len(needing)):
        if all(
            can_go(problem, before, after)
            for number in range(problem.interpreters)
            for own in [sorted(one for one, who in zip(needing, chosen, strict=True) if who == number)]
            for before, after in pairwise(own)
        ):
            return {one[4]: number for one, number in zip(needing, chosen, strict=True)}
    return None


def every_programme(problem: Problem) -> Iterator[dict[str, Placement]]:
    """Yield every programme without a fault, by trying all quarters of all days."""

    def grow(place: int, chosen: dict[str, Placement]) -> Iterator[dict[str, Placement]]:
        if place == len(problem.wanted):
            yield dict(chosen)
            return
        one = problem.wanted[place]
        yield from grow(place + 1, chosen)
        for day in problem.days:
            groups = [tuple(sorted(set(one.tracks) & {track.id for track in problem.tracks}))]
            if not one.together:
                groups = [(track,) for track in groups[0]]
            for start in range(day.start, day.end, 15):
                for group in groups:
                    where = one.place or day.base
                    if where is None or not group:
                        continue
                    chosen[one.id] = Placement(day.date, start, where, group)
                    if not faults(problem, chosen):
                        yield from grow(place + 1, chosen)
                    del chosen[one.id]

    yield from grow(0, {})


@st.composite
def a_problem(draw: st.DrawFn, most: int = 4, day: Day = SHORT) -> Problem:
    """Draw a problem; with the short day and few sessions small enough for `every_programme`."""
    tracks = tuple(Track(f"t{n}", (f"d{n}",)) for n in range(1, draw(st.integers(1, 2)) + 1))
    ids = [track.id for track in tracks]
    wanted = []
    for n in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from(["one_to_one", "one_to_one", "study_visit", "round_table"]))
        companies = draw(st.lists(st.sampled_from(["C1", "C2", "C3"]), min_size=1, max_size=2, unique=True))
        wanted.append(
            Wanted(
                f"s{n}",
                kind,
                tuple(companies),
                draw(st.sampled_from([15, 30, 45])),
                draw(st.integers(1, 9)),
                tuple(draw(st.lists(st.sampled_from(ids), min_size=1, max_size=2, unique=True))),
                together=draw(st.booleans()),
                place=f"host:{companies[0]}" if kind == "study_visit" else None,
                interpreter=draw(st.booleans()),
                least=2 if kind == "round_table" and draw(st.booleans()) else 1,
            )
        )
    busy = draw(st.lists(st.sampled_from(["C1", "C2", "t1"]), max_size=1))
    return Problem(
        days=(day,),
        tracks=tracks,
        wanted=tuple(wanted),
        interpreters=draw(st.integers(0, 2)),
        rooms=draw(st.integers(1, 2)),
        most_one_to_ones=draw(st.integers(1, 2)),
        transfer=draw(st.sampled_from([0, 10, 15, 30])),
        busy=tuple(Busy(who, day.date, 9 * 60, 9 * 60 + 20) for who in busy),
    )
