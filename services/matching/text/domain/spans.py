"""Spans of one text, asked whether they touch another; each question costs the logarithm of their number."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable


class Spans:
    """Spans (start, end) of a text, each with at least one character."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(spans):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def touch(self, start: int, end: int) -> bool:
        """Say whether any of them has a character in common with a span."""
        place = bisect_right(self._starts, end - 1) - 1
        return place >= 0 and self._ends[place] > start
