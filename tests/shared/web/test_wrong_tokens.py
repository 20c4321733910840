"""Wrong staff tokens: many of one address are refused for a while, and nobody else is kept out."""

from __future__ import annotations

import pytest

from shared.web.wrong_tokens import MOST, MOST_SOURCES, WINDOW_SECONDS, WrongTokens, source_digest


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


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::1", True),
        (None, "no address", True),
    ],
)
def test_who_sends_is_told_apart_by_address_or_network(one: str | None, other: str, same: bool) -> None:
    assert (source_digest("secret", one) == source_digest("secret", other)) == same


def test_the_digest_does_not_tell_the_address_without_the_secret() -> None:
    assert source_digest("secret", "192.0.2.1") != source_digest("other", "192.0.2.1")
    assert "192" not in source_digest("secret", "192.0.2.1")[:3]
