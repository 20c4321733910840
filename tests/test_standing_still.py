"""A process that was stopped stands still in all its threads, and goes on when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.standing_still import stop_still

BUSY = """
import sys, threading, zlib
def press():
    while True:
        zlib.compress(bytes(5_000_000))
for _ in range(6):
    threading.Thread(target=press, daemon=True).start()
print("they run", flush=True)
sys.stdin.read()
"""


def test_every_thread_of_a_busy_process_stands_still_at_once() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as busy:
        assert busy.stdout is not None
        busy.stdout.readline()
        try:
            for _ in range(20):
                stop_still(busy.pid)
                threads = Path(f"/proc/{busy.pid}/task").glob("*/stat")
                assert {thread.read_text().rpartition(")")[2].split()[0] for thread in threads} == {"T"}
                os.kill(busy.pid, signal.SIGCONT)
        finally:
            busy.kill()
