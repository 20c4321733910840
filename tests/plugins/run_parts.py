"""Parts that all processes of a run share: one broker, one PostgreSQL.

With pytest-xdist the process that hands out the tests makes a part when one of the others asks for it, and ends it when
the run is over. Without it the tests' own process does both. The two sides speak by files in the run's folder.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from _pytest.outcomes import Failed

ASK_SECONDS = 0.1
ANSWER_SECONDS = 600  # a part starts in seconds, on a busy machine in minutes
FOLDER = "handslag_run_parts"
Part = Callable[[Path], AbstractContextManager[dict[str, Any]]]
"""Starts a part in an empty folder and returns what the tests need to know of it, as JSON takes it."""


class Owner:
    """Makes the parts that are asked for, one after the other, until it is told to end them."""

    def __init__(self, folder: Path, parts: dict[str, Part]) -> None:
        self._folder = folder
        self._parts = parts
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def end(self) -> None:
        """End all parts, and return when they have ended."""
        self._end.set()
        self._thread.join()

    def _serve(self) -> None:
        with ExitStack() as running:
            while not self._end.wait(ASK_SECONDS):
                for asked in self._folder.glob("*.asked"):
                    asked.unlink()
                    if not (answer := asked.with_suffix(".json")).exists():
                        _write(answer, self._answer(running, asked.stem))

    def _answer(self, running: ExitStack, name: str) -> dict[str, Any]:
        folder = self._folder / name
        folder.mkdir()
        try:
            return {"known": running.enter_context(self._parts[name](folder))}
        except (Exception, Failed) as error:  # noqa: BLE001 - whatever it is, the test that asked says it
            return {"failed": f"the {name} of this run did not start: {error}"}


_owners: list[Owner] = []
PARTS: dict[str, Part] = {}
"""Name and maker of each part; a plugin that has one puts it here."""


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each process of the tests where to ask."""
    if not _owners:
        folder: Path = node.config._tmp_path_factory.mktemp("run-parts", numbered=False)
        node.config.stash[_FOLDER] = folder
        _owners.append(Owner(folder, PARTS))
    node.workerinput[FOLDER] = str(node.config.stash[_FOLDER])


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """End what was made, when the tests are over."""
    while _owners:
        _owners.pop().end()


@contextmanager
def part_of_the_run(
    name: str, config: pytest.Config, factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """Return what is to be known of a part of the run; fails the test with the reason where it cannot be made."""
    given: str | None = getattr(config, "workerinput", {}).get(FOLDER)
    if given is None:
        with PARTS[name](factory.mktemp(name)) as known:
            yield known
        return
    answer = Path(given) / f"{name}.json"
    if not answer.exists():
        answer.with_suffix(".asked").touch()
    deadline = time.monotonic() + ANSWER_SECONDS
    while not answer.exists():
        if time.monotonic() > deadline:
            pytest.fail(f"nobody made the {name} of this run", pytrace=False)
        time.sleep(ASK_SECONDS)
    said: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    if "failed" in said:
        pytest.fail(said["failed"], pytrace=False)
    yield said["known"]


def _write(file: Path, said: dict[str, Any]) -> None:
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(said), encoding="utf-8")
    partial.rename(file)


_FOLDER = pytest.StashKey[Path]()
