"""Stops processes so that they surely stand still: a signal is delivered a moment after it was sent."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

WAIT = 200.0
STILL = frozenset("TtZX")
"""A stopped thread, one that is traced, and those that have ended."""


def stop_still(pid: int) -> None:
    """Stop a process and return once each of its threads stands still; SIGCONT lets it go on."""
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + WAIT
    while not _stands_still(pid):
        assert time.monotonic() < deadline, f"the process {pid} did not stop"
        threading.Event().wait(0.002)


def _stands_still(pid: int) -> bool:
    for file in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            state = file.read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):  # it has ended in between
            continue
        if state not in STILL:
            return False
    return True
