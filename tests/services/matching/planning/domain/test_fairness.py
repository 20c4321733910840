"""Fairness: who is called how often, how the calls are spread, and whom to look at besides."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.matching.planning.domain.fairness import (
    STEPS,
    Member,
    Met,
    Near,
    also_look_at,
    fairness,
    rarely_seen,
)
from services.matching.scoring.domain.history import PastIntroduction
from tests.services.matching.reports.domain.small_world import AS_OF

TODAY = AS_OF.date()


def _members(count: int) -> list[Member]:
    return [Member(f"C{number}", f"Company {number}", "member") for number in range(count)]


def _call(company_id: str, days_ago: float = 1.0) -> PastIntroduction:
    return PastIntroduction("P1", company_id, AS_OF - timedelta(days=days_ago), "R1")


def test_calls_count_for_twelve_months_up_to_the_moment_given() -> None:
    calls = [_call("C0", 0), _call("C0", 364.9), _call("C0", 365), _call("C0", 800), _call("C0", -1)]
    (one,) = fairness(_members(1), calls, [], [], AS_OF).seen
    assert one.calls == 2
    assert one.last == AS_OF + timedelta(days=1)


def test_sessions_that_were_held_and_those_to_come_are_counted_apart() -> None:
    days = [0, 1, 364, 365, -1, -30]
    met = [Met("C0", TODAY - timedelta(days=ago)) for ago in days] + [Met("C9", TODAY)]
    (one,) = fairness(_members(1), [], met, [], AS_OF).seen
    assert (one.meetings, one.ahead) == (3, 2)


def test_the_least_called_come_first_and_of_them_the_never_called() -> None:
    calls = [_call("C0"), _call("C0"), _call("C1"), _call("C3", 400), _call("C2", 700)]
    found = fairness(_members(5), calls, [], ["C4"], AS_OF)
    assert [one.member.id for one in found.seen] == ["C4", "C2", "C3", "C1", "C0"]
    assert [one.matched for one in found.seen] == [False, True, True, True, True]


@given(st.lists(st.integers(0, 12), max_size=30))
def test_every_member_is_in_one_step_and_every_call_is_counted(counts: list[int]) -> None:
    calls = [_call(f"C{place}") for place, count in enumerate(counts) for _ in range(count)]
    found = fairness(_members(len(counts)), [*calls, _call("not a member")], [], [], AS_OF)
    assert sum(found.spread) == len(counts)
    assert len(found.spread) == len(STEPS)
    assert found.calls == sum(counts)
    assert 0.0 <= found.busiest_share <= 1.0


def test_the_share_of_the_busiest_tenth_says_how_uneven_it_is() -> None:
    even = fairness(_members(20), [_call(f"C{number}") for number in range(20)], [], [], AS_OF)
    one_for_all = fairness(_members(20), [_call("C7") for _ in range(20)], [], [], AS_OF)
    assert (even.busiest_share, one_for_all.busiest_share) == (0.1, 1.0)
    assert fairness(_members(20), [], [], [], AS_OF).busiest_share == 0.0
    assert fairness([], [], [], [], AS_OF).spread == (0, 0, 0, 0, 0)


def test_who_was_introduced_to_nobody_in_twelve_months_is_rarely_seen() -> None:
    calls = [_call("C0"), _call("C1", 365)]
    assert rarely_seen(["C2", "C1", "C0"], calls, AS_OF) == ["C1", "C2"]


def test_the_best_of_the_rarely_seen_is_pointed_out() -> None:
    near = [Near("C2", "n1", 50.0, True), Near("C1", "n2", 50.0, False), Near("C3", "n1", 49.9, True)]
    assert also_look_at(near) == near[1]
    assert also_look_at([]) is None
