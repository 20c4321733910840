"""Looks on while a run goes, and asks again and again what it would say if it were cut off just now."""

from __future__ import annotations

import time
from collections import defaultdict

from tests.faults.fault_run import Run
from tests.faults.outcome import Step
from tests.faults.table import Word, rows

PAUSE_SECONDS = 1.0


class Onlooker:
    """Looks in the midst of each step, while the run waits for something, and every second from then on."""

    def __init__(self, run: Run) -> None:
        self.words: dict[Step, dict[str, set[Word]]] = defaultdict(lambda: defaultdict(set))
        """What was said of each promise in each step."""
        self.broken: list[str] = []
        self._run = run
        self._looked = 0.0
        run.house.waiting.onlooker = self._look

    def _look(self) -> None:
        step = self._run.doing
        if step in self.words and time.monotonic() < self._looked + PAUSE_SECONDS:
            return
        for row in rows({"run": self._run.outcome()}, whole=False):
            self.words[step][row.promise.removeprefix("run: ")].add(row.word)
            if row.word is Word.BROKEN:
                self.broken.append(f"cut off while {step}: {row.promise}: {row.counted}")
        self._looked = time.monotonic()
