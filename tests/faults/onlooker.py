"""Looks on while a run goes, and asks again and again what it would say if it were cut off just now."""

from __future__ import annotations

import threading
from collections import defaultdict

from tests.faults.fault_run import Run
from tests.faults.outcome import Step
from tests.faults.table import Word, rows

PAUSE_SECONDS = 0.5


class Onlooker(threading.Thread):
    """Use it as a context around a run. `words` has what was said of each promise in each step."""

    def __init__(self, run: Run) -> None:
        super().__init__(daemon=True)
        self.words: dict[Step, dict[str, set[Word]]] = defaultdict(lambda: defaultdict(set))
        self.problems: list[str] = []
        self._run = run
        self._stopping = threading.Event()

    def __enter__(self) -> Onlooker:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping.set()
        self.join()

    def run(self) -> None:
        while not self._stopping.wait(PAUSE_SECONDS):
            try:
                self._look()
            except Exception as error:  # noqa: BLE001  # the test reads it
                self.problems.append(repr(error))

    def _look(self) -> None:
        before = self._run.doing
        outcome = self._run.outcome()
        if self._run.doing is not before:
            return
        for row in rows({"run": outcome}, whole=False):
            self.words[before][row.promise.removeprefix("run: ")].add(row.word)
            if row.word is Word.BROKEN:
                self.problems.append(f"cut off while {before}: {row.promise}: {row.counted}")
