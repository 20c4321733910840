"""How the supervisor sees that a child hangs or was stopped: a beat from the process, answers from the site.

A stopped process may hold the lock that every writer waits for: nothing but its end lets the others go on.
"""

from __future__ import annotations

import http.client
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from shared.web.health import ALIVE_PATH

HEARTBEAT = "SUPERVISOR_HEARTBEAT"
"""Names the descriptor to which a child writes its beats."""
PATIENCE = "SUPERVISOR_PATIENCE"
"""How many seconds a child may be silent; for tests, the default suits a slow and busy machine."""
PATIENCE_SECONDS = 60.0
START_FACTOR = 3
"""How many times longer a child may take until its first sign of life."""
BEAT_SECONDS = 0.5
ASK_SECONDS = 1.0
ANSWER_SECONDS = 30.0
LONGEST_LOOK = 2.0
"""More than this between two looks is our own standstill, not a child's."""


class Silence:
    """Adds up how long there was no sign of life, by looks; a time in which nobody looked does not count."""

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._patience = patience
        self._looked = clock()
        self._silent = 0.0
        self._began = False

    def look(self, sign: bool) -> bool:
        """Note whether there was a sign of life since the last look; say whether the silence is too long."""
        now = self._clock()
        self._silent = 0.0 if sign else self._silent + min(now - self._looked, LONGEST_LOOK)
        self._looked = now
        self._began = self._began or sign
        return self._silent > self._patience * (1 if self._began else START_FACTOR)


class Beats:
    """The supervisor's end of a child's heartbeat."""

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(self.write_end, False)

    def given_away(self) -> None:
        """Close our copy of the child's end, once the child has it."""
        os.close(self.write_end)

    def heard(self) -> bool:
        """Say whether there was a beat since this was last asked."""
        with suppress(BlockingIOError):
            return bool(os.read(self._read_end, 65_536))
        return False

    def close(self) -> None:
        """Close our end."""
        os.close(self._read_end)


class Answers:
    """Asks the site whether it is alive, again and again, in a thread of its own."""

    def __init__(self, host: str, port: int) -> None:
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared, not bound
        self._host = everywhere.get(host, host)
        self._port = port
        self._answered = threading.Event()
        self._stop = threading.Event()
        threading.Thread(target=self._ask, daemon=True, name="liveness").start()

    def heard(self) -> bool:
        """Say whether there was an answer since this was last asked."""
        heard = self._answered.is_set()
        self._answered.clear()
        return heard

    def close(self) -> None:
        """Ask no more."""
        self._stop.set()

    def _ask(self) -> None:
        while not self._stop.wait(ASK_SECONDS):
            connection = http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_SECONDS)
            with suppress(OSError, http.client.HTTPException):
                connection.request("GET", ALIVE_PATH)
                connection.getresponse().read()
                self._answered.set()
            connection.close()


def patience(environ: Mapping[str, str]) -> float:
    """Return how many seconds a child may be silent."""
    return float(environ.get(PATIENCE) or PATIENCE_SECONDS)


def beat(environ: Mapping[str, str]) -> None:
    """In a child: beat for as long as the process runs. Does nothing where there is no supervisor."""
    descriptor = environ.get(HEARTBEAT)
    if not descriptor:
        return
    pause = threading.Event()

    def go_on() -> None:
        while True:
            with suppress(BlockingIOError):  # the supervisor stands still: it has enough to read
                try:
                    os.write(int(descriptor), b".")
                except BrokenPipeError:
                    return
            pause.wait(BEAT_SECONDS)

    threading.Thread(target=go_on, daemon=True, name="heartbeat").start()
