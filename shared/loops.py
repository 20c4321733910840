"""Running a service's loops side by side in one process: relay, consumer, workers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
STOP_SECONDS = 8.0


@dataclass(frozen=True)
class Loop:
    """A named loop; `run` blocks until the event is set and then returns within a few seconds."""

    name: str
    run: Callable[[threading.Event], None]


def due_work(name: str, step: Callable[[], bool], wake: float = 0.2) -> Loop:
    """Make a loop of a step that does one piece of due work and says whether there was any.

    While there is work it goes on at once, otherwise it looks again after `wake` seconds. A step that raises
    is logged and tried again after a pause that doubles from `wake` to half a minute: a worker outlives what
    it depends on.
    """

    def run(stop: threading.Event) -> None:
        pause = wake
        while not stop.is_set():
            try:
                worked = step()
                pause = wake
            except Exception:  # a worker outlives what it depends on; the failure is in the log
                log.exception("%s failed; next try in %.1f s", name, pause)
                worked = False
                pause = min(pause * 2, LONGEST_PAUSE)
            if not worked:
                stop.wait(pause)

    return Loop(name, run)


def run_loops(loops: Sequence[Loop], stop: threading.Event) -> int:
    """Run every loop in a thread of its own until `stop` is set.

    A loop that ends or raises before that ends them all. Returns 0 when all ended because they were asked to,
    1 when one ended by itself or did not end within eight seconds of being asked.
    """
    failed: list[str] = []

    def guarded(loop: Loop) -> None:
        try:
            loop.run(stop)
        except Exception:  # the reason the process ends; it is in the log
            log.exception("%s ended with an error", loop.name)
        if not stop.is_set():
            failed.append(loop.name)
            stop.set()

    threads = [threading.Thread(target=guarded, args=(loop,), name=loop.name, daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    stop.wait()
    deadline = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = [thread.name for thread in threads if thread.is_alive()]
    if late:
        log.error("did not end in %.0f s: %s", STOP_SECONDS, ", ".join(late))
    if failed:
        log.error("ended by itself: %s", ", ".join(failed))
    return 1 if failed or late else 0
