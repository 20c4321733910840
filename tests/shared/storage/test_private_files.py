"""State is its owner's alone: what is open to others is closed, and what cannot be closed is named."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.storage.private_files import keep_private, private_umask


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_what_is_made_is_private_whatever_the_umask_and_the_umask_comes_back(tmp_path: Path) -> None:
    with private_umask():
        (tmp_path / "state").mkdir()
        (tmp_path / "state" / "events").write_text("")
    (tmp_path / "after").write_text("")
    assert mode_of(tmp_path / "state") == 0o700
    assert mode_of(tmp_path / "state" / "events") == 0o600
    assert mode_of(tmp_path / "after") == 0o666


@pytest.mark.usefixtures("open_umask")
def test_what_stood_open_is_closed_with_the_files_beside_a_database(tmp_path: Path) -> None:
    state, elsewhere = tmp_path / "state", tmp_path / "elsewhere"
    state.mkdir(mode=0o755)
    elsewhere.mkdir(mode=0o755)
    (state / "events").write_text("")
    for ending in ("", "-wal", ".gate"):
        (elsewhere / f"profiles.sqlite{ending}").write_text("")
    (elsewhere / "readme").write_text("")
    assert keep_private([state, tmp_path / "missing"], [elsewhere / "profiles.sqlite"]) == []
    assert mode_of(state) == 0o700
    assert mode_of(state / "events") == 0o600
    assert {mode_of(path) for path in elsewhere.glob("profiles*")} == {0o600}
    assert mode_of(elsewhere) == 0o755, "a folder that is not ours alone stays as it is"
    assert mode_of(elsewhere / "readme") == 0o666


def test_a_folder_that_is_shared_on_purpose_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    (tmp_path / "events").write_text("")
    (tmp_path / "events").chmod(0o644)
    keep_private([tmp_path], [])
    assert mode_of(tmp_path) == 0o1777
    assert mode_of(tmp_path / "events") == 0o600


def test_what_belongs_to_somebody_else_is_named_with_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)

    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    monkeypatch.setattr(Path, "chmod", refuse)
    (problem,) = keep_private([tmp_path], [])
    assert str(tmp_path) in problem
    assert "mode 755" in problem
    assert "owner" in problem
