"""The `handslag` command in processes that start at once.

`python -m tests.forker` reads a line of JSON an order from standard input: `{"start": …}` forks a process that runs the
command, and gives its number; `{"ended": number}` gives the exit code of one, or null while it runs. Everything that a
process of ours imports is imported once, before the first fork: on a busy machine that is most of what a start takes.
The processes are killed, and hold files, sockets and databases, as any other.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import deploy
import services
import shared
from deploy.runtime.forked_child import import_all
from services.matching.text.domain.concept_engine import standard_engine

ROOT = Path(__file__).resolve().parents[1]


class Process(Protocol):
    """What a part needs of its process, as `subprocess.Popen` has it."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def kill(self) -> None: ...


class Forker:
    """Forks processes of the `handslag` command that start at once; `module` is the one that forks them."""

    def __init__(self, module: str = "tests.forker") -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ask(self, **order: Any) -> Any:
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the forking process; what it forked must have ended before."""
        self._process.communicate()


class Forked:
    """A process of a forker's. It has a group of its own, as one that was started in a new session."""

    def __init__(
        self,
        forker: Forker,
        arguments: Sequence[str],
        env: Mapping[str, str],
        output: Path,
        errors: Path | None = None,
    ) -> None:
        self._forker = forker
        self._code: int | None = None
        order = {
            "arguments": list(arguments),
            "env": dict(env),
            "output": str(output),
            "errors": str(errors or output),
        }
        self.pid = int(forker.ask(start=order))

    @property
    def returncode(self) -> int | None:
        """The exit code, once somebody has asked for it."""
        return self._code

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._forker.ask(ended=self.pid)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        until = None if timeout is None else time.monotonic() + timeout
        pause = threading.Event()
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            pause.wait(0.005)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@cache
def the_forker() -> Forker:
    """Return the one of this process; it ends with it."""
    one = Forker()
    atexit.register(one.close)
    return one


def serve() -> None:
    """Do what each line says until there are no more."""
    import_all(shared, services, deploy)
    standard_engine()  # each matching process makes it, and tests start many
    gc.collect()
    gc.freeze()  # what is imported stays: no process that is forked looks through it
    ended: dict[int, int] = {}
    for line in sys.stdin:
        order = json.loads(line)
        while (gone := _ended()) is not None:
            ended[gone[0]] = gone[1]
        if "start" in order:
            answer: int | None = _start(order["start"])
            ended.pop(answer or 0, None)  # of one before, whose number it has
        else:
            answer = ended.get(order["ended"])
        print(json.dumps(answer), flush=True)


def _ended() -> tuple[int, int] | None:
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, os.waitstatus_to_exitcode(status)) if pid else None


def _start(order: Mapping[str, Any]) -> int:
    from deploy.command import main

    heard, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(heard)
        _become(order, told)
        sys.exit(main())
    os.close(told)
    os.read(heard, 1)  # ends once it has its own group: whoever kills that group kills all of it
    os.close(heard)
    return pid


def _become(order: Mapping[str, Any], told: int) -> None:
    """Have nothing left of the process that forked: its session, files, environment and arguments."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    errors = os.open(order["errors"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for ours, number in ((null, 0), (output, 1), (errors, 2)):
        os.dup2(ours, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = ["handslag", *order["arguments"]]


if __name__ == "__main__":
    serve()
