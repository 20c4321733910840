"""State that only its owner can read, whatever the umask of who starts a process."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
OF_SQLITE = ("", "-wal", "-shm", "-journal", ".gate")
"""What the names of a SQLite database's files end in."""


@contextmanager
def private_umask() -> Iterator[None]:
    """Have this process make files (600) and folders (700) for their owner alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def keep_private(folders: Iterable[Path], databases: Iterable[Path]) -> list[str]:
    """Take away from others what they may do with folders, with the files in them, and with SQLite databases.

    The rights of subfolders' content stay: nobody else reaches it. Folders that are shared on purpose (sticky, such as
    /tmp) stay as they are, their files do not. Returns what others can still read because it belongs to somebody
    else, a sentence each; what is not there is left out, and so are volumes.
    """
    problems: list[str] = []
    for folder in folders:
        if not folder.is_dir():
            continue
        if not folder.stat().st_mode & stat.S_ISVTX:
            problems += _close(folder)
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.is_symlink():
                problems += _close(path)
    for database in databases:
        for ending in OF_SQLITE:
            path = database.with_name(database.name + ending)
            if path.is_file():
                problems += _close(path)
    return list(dict.fromkeys(problems))


def _close(path: Path) -> list[str]:
    try:
        now = path.stat()
        if not now.st_mode & OTHERS:
            return []
        path.chmod(stat.S_IMODE(now.st_mode) & ~OTHERS)
    except FileNotFoundError:  # one of SQLite's files that has just gone
        return []
    except PermissionError:
        if path.is_mount():  # a volume of this container: who else sees it is said where it is mounted
            return []
        return [
            f"{path} can be read by others (mode {stat.S_IMODE(now.st_mode):o}) and belongs to another user: "
            "make the user that runs Handslag its owner, or close the folder around it"
        ]
    return []
