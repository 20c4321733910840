"""The mark of a restore that has begun and not ended: while it is there, nothing serves."""

from __future__ import annotations

import json
from pathlib import Path

from shared.settings.registry import Settings
from shared.storage.whole_file import sync_folder

MARK = "restore-unfinished.json"


class UnfinishedRestoreError(Exception):
    """The state here is half restored; the message says how to go on."""


def mark_begun(settings: Settings, folder: Path) -> None:
    """Say that a restore from a folder begins."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    (settings.state_dir / MARK).write_text(
        json.dumps({"from": str(folder.absolute())}) + "\n", encoding="utf-8"
    )
    sync_folder(settings.state_dir)


def mark_ended(settings: Settings) -> None:
    """Say that the restore is done."""
    (settings.state_dir / MARK).unlink()
    sync_folder(settings.state_dir)


def was_begun(settings: Settings) -> bool:
    """Say whether a restore has begun here and not ended."""
    return (settings.state_dir / MARK).exists()


def check_whole(settings: Settings) -> None:
    """Raise UnfinishedRestoreError when a restore has begun here and not ended."""
    if was_begun(settings):
        raise UnfinishedRestoreError(
            f"a restore into {settings.state_dir} has begun and not ended: run `handslag restore FOLDER` again, "
            "it begins anew"
        )
