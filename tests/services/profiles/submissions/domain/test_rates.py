"""One source may send so many submissions, and is then told when it may send again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.profiles.submissions.domain.rates import Rate, Sent, seconds_to_wait

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RATES = (Rate(3, timedelta(seconds=60)), Rate(5, timedelta(seconds=600)))


def wait_after(*ages: float) -> int:
    def sent_since(since: datetime) -> Sent:
        moments = [NOW - timedelta(seconds=age) for age in ages if NOW - timedelta(seconds=age) > since]
        return Sent(len(moments), min(moments, default=None))

    return seconds_to_wait(sent_since, NOW, RATES)


def test_within_every_rate_nobody_waits() -> None:
    assert wait_after() == 0
    assert wait_after(1, 2) == 0
    assert wait_after(1, 2, 61, 62) == 0


def test_the_wait_is_until_the_oldest_within_the_rate_is_old_enough() -> None:
    assert wait_after(1, 2, 50) == 10
    assert wait_after(100, 200, 300, 400, 590) == 10


@given(st.lists(st.integers(0, 900), max_size=12))
def test_who_waits_as_told_is_let_in_by_that_rate(ages: list[int]) -> None:
    wait = wait_after(*ages)
    assert wait_after(*(age + wait for age in ages)) == 0 or len(ages) > RATES[0].most
