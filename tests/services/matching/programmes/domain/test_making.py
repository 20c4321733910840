"""A visit's programme: no clash, as much priority as can be, and why the rest has no place."""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.programmes.domain import problem as programme
from services.matching.programmes.domain.making import make_programme
from services.matching.programmes.domain.problem import (
    Busy,
    Day,
    Placement,
    Problem,
    Track,
    Wanted,
    follows,
    interpreters_of,
    places_for,
)
from tests.services.matching.programmes.domain.programme_cases import (
    FULL,
    SHORT,
    a_problem,
    at,
    every_programme,
    faults,
    first_interpreters,
    interpreters_suffice,
    one,
    problem,
)


def priority(problem: Problem, ids: Collection[str]) -> int:
    return sum(one.priority for one in problem.wanted if one.id in ids)


def codes(problem: Problem) -> dict[str, str]:
    return {one.id: one.code for one in make_programme(problem).unplaced}


@given(a_problem())
@settings(max_examples=40, deadline=None)
def test_no_programme_without_a_clash_has_a_higher_priority(case: Problem) -> None:
    made = make_programme(case)
    assert made.proved
    assert faults(case, made.placements) == []
    assert priority(case, made.placements) == max(priority(case, other) for other in every_programme(case))


@given(a_problem(most=14, day=FULL))
@settings(max_examples=15, deadline=None)
def test_a_programme_of_a_full_day_has_no_clash_and_says_of_every_session_what_became_of_it(
    case: Problem,
) -> None:
    made = make_programme(case, effort=0.2)
    assert faults(case, made.placements) == []
    assert {one.id for one in made.unplaced} | set(made.placements) == {one.id for one in case.wanted}
    for left in made.unplaced:
        wanted = next(one for one in case.wanted if one.id == left.id)
        for where in places_for(case, wanted):
            assert faults(case, {**made.placements, left.id: where}), f"{left.id} could have stood at {where}"


@given(a_problem(most=8, day=FULL), st.randoms())
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_input_changes_nothing(case: Problem, chance: random.Random) -> None:
    def shuffled(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(items, len(items)))

    other = replace(
        case,
        days=shuffled(case.days),
        tracks=shuffled(case.tracks),
        wanted=shuffled(case.wanted),
        busy=shuffled(case.busy),
    )
    assert make_programme(other, effort=0.2) == make_programme(case, effort=0.2)


def test_a_large_programme_is_the_same_on_every_run_has_no_clash_and_places_much() -> None:
    chance = random.Random(3)
    tracks = tuple(Track(f"t{n}", (f"d{n}",)) for n in range(2))
    ids = tuple(track.id for track in tracks)
    wanted = [
        Wanted(f"v{n}", "study_visit", (f"H{n}",), 120, 280, ids, True, f"host:H{n}") for n in range(3)
    ] + [
        one(f"m{n:02}", f"C{n % 20}", tracks=ids, priority=chance.randint(40, 90), interpreter=n % 4 == 0)
        for n in range(30)
    ]
    days = (FULL, replace(FULL, date="2026-05-05", base="other"))
    case = Problem(days, tracks, tuple(wanted), interpreters=1)
    made = make_programme(case, effort=0.1)
    assert made == make_programme(case, effort=0.1)
    assert faults(case, made.placements) == []
    assert len(made.placements) > 25


def test_a_pinned_session_stands_where_it_was_put() -> None:
    case = problem(one("s1"), one("s2", "C2", priority=99))
    assert make_programme(case, {"s1": at(15)}).placements == {"s1": at(15), "s2": at(9)}


def test_a_pin_that_no_longer_fits_is_let_go_and_nothing_else() -> None:
    case = problem(one("s1"), one("s2", "C2"), busy=(Busy("C1", FULL.date, 15 * 60, 16 * 60),))
    made = make_programme(case, {"s1": at(15), "s2": at(16)})
    assert made.placements == {"s1": at(9), "s2": at(16)}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (problem(one(barred="tender_open")), "tender_open"),
        (problem(one("s1", "C1", least=2)), "too_few"),
        (problem(one(interpreter=True), interpreters=0), "no_interpreter"),
        (problem(one(minutes=300)), "no_common_time"),
        (problem(one(), busy=(Busy("C1", FULL.date, 0, 24 * 60),)), "no_common_time"),
        (problem(one(), days=(replace(FULL, base=None),)), "no_common_time"),
        (problem(one(), most_one_to_ones=0), "half_day_limit"),
        (problem(one(), rooms=0), "no_room"),
    ],
)
def test_a_session_without_a_place_says_why(case: Problem, expected: str) -> None:
    assert codes(case) == {"s1": expected}


def test_with_one_interpreter_for_two_tracks_one_of_two_long_talks_falls_away() -> None:
    tracks = (Track("t1"), Track("t2"))
    talks = [
        one(f"s{n}", f"C{n}", minutes=45, tracks=(f"t{n}",), interpreter=True, priority=9 - n) for n in (1, 2)
    ]
    short = replace(SHORT, end=SHORT.lunch[1])
    assert codes(problem(*talks, tracks=tracks, days=(short,))) == {"s2": "no_interpreter"}
    assert codes(problem(*talks, tracks=tracks, days=(short,), interpreters=2)) == {}


def test_what_is_worth_less_than_what_fills_the_time_waits_in_the_reserve_best_first() -> None:
    morning = Day(FULL.date, 9 * 60, 10 * 60, (12 * 60, 13 * 60), (), "base")
    wanted = [one(f"s{n}", f"C{n}", priority=n) for n in range(1, 5)] + [
        one("s5", "C5", barred="tender_open")
    ]
    made = make_programme(problem(*wanted, days=(morning,)))
    assert set(made.placements) == {"s3", "s4"}
    assert [(left.id, left.code) for left in made.unplaced] == [
        ("s1", "filled"), ("s2", "filled"), ("s5", "tender_open"),
    ]  # fmt: skip
    assert made.reserve == ("s2", "s1")


def test_a_study_visit_may_span_the_coffee_but_not_lunch_and_others_may_not() -> None:
    visit = one("s1", kind="study_visit", minutes=120, place="host:C1")
    table = one("s2", kind="round_table", minutes=120)
    assert places_for(problem(visit), visit)[0].start == 9 * 60
    assert {where.start for where in places_for(problem(table), table)} == set(
        range(13 * 60, 15 * 60 + 1, 15)
    )


@given(a_problem(most=6))
@settings(max_examples=40, deadline=None)
def test_interpreters_are_given_out_exactly_when_they_suffice(case: Problem) -> None:
    free = replace(case, interpreters=1)
    placements = make_programme(free).placements
    for number in range(3):
        few = replace(case, interpreters=number)
        assert (interpreters_of(few, placements) is not None) == interpreters_suffice(few, placements)


@st.composite
def held(draw: st.DrawFn) -> tuple[Problem, dict[str, Placement]]:
    """Draw up to seven sessions with interpreters that stand anywhere in two days, clashing or not."""
    days = tuple(replace(SHORT, date=f"2026-05-0{number}", base=f"base{number}") for number in (4, 5))
    sessions = [
        one(f"s{n}", minutes=draw(st.sampled_from([15, 30, 45])), interpreter=True)
        for n in range(draw(st.integers(0, 7)))
    ]
    placements = {
        each.id: Placement(
            (day := draw(st.sampled_from(days))).date,
            draw(st.sampled_from(range(SHORT.start, SHORT.end, 15))),
            draw(st.sampled_from([day.base or "", "host:C1", "host:C2"])),
            ("t1",),
        )
        for each in sessions
    }
    tracks = tuple(Track(f"t{n}", (f"d{n}",)) for n in range(1, 5))
    chosen = draw(st.integers(1, 3)), draw(st.sampled_from([0, 15, 30]))
    return Problem(days, tracks, tuple(sessions), interpreters=chosen[0], transfer=chosen[1]), placements


@given(held())
@settings(max_examples=300, deadline=None)
def test_of_all_ways_to_give_out_interpreters_it_is_the_first(
    case: tuple[Problem, dict[str, Placement]],
) -> None:
    assert interpreters_of(*case) == first_interpreters(*case)


def test_interpreters_of_the_largest_programme_are_found_without_trying_every_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = itertools.count()

    def counted(*between: Any) -> bool:
        assert next(looks) < 50_000
        return follows(*between)

    monkeypatch.setattr(programme, "follows", counted)
    tracks = tuple(Track(f"t{n}") for n in range(6))
    sessions = [one(f"s{n:03}", f"C{n}", interpreter=True) for n in range(120)]
    days = tuple(replace(FULL, date=f"2026-05-0{number}") for number in (4, 5))
    case = problem(*sessions, tracks=tracks, days=days, interpreters=5)
    placements = {
        each.id: at(9 + n // 5 % 12 / 2, "base", f"t{n % 5}", date=days[n // 60].date)
        for n, each in enumerate(sessions)
    }
    given_out = interpreters_of(case, placements)
    assert given_out == {each.id: n % 5 for n, each in enumerate(sessions)}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (problem(one(), one()), "sessions come twice: s1"),
        (problem(one(minutes=20)), "multiple of 15"),
        (problem(one(priority=-1)), "below 0"),
        (problem(one(), days=(replace(FULL, start=545),)), "hours of 2026-05-04"),
        (problem(one(), days=(replace(FULL, lunch=(780, 720)),)), "lunch on 2026-05-04"),
    ],
)
def test_a_problem_that_contradicts_itself_is_refused_by_name(wrong: Problem, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make_programme(wrong)
