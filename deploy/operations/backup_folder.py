"""A backup as a folder: its manifest with the sum of every file, checking one, and deleting old ones."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.clock import from_text
from shared.storage.whole_file import sync_folder

FORMAT = 1
KIND = "handslag backup"
MANIFEST = "manifest.json"
EVENTS = "events.jsonl"
MAILBOX = "mailbox"
PART = ".handslag-part"
NAME = "%Y%m%dT%H%M%SZ"

Manifest = dict[str, Any]


class BackupError(Exception):
    """A backup that cannot be made, or is not whole; the message says what is wrong and what to do."""


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Yield a private folder to fill, which becomes `target` on leaving, whole or not at all.

    What an earlier run left behind beside it when it died is removed first. Raises BackupError when `target`
    holds something, OSError.
    """
    target = target.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupError(f"{target} holds something already: name a folder that is not there yet")
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".*{PART}"):
        _remove_left(left)
    part = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-", suffix=PART))
    handle = os.open(part, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield part
        os.fsync(handle)
        part.replace(target)
        sync_folder(target.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    finally:
        os.close(handle)


def write_manifest(folder: Path, told: Manifest) -> Manifest:
    """Make every file of a folder its owner's alone, and write the manifest with their sums; durable on return."""
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        path.chmod(0o600)
        files[path.relative_to(folder).as_posix()] = {"bytes": path.stat().st_size, "sha256": _sum(path)}
        with path.open("rb") as file:
            os.fsync(file.fileno())
    manifest = {"kind": KIND, "format": FORMAT, **told, "files": files}
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    handle = os.open(folder / MANIFEST, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return manifest


def check_backup(folder: Path) -> Manifest:
    """Read a backup's manifest and check every file's sum; raises BackupError that names what is wrong, OSError."""
    manifest = _read_manifest(folder)
    if manifest is None:
        inside = [path.name for path in backups_in(folder)] if folder.is_dir() else []
        holds = f"; it holds backups, the newest is {folder / inside[-1]}" if inside else ""
        raise BackupError(f"{folder} is no backup: it has no {MANIFEST} of ours{holds}")
    if manifest["format"] != FORMAT:
        raise BackupError(
            f"{folder} is a backup of format {manifest['format']}, this program reads {FORMAT}: use the program "
            f"that made it, {manifest.get('program')}, or a newer one"
        )
    wrong = []
    for name, said in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            wrong.append(f"{name} is missing")
        elif _sum(path) != said["sha256"]:
            wrong.append(f"{name} is not what was written")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    wrong += [f"{name} does not belong to it" for name in sorted(there - {MANIFEST, *manifest["files"]})]
    if wrong:
        raise BackupError(f"the backup {folder} is damaged: {'; '.join(wrong)}. Use another one")
    return manifest


def backups_in(folder: Path) -> list[Path]:
    """List the backups in a folder of backups, oldest first; what is none of ours is left out."""
    found = [
        (manifest["made_at"], path)
        for path in folder.iterdir()
        if path.is_dir() and not path.is_symlink() and (manifest := _read_manifest(path)) is not None
    ]
    return [path for _, path in sorted(found)]


def delete_old(folder: Path, days: int, now: datetime) -> list[str]:
    """Delete the backups in a folder that are older than some days, never the newest; return their names."""
    gone = []
    for path in backups_in(folder)[:-1]:
        manifest = _read_manifest(path)
        if manifest is not None and from_text(manifest["made_at"]) < now - timedelta(days=days):
            (path / MANIFEST).unlink()  # first: half of one must not pass for a backup
            shutil.rmtree(path)
            gone.append(path.name)
    return gone


def _read_manifest(folder: Path) -> Manifest | None:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("kind") == KIND else None


def _remove_left(part: Path) -> None:
    handle = os.open(part, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(part)
    except BlockingIOError:
        pass  # somebody is making this one
    finally:
        os.close(handle)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
