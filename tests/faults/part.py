"""One process of a house: it can be killed, stopped, woken, and kept from writing files."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parents[2]


class Process(Protocol):
    """What a part needs of its process, as `subprocess.Popen` has it."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...


class Forker:
    """Forks processes of the `handslag` command that start at once: `tests.faults.hurried` serves it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.hurried"],
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
        self, forker: Forker, arguments: Sequence[str], env: Mapping[str, str], output: Path
    ) -> None:
        self._forker = forker
        self._code: int | None = None
        order = {"arguments": list(arguments), "env": dict(env), "output": str(output)}
        self.pid = int(forker.ask(start=order))

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


class Part:
    """One process: what to start, and the process that runs, if one does. Each is a process group of its own.

    `arguments` name a module and what it is told; with a `forker` they are what the `handslag` command is told.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        env: Mapping[str, str],
        output: Path,
        forker: Forker | None = None,
    ) -> None:
        self.name = name
        self._arguments = arguments
        self._env = dict(env)
        self._forker = forker
        self.output = output
        self.process: Process | None = None

    def start(self) -> None:
        if self.runs():
            return
        if self._forker is not None:
            self.process = Forked(self._forker, self._arguments, self._env, self.output)
            return
        with self.output.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self._arguments],
                env=self._env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def runs(self) -> bool:
        """Say whether the process has been started and not ended."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """Kill the process and those that it started."""
        if self.process is not None:
            self._signal_all(signal.SIGKILL)
            self.process.wait()

    def kill_only(self, pid: int) -> None:
        """Kill one process of the group: the parent, or a child of it."""
        assert self.process is not None
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        if pid == self.process.pid:
            self.process.wait()

    def children(self) -> list[int]:
        assert self.process is not None
        try:
            text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        except OSError:
            return []
        return [int(pid) for pid in text.split()]

    def limit_files(self, size: int) -> None:
        """Let the process and its children write no file beyond a size, as on a disk that is full; -1: no limit."""
        if self.process is None or self.process.poll() is not None:
            return
        for pid in (self.process.pid, *self.children()):
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    @staticmethod
    def lives(pid: int) -> bool:
        """Say whether a process runs; one that waits to be reaped does not."""
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    def send(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def stop(self, within: float = 12) -> None:
        """Ask the process to end, and kill what is left of it."""
        if self.process is None:
            return
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()

    def _signal_all(self, number: int) -> None:
        assert self.process is not None
        try:
            os.killpg(self.process.pid, number)  # the group is ours alone: it has the process's own number
        except ProcessLookupError:
            return
