"""A file is there whole or not at all, and what stood in its place stays until then."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from shared.storage.whole_file import SHARED, write_whole


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_replaces_what_stands_there_and_leaves_nothing_beside(tmp_path: Path) -> None:
    target = tmp_path / "ledger"
    target.write_bytes(b"old and longer")
    write_whole(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_it_is_its_owners_alone_unless_it_is_to_be_shared(tmp_path: Path) -> None:
    write_whole(tmp_path / "private", b"")
    write_whole(tmp_path / "shared", b"", SHARED)
    umask = os.umask(0)
    os.umask(umask)
    assert mode_of(tmp_path / "private") == 0o600
    assert mode_of(tmp_path / "shared") == 0o666 & ~umask


def test_where_it_cannot_be_written_the_old_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "ledger"
    target.write_bytes(b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shared.storage.whole_file.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
