"""One process of a house: it can be killed, stopped, woken, and kept from writing files."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.forker import ROOT, Forked, Forker, Process
from tests.standing_still import stop_still


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

    def stand_still(self) -> None:
        """Stop the process, and return when it does nothing more; SIGCONT lets it go on."""
        if self.process is not None and self.process.poll() is None:
            stop_still(self.process.pid)

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
