"""A child that shows no sign of life is found out, and nobody else."""

from __future__ import annotations

from deploy.runtime.liveness import LONGEST_LOOK, PATIENCE_SECONDS, START_FACTOR, Silence


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def looks_until_late(silence: Silence, clock: Clock, step: float) -> float:
    """Look every `step` seconds without a sign of life, and return when that was too long."""
    began = clock.now
    while not silence.look(False):
        clock.now += step
    return clock.now - began


def test_a_child_that_fell_silent_is_late_after_the_patience() -> None:
    clock = Clock()
    silence = Silence(PATIENCE_SECONDS, clock)
    assert not silence.look(True)
    assert PATIENCE_SECONDS < looks_until_late(silence, clock, 1.0) < PATIENCE_SECONDS + 2


def test_each_sign_of_life_starts_the_patience_again() -> None:
    clock = Clock()
    silence = Silence(PATIENCE_SECONDS, clock)
    for second in range(300):
        clock.now += 1.0
        assert not silence.look(second % 50 == 0)


def test_a_child_may_take_longer_for_its_first_sign() -> None:
    clock = Clock()
    silence = Silence(PATIENCE_SECONDS, clock)
    assert looks_until_late(silence, clock, 1.0) > START_FACTOR * PATIENCE_SECONDS


def test_a_standstill_of_the_supervisor_itself_is_not_a_childs() -> None:
    clock = Clock()
    silence = Silence(PATIENCE_SECONDS, clock)
    silence.look(True)
    clock.now += 3600
    assert not silence.look(False)
    assert looks_until_late(silence, clock, LONGEST_LOOK) > PATIENCE_SECONDS - 2 * LONGEST_LOOK
