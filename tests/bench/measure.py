"""Measuring a part against its peer: repetitions in turn, and the median of the pairs' ratios."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Timed = Callable[[], float]
"""Does the agreed amount of work once and returns the seconds that it took."""


class BenchError(Exception):
    """Something could not be measured; the message says what and why."""


@dataclass(frozen=True)
class Mark:
    """One mark: our rate divided by the peer's. It is held at `mark` and above; `unit` says what was counted."""

    name: str
    ratio: float
    mark: float
    unit: str
    note: str

    @property
    def held(self) -> bool:
        """Say whether the mark is reached."""
        return self.ratio >= self.mark


@dataclass(frozen=True)
class Pairs:
    """The seconds of ours and the peer's, repetition by repetition."""

    ours: tuple[float, ...]
    peer: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Return the median over the repetitions of our rate divided by the peer's."""
        return statistics.median(peer / ours for ours, peer in zip(self.ours, self.peer, strict=True))

    def rates(self, count: int) -> str:
        """Return both median rates as words, for `count` pieces of work in each repetition."""
        ours, peer = (count / statistics.median(seconds) for seconds in (self.ours, self.peer))
        return f"ours {_figure(ours)}/s, peer {_figure(peer)}/s"


def in_turn(ours: Timed, peer: Timed, repetitions: int, warm_up: bool = True) -> Pairs:
    """Time both in turn, whoever was second going first the next time, so that neither gains by its place.

    What is in memory before, samples above all, is not looked through for garbage meanwhile.
    """
    if warm_up:
        ours(), peer()
    seconds: dict[str, list[float]] = {"ours": [], "peer": []}
    order: Sequence[tuple[str, Timed]] = (("ours", ours), ("peer", peer))
    gc.collect()
    gc.freeze()
    try:
        for _ in range(repetitions):
            for who, work in order:
                seconds[who].append(work())
            order = order[::-1]
    finally:
        gc.unfreeze()
    return Pairs(tuple(seconds["ours"]), tuple(seconds["peer"]))


def timed(work: Callable[[], object]) -> Timed:
    """Return a function that does the work and returns the seconds."""

    def run() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return run


def _figure(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"
