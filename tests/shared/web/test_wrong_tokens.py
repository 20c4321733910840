"""Wrong staff tokens: many of one address are refused for a while, and nobody else is kept out."""

from __future__ import annotations

import pytest

from shared.web.bursts import MOST_SOURCES
from shared.web.wrong_tokens import MOST, WINDOW_SECONDS, WrongTokens


class Watch:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_after_so_many_of_one_address_it_has_to_wait_and_no_other_has(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch = Watch()
    wrong = WrongTokens(watch)
    assert [wrong.count("a", "matching") for _ in range(MOST)] == [0] * MOST
    assert caplog.records == []
    watch.seconds += 10
    assert wrong.count("a", "matching") == WINDOW_SECONDS - 10
    assert wrong.count("a", "matching") > 0
    assert wrong.count("b", "matching") == 0
    assert len(caplog.records) == 1, "one line a burst"
    watch.seconds += WINDOW_SECONDS
    assert wrong.count("a", "matching") == 0


def test_what_is_kept_is_bounded() -> None:
    wrong = WrongTokens(Watch())
    for number in range(MOST_SOURCES + 5):
        wrong.count(str(number), "matching")
    assert len(wrong._counts) <= MOST_SOURCES
