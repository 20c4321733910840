"""Importing a file into the database that the settings name, and telling what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.profiles.database import open_store
from services.profiles.importing.importer import NOTHING_SAID, Reading, import_file
from shared.clock import system_clock
from shared.ids import random_ids
from shared.settings.registry import Settings


def import_into(
    settings: Settings,
    kind: str,
    file: Path,
    rejects: Path | None,
    progress: Callable[[int, int], None] | None,
    how: Reading = NOTHING_SAID,
) -> dict[str, Any]:
    """Import a file and return what came of it as JSON values; `how` is as `import_file` takes it.

    Raises FileError for a file that cannot be read, ImportFailedError when the storage fails on the way.
    """
    database = open_store(settings)
    try:
        result = import_file(database, kind, file, system_clock, random_ids, progress, rejects, how)
    finally:
        database.close()
    return {
        "added": result.added,
        "changed": result.changed,
        "unchanged": result.unchanged,
        "rejected": result.rejected,
        "rejects_file": str(result.rejects_file) if result.rejects_file else None,
        "warnings": list(result.warnings),
        "dry_run": how.dry_run,
        "rejections": [str(rejection) for rejection in result.rejections] if how.dry_run else [],
        "reading": asdict(result.reading) if result.reading else None,
    }
