"""When somebody cancels: the least change that makes the programme whole again."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.programmes.domain.making import make_programme
from services.matching.programmes.domain.mend import Cancellation, mend, without
from services.matching.programmes.domain.problem import Busy, Day, Placement, Problem, Track
from tests.services.matching.programmes.domain.programme_cases import (
    FULL,
    a_problem,
    at,
    every_programme,
    faults,
    one,
    problem,
)

cancellations = st.sampled_from(
    [("company", "C1"), ("company", "C2"), ("delegate", "d1"), ("session", "s0"), ("place", "host:C1")]
).map(lambda one: Cancellation(*one))


def cost(after: Problem, stood: Mapping[str, Placement], stand: Mapping[str, Placement]) -> tuple[int, ...]:
    """What a mend costs, the worst first: changed sessions, lost priority, changed times, priority not filled in."""
    priority = {one.id: one.priority for one in after.wanted}
    tracks = {track.id for track in after.tracks}

    def where(place: Placement) -> tuple[object, ...]:
        return place.date, place.start, place.place, set(place.tracks) & tracks

    kept = [id for id in stood if id in priority]
    return (
        sum(id not in stand or where(stand[id]) != where(stood[id]) for id in kept),
        sum(priority[id] for id in kept if id not in stand),
        sum(id in stand and stand[id].start != stood[id].start for id in kept),
        -sum(priority[id] for id in stand if id not in stood),
    )


@given(a_problem(), cancellations)
@settings(max_examples=60, deadline=None)
def test_no_other_mend_changes_less(case: Problem, cancelled: Cancellation) -> None:
    stood = make_programme(case).placements
    mended = mend(case, stood, [cancelled])
    after = without(case, [cancelled])
    assert mended.programme.proved
    assert faults(after, mended.programme.placements) == []
    least = min(cost(after, stood, other) for other in every_programme(after))
    assert cost(after, stood, mended.programme.placements) == least


@given(a_problem(), cancellations)
@settings(max_examples=30, deadline=None)
def test_every_difference_is_reported_and_nothing_else(case: Problem, cancelled: Cancellation) -> None:
    stood = make_programme(case).placements
    mended = mend(case, stood, [cancelled])
    stand = mended.programme.placements
    members = {one.id: one.companies for one in case.wanted}
    left = {one.id: one.companies for one in mended.problem.wanted}
    differ = {
        id
        for id in {*stood, *stand}
        if stood.get(id) != stand.get(id) or (id in stand and members[id] != left[id])
    }
    assert {change.id for change in mended.changes} == differ
    assert all(
        (change.before, change.after) == (stood.get(change.id), stand.get(change.id))
        for change in mended.changes
    )


def test_a_company_that_cancels_leaves_a_hole_that_the_reserve_fills() -> None:
    case = problem(
        one("s1", "C1", priority=9),
        one("s2", "C2", priority=8),
        one("s3", "C3", priority=7),
        most_one_to_ones=1,
    )
    stood = {"s1": at(9), "s2": at(13)}
    mended = mend(case, stood, [Cancellation("company", "C1")])
    assert {(change.id, change.code) for change in mended.changes} == {("s1", "cancelled"), ("s3", "added")}
    assert mended.programme.placements["s2"] == at(13)
    assert "s1" not in {left.id for left in mended.problem.wanted}
    assert "s1" not in {left.id for left in mended.programme.unplaced}


def test_a_round_table_goes_on_with_those_who_are_left() -> None:
    table = one("s1", "C1", "C2", "C3", kind="round_table", minutes=90, least=2)
    mended = mend(problem(table), {"s1": at(13)}, [Cancellation("company", "C1")])
    assert [(change.id, change.code) for change in mended.changes] == [("s1", "reduced")]
    fewer = mend(
        problem(table), {"s1": at(13)}, [Cancellation("company", "C1"), Cancellation("company", "C2")]
    )
    assert [(change.id, change.code) for change in fewer.changes] == [("s1", "cancelled")]


def test_the_last_delegate_of_a_track_takes_its_meetings_to_another_track() -> None:
    case = problem(one(tracks=("t1", "t2")), tracks=(Track("t1", ("d1",)), Track("t2", ("d2", "d3"))))
    mended = mend(case, {"s1": at(9)}, [Cancellation("delegate", "d1")])
    assert mended.programme.placements == {"s1": at(9, "base", "t2")}
    assert [change.code for change in mended.changes] == ["moved"]


def test_one_of_several_delegates_changes_nothing() -> None:
    case = problem(one(), tracks=(Track("t1", ("d1", "d2")),))
    assert mend(case, {"s1": at(9)}, [Cancellation("delegate", "d1")]).changes == ()


def test_a_cancelled_place_gives_way_to_another_and_the_times_stay() -> None:
    days = (FULL, type(FULL)("2026-05-05", FULL.start, FULL.end, FULL.lunch, (), "other"))
    case = problem(one(), days=days)
    mended = mend(case, {"s1": at(11)}, [Cancellation("place", "base")])
    assert mended.programme.placements == {"s1": at(11, "other")}


@pytest.mark.parametrize("unknown", [Cancellation("company", "nobody"), Cancellation("place", "nowhere")])
def test_what_is_not_in_the_programme_changes_nothing(unknown: Cancellation) -> None:
    assert mend(problem(one()), {"s1": at(9)}, [unknown]).changes == ()


def test_a_session_that_can_stay_is_not_moved_to_save_another() -> None:
    late = Busy("C1", FULL.date, 9 * 60 + 30, 24 * 60)
    case = problem(
        one("s1", "C1", priority=9, tracks=("t1", "t2")),
        one("s2", "C2", priority=1, tracks=("t2",)),
        tracks=(Track("t1", ("d1",)), Track("t2", ("d2",))),
        busy=(late,),
    )
    mended = mend(case, {"s1": at(9), "s2": at(9, "base", "t2")}, [Cancellation("delegate", "d1")])
    assert [(change.id, change.code) for change in mended.changes] == [("s1", "lost")]


def test_of_those_that_cannot_stay_the_most_priority_is_kept_not_the_most_sessions() -> None:
    case = problem(
        one("s1", "C1", priority=9, tracks=("t1", "t2")),
        one("s2", "C2", priority=1, minutes=15, tracks=("t1", "t2")),
        one("s3", "C3", priority=1, minutes=15, tracks=("t1", "t2")),
        one("s4", "C4", priority=1, tracks=("t2",)),
        tracks=(Track("t1", ("d1",)), Track("t2", ("d2",))),
        days=(Day(FULL.date, 9 * 60, 10 * 60, FULL.lunch, (), "base"),),
    )
    stood = {"s1": at(9), "s2": at(9.5), "s3": at(9.75), "s4": at(9.5, "base", "t2")}
    mended = mend(case, stood, [Cancellation("delegate", "d1")])
    assert mended.programme.placements == {"s1": at(9, "base", "t2"), "s4": stood["s4"]}
