from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.plugins.run_parts import FOLDER, Owner, part_of_the_run


def ask(name: str, folder: Path, factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Ask for a part as one of the processes of a run does."""
    config: Any = SimpleNamespace(workerinput={FOLDER: str(folder)})
    with part_of_the_run(name, config, factory) as known:
        return known


def test_a_part_is_made_for_whoever_asks_first_and_ends_with_the_run(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    happened: list[str] = []

    @contextmanager
    def part(folder: Path) -> Iterator[dict[str, Any]]:
        assert folder.is_dir()
        happened.append("made")
        yield {"address": "here"}
        happened.append("ended")

    owner = Owner(tmp_path, {"one": part, "two": part})
    try:
        assert happened == []
        assert [ask("one", tmp_path, tmp_path_factory) for _ in range(2)] == [{"address": "here"}] * 2
        assert happened == ["made"]
    finally:
        owner.end()
    assert happened == ["made", "ended"]


def test_a_part_that_cannot_be_made_fails_whoever_asks_with_the_reason(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @contextmanager
    def part(_folder: Path) -> Iterator[dict[str, Any]]:
        pytest.fail("it needs Java", pytrace=False)
        yield {}

    owner = Owner(tmp_path, {"one": part})
    try:
        for _ in range(2):
            with pytest.raises(pytest.fail.Exception, match="it needs Java"):
                ask("one", tmp_path, tmp_path_factory)
    finally:
        owner.end()
