"""Files that are there whole or not at all, also when the process or the machine dies while they are written."""

from __future__ import annotations

import os
import threading
from glob import escape
from pathlib import Path

PRIVATE = 0o600
"""For the owner alone."""
SHARED = 0o666
"""As the process's umask has it."""


def write_whole(target: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Write a file beside its place and move it there; durable on return.

    What stood in its place is replaced. Raises OSError, and then what stood there stands there still.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(target.parent)


def remove_whole(target: Path) -> None:
    """Remove a file, if it is there, and what a process that died while it wrote it left beside it."""
    target.unlink(missing_ok=True)
    for draft in target.parent.glob(f".{escape(target.name)}.*.part"):
        draft.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
