"""A child that is forked from a process that has imported everything: it starts at once, and shares what it imported.

What is not wanted in a child is not there: no open file but those that it is handed, no thread, no signal handler, no
environment but its own. So nothing may be open or running in the process that forks but what is handed over.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import NoReturn

RUN_BY_OTHERS = ("__main__", "env", "versions")
"""Modules that are no library: programs, and what Alembic runs in its own way."""
LOOK_SECONDS = 0.02
HIGHEST_DESCRIPTOR = 1_048_576


class ForkedChild:
    """A process forked from this one, to be looked after as a `subprocess.Popen` is."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, negative for the signal that ended it, or None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code; raises TimeoutExpired after so many seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() >= until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(LOOK_SECONDS)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


def import_all(*packages: ModuleType) -> None:
    """Import every module of the packages now: most are otherwise imported only when they are needed.

    What cannot be imported, as it needs a library that is not installed, is left to whoever needs it.
    """
    for package in packages:
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if found.name.rpartition(".")[2] in RUN_BY_OTHERS:
                continue
            with suppress(ModuleNotFoundError):
                module = importlib.import_module(found.name)
                if found.ispkg:
                    import_all(module)


def ready_to_fork() -> None:
    """Import what web and work processes need, and let go of everything else."""
    import_all(*(importlib.import_module(name) for name in ("shared", "services", "deploy.runtime")))
    gc.collect()
    gc.freeze()  # what is imported stays: no child looks through it, so its memory stays shared


def fork_command(arguments: Sequence[str], environ: Mapping[str, str], keep: Sequence[int]) -> ForkedChild:
    """Run the `handslag` command in a forked child, in a session of its own; of open files it keeps those in `keep`."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _run(arguments, environ, keep)
    return ForkedChild(pid)


def _run(arguments: Sequence[str], environ: Mapping[str, str], keep: Sequence[int]) -> NoReturn:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.default_int_handler)
    below = 2
    for descriptor in (*sorted(keep), HIGHEST_DESCRIPTOR):
        os.closerange(below + 1, descriptor)
        below = descriptor
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["handslag", *arguments]
    with suppress(OSError):  # how `top` and `ps` name it, where a system has that
        Path("/proc/self/comm").write_text(f"handslag {arguments[0]}", encoding="ascii")
    from deploy.command import main

    try:
        main(arguments)
    except Exception:  # noqa: BLE001  # here, for what called the fork would take it for its own
        traceback.print_exc()
    sys.exit(1)
