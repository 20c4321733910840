"""One machine: a supervisor over one web process and one work process for all services."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from deploy.runtime.forked_child import ForkedChild, fork_command, ready_to_fork
from deploy.runtime.liveness import HEARTBEAT, Answers, Beats, Silence, beat, patience
from shared.settings.registry import SETTINGS, Settings

log = logging.getLogger(__name__)

STOP_SECONDS = 8.0
LOOK_SECONDS = 0.2
LIFELINE = "SUPERVISOR_LIFELINE"
"""Names the descriptor whose end of file tells a child that its supervisor is gone."""


class AddressInUseError(Exception):
    """Something listens on our address already; the message says what to do."""


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment in which another process reads these very settings."""
    own = {setting.name: _written(getattr(settings, setting.field)) for setting in SETTINGS}
    others = {name: value for name, value in os.environ.items() if not name.startswith("HANDSLAG_")}
    return {**others, **{name: value for name, value in own.items() if value}}


def _written(value: object) -> str:
    """Return a setting's value as it stands in an environment: several with commas between."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def check_address(settings: Settings) -> None:
    """Raise AddressInUseError when our host and port cannot be listened on."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise AddressInUseError(
                f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}). "
                "Stop what runs there, or choose another with HANDSLAG_PORT."
            ) from error


Child = ForkedChild | subprocess.Popen[bytes]
Start = Callable[[list[str], dict[str, str], tuple[int, int]], Child]
"""Starts a command with an environment and two descriptors that it keeps, in a session of its own."""


def supervise(
    settings: Settings,
    when_started: Callable[[threading.Event], None] = lambda stop: None,
    start: Start = fork_command,
) -> int:
    """Run the web and the work process until SIGTERM or SIGINT, and return the exit code.

    They are forked, unless `start` is `start_anew`: this process must have done nothing yet but import.

    `when_started` runs in a thread of its own beside them and is handed the event that says stop. If either
    process ends by itself, or shows no sign of life for a minute and is killed, both end and the code is 1; a
    supervisor that is killed takes them along.
    """
    check_address(settings)
    if start is fork_command:
        ready_to_fork()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    read_end, write_end = os.pipe()
    environ = {**environment_of(settings), LIFELINE: str(read_end)}
    sample = ["--sample"] if settings.sample else []
    beats = {name: Beats() for name in ("web", "work")}
    children: dict[str, Child] = {}
    for name, one in beats.items():
        children[name] = start(
            [name, "all", *sample],
            {**environ, HEARTBEAT: str(one.write_end)},
            (read_end, one.write_end),
        )
        one.given_away()
    os.close(read_end)
    answers = Answers(settings.host, settings.port)
    watches = [_Watch(name, one, Silence(patience(os.environ))) for name, one in beats.items()]
    # Longer: gunicorn kills a worker of its own that stands still for a minute, and goes on with another.
    watches.append(_Watch("web", answers, Silence(1.5 * patience(os.environ))))
    threading.Thread(target=_guarded, args=(when_started, stop), daemon=True).start()
    ended: str | None = None
    while not stop.is_set() and ended is None:
        stop.wait(LOOK_SECONDS)
        ended = next((name for name, child in children.items() if child.poll() is not None), None)
        if ended is None:
            ended = _kill_silent(watches, children)
    stop.set()
    answers.close()
    _end(children)
    os.close(write_end)
    for one in beats.values():
        one.close()
    if ended is not None:
        log.error("the %s process ended by itself with code %s", ended, children[ended].returncode)
        return 1
    return 0


@dataclass
class _Watch:
    name: str
    signs: Beats | Answers
    silence: Silence


def _kill_silent(watches: list[_Watch], children: Mapping[str, Child]) -> str | None:
    """Kill the first child that gave no sign of life for too long, with its own children, and name it."""
    late = [watch for watch in watches if watch.silence.look(watch.signs.heard())]
    # A site that does not answer may wait for a lock of the process that shows no beat: that one is the cause.
    found = next((watch for watch in late if isinstance(watch.signs, Beats)), late[0] if late else None)
    if found is None:
        return None
    log.error("the %s process has given no sign of life for long and is killed", found.name)
    _kill(children[found.name])
    return found.name


def watch_lifeline(environ: Mapping[str, str]) -> None:
    """In a child: end this process as SIGTERM would once the supervisor is gone, and send it signs of life.

    Does nothing elsewhere.
    """
    beat(environ)
    descriptor = environ.get(LIFELINE)
    if not descriptor:
        return

    def watch() -> None:
        os.read(int(descriptor), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def start_anew(arguments: list[str], environ: dict[str, str], keep: tuple[int, int]) -> Child:
    """Start a command in an interpreter of its own: where this process has done more than import."""
    # A session of its own, so that Ctrl-C reaches the supervisor alone, which then ends its children in order.
    command = [sys.executable, "-m", "deploy.command", *arguments]
    return subprocess.Popen(command, env=environ, pass_fds=keep, start_new_session=True)


def _kill(child: Child) -> None:
    """Kill a child and those that it started: its session is its own."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _guarded(task: Callable[[threading.Event], None], stop: threading.Event) -> None:
    try:
        task(stop)
    except Exception:  # the services go on; what failed beside them is in the log
        log.exception("what was to be done at the start failed; the services go on")


def _end(children: Mapping[str, Child]) -> None:
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for name, child in children.items():
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("the %s process did not end in %.0f s and is killed", name, STOP_SECONDS)
            _kill(child)
