"""Waits for conditions: with patience as long as something moves, and with an ear for who wants the run to end.

How fast the machine is decides nothing: what takes ten times as long is waited for ten times as long. Only what
stands still is waited for in vain.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 300.0
"""Seconds in which nothing at all moved. A start takes a few on two free cores; a mail that failed rests for up to four
minutes before its fourth try."""


class WaitedInVainError(Exception):
    """What was waited for did not come about in time."""


class CutOffError(Exception):
    """Somebody, or the clock, ended the run before its end."""


class Cut:
    """Whether a run is to end before its end, and why. It may be asked for from a signal handler or another thread."""

    def __init__(self) -> None:
        self.why = ""

    def ask(self, why: str) -> None:
        """Have the run end at its next look; the first reason counts."""
        self.why = self.why or why

    def look(self) -> None:
        """Raise CutOffError if the run is to end."""
        if self.why:
            raise CutOffError(self.why)


class Waiting:
    """How a run waits. Every wait for a condition raises CutOffError once the run is cut off."""

    def __init__(self, cut: Cut, patience: float = PATIENCE) -> None:
        self._cut = cut
        self._patience = patience
        self.onlooker: Callable[[], None] = lambda: None
        """Called when something is to be waited for, and while it is."""
        self._pause = threading.Event()

    def until(
        self,
        what: str,
        condition: Callable[[], Any],
        progress: Callable[[], object] = lambda: None,
        look: float = 0.05,
        patience: float | None = None,
    ) -> Any:
        """Look every `look` seconds until a condition gives something true, and return it.

        Goes on for as long as `progress` gives something else within the patience; then it raises WaitedInVainError.
        """
        patient = self._patience if patience is None else patience
        self.onlooker()
        before, moved = progress(), time.monotonic()
        while not (found := condition()):
            self._cut.look()
            now = progress()
            if now != before:
                before, moved = now, time.monotonic()
            elif time.monotonic() - moved > patient:
                raise WaitedInVainError(f"for {patient:.0f} s nothing moved: {what}")
            self._pause.wait(look)
            self.onlooker()
        return found

    def look(self) -> None:
        """Raise CutOffError if the run is to end."""
        self._cut.look()

    def breathe(self, seconds: float) -> None:
        """Let everybody go on for a while. It does not end early: what was killed is started again after it."""
        self._pause.wait(seconds)


def wait_for(what: str, condition: Callable[[], Any], seconds: float, look: float = 0.05) -> Any:
    """Look every `look` seconds until a condition gives something true, and return it; raises WaitedInVainError."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise WaitedInVainError(f"waited {seconds:.0f} s in vain: {what}")
        pause.wait(look)
    return found
