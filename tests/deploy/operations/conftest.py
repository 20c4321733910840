"""One machine's state with all three services, the work on it, and the command."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner, Result

from deploy.command import main
from deploy.operations.backlog import backlog
from deploy.operations.databases import Databases, open_databases
from deploy.runtime.serve import environment_of
from deploy.runtime.work import work
from shared.event_log import event_log_of
from shared.event_log.port import LogUnavailableError
from shared.settings.registry import Settings
from tests.forker import Forked, the_forker

WAIT = 200.0


@pytest.fixture
def databases(settings: Settings) -> Iterator[Databases]:
    with open_databases(settings) as opened:
        yield opened


class Command:
    """The `handslag` command with the test's settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(self, *arguments: str, said: str = "") -> Result:
        result = CliRunner().invoke(main, list(arguments), env=environment_of(self.settings), input=said)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json").stdout.splitlines()[-1])


@pytest.fixture
def handslag(settings: Settings) -> Command:
    return Command(settings)


@contextmanager
def working(settings: Settings, service: str = "all") -> Iterator[None]:
    """Do a service's work in a thread while the block runs."""
    stop, ready, codes = threading.Event(), threading.Event(), []
    thread = threading.Thread(
        target=lambda: codes.append(work(service, settings, stop, ready=ready.set)), daemon=True
    )
    thread.start()
    try:
        assert ready.wait(WAIT), "the work did not begin"
        yield
    finally:
        stop.set()
        thread.join(WAIT)
    assert codes == [0]


@contextmanager
def working_apart(
    settings: Settings, service: str = "all", ending: signal.Signals = signal.SIGTERM
) -> Iterator[None]:
    """Do a service's work in a process of its own while the block runs; `ending` is the signal that ends it."""
    with TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        process = Forked(the_forker(), ["work", service], environment_of(settings), output)
        try:
            yield
        finally:
            process.send_signal(ending)
            try:
                code = process.wait(WAIT)
            finally:
                process.kill()
                print(output.read_text(errors="replace"))
    assert code == (-ending if ending is signal.SIGKILL else 0)


def wait_for(what: str, condition: Callable[[], Any]) -> Any:
    """Wait until a condition returns something true, and return it."""
    deadline = time.monotonic() + WAIT
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)
    return found


def settled(settings: Settings, databases: Databases, but: Collection[str] = ()) -> None:
    """Wait until nothing is on its way, apart from the stages in `but`."""
    with event_log_of(settings) as log:
        waiting: dict[str, int] = {}

        def arrived() -> bool:
            waiting.clear()
            try:
                waiting.update({stage: number for stage, number in backlog(databases, log).items() if number})
            except LogUnavailableError:  # its topics are not made yet
                return False
            return waiting.keys() <= set(but)

        try:
            wait_for("everything has arrived", arrived)
        except AssertionError as error:
            error.add_note(f"still on its way: {waiting}")
            raise
