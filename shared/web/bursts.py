"""How often each source asked for something within a short window; more than a number are a burst.

Each process counts for itself. What stands for a source is the caller's: no address need be kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

MOST_SOURCES = 10_000
"""Whose counts are kept at a time; when there are more, all begin anew."""


@dataclass(frozen=True)
class Asked:
    """The seconds that a source has to wait, 0 as a rule; `is_first` where it is the first time that it has to."""

    seconds: int
    is_first: bool


class Bursts:
    """The counts of this process; safe to share between threads.

    Of one source `most` are taken within `window_seconds`. `now` returns seconds since any moment.
    """

    def __init__(self, most: int, window_seconds: float, now: Callable[[], float]) -> None:
        self._most = most
        self._window = window_seconds
        self._now = now
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[float, int]] = {}

    def add(self, source: str) -> Asked:
        """Count one more of a source, and return whether it has to wait."""
        with self._lock:
            now = self._now()
            began, count = self._counts.get(source, (now, 0))
            if not 0 <= now - began < self._window:
                began, count = now, 0
            if source not in self._counts and len(self._counts) >= MOST_SOURCES:
                self._counts.clear()
            self._counts[source] = (began, count + 1)
        if count < self._most:
            return Asked(0, is_first=False)
        return Asked(max(1, round(began + self._window - now)), is_first=count == self._most)
