"""`handslag backup`: all that has to be kept, copied into a folder while everything serves.

The order makes it whole although nothing stands still. First the three databases, each at a moment of its own, then
from the event log whatever is newer than they are, at last the mailbox. What a database copy knows of another
service's aggregates it had read from the log before it was copied; so whatever version any copy has seen, its owner's
copy has it, or the log has it by then and it comes with the events. Of the log's topics those come first that refer to
others: what a newer request, introduction or delivery refers to was published before it, and is read after it. What
was acknowledged before the backup began is in a copy that was made afterwards. A restore puts it all in order (see
`reconcile`); so positions in the log and the log's own files need no copy, and a backup made on one engine can be
restored on another.
"""

from __future__ import annotations

import json
import os
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from deploy.operations.backup_folder import (
    EVENTS,
    MAILBOX,
    NAME,
    Manifest,
    check_backup,
    delete_old,
    new_folder,
    write_manifest,
)
from deploy.operations.databases import opened_database
from deploy.operations.reconcile import newer_events
from deploy.services import OWNED, SERVICES
from shared.clock import Clock, to_text
from shared.event_log import event_log_of
from shared.event_log.port import EventLog, Record, read_headers, write_headers
from shared.event_log.reading import read_topic
from shared.settings.registry import Settings
from shared.storage.copying import copy_out, reading_file, row_counts
from shared.storage.migrations import FOLDER, newest

Show = Callable[[str], None]

REFERRING_FIRST = OWNED[::-1]
"""Every topic with its owner, before the topics whose aggregates its own refer to."""


def make_backup(settings: Settings, target: Path, clock: Clock, show: Show = lambda line: None) -> Manifest:
    """Copy all that has to be kept into a new folder, check it, and return its manifest.

    It is there whole, or not at all. Raises BackupError, DatabaseAwayError, EventLogError when the log is away,
    OSError.
    """
    began = to_text(clock())
    with new_folder(target) as folder:
        services = {}
        for name, service in SERVICES.items():
            show(f"copying the database of {name}")
            path, metadata = folder / f"{name}.sqlite", service.parts.metadata
            with opened_database(settings, service) as database:
                copy_out(database, metadata, path)
            with reading_file(path) as connection:
                rows = row_counts(connection, metadata)
            services[name] = {"step": newest(metadata.info[FOLDER]), "rows": rows}
        show("reading the event log")
        with event_log_of(settings) as log:
            events = _write_events(folder, log)
        show("copying the mailbox")
        mails = _copy_mails(settings.state_dir / MAILBOX, folder / MAILBOX)
        told = {"made_at": began, "program": version("handslag"), "services": services}
        write_manifest(folder, {**told, "events": events, "mails": mails})
        return check_backup(folder)


def make_kept_backup(
    settings: Settings, parent: Path, days: int, clock: Clock, show: Show = lambda line: None
) -> tuple[Path, Manifest, list[str]]:
    """Make a backup in a folder of backups; once it is checked, delete those that are older than some days.

    Returns its folder, its manifest and the names of those that were deleted. Raises as `make_backup` does.
    """
    target = parent / clock().strftime(NAME)
    manifest = make_backup(settings, target, clock, show)
    return target, manifest, delete_old(parent, days, clock())


def kept_events(folder: Path) -> Mapping[str, list[Record]]:
    """Return the records that came with a backup, by topic."""
    found: dict[str, list[Record]] = {}
    with (folder / EVENTS).open(encoding="utf-8") as file:
        for line in file:
            record = _read_record(json.loads(line))
            found.setdefault(record.topic, []).append(record)
    return found


def _write_events(folder: Path, log: EventLog) -> int:
    """Write the records that are newer than the copies of their owners' databases; return how many."""
    handle = os.open(folder / EVENTS, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        return sum(
            _write_newer(file.write, folder, log, service, topic) for service, topic in REFERRING_FIRST
        )


def _write_newer(write: Callable[[str], Any], folder: Path, log: EventLog, service: str, topic: str) -> int:
    number = 0
    with reading_file(folder / f"{service}.sqlite") as connection:
        for record in newer_events(connection, service, topic, read_topic(log, topic)):
            write(json.dumps(_record_as_json(record)) + "\n")
            number += 1
    return number


def _record_as_json(record: Record) -> dict[str, Any]:
    return {
        **vars(record),
        "value": None if record.value is None else b64encode(record.value).decode(),
        "headers": write_headers(record.headers),
    }


def _read_record(line: dict[str, Any]) -> Record:
    value = None if line["value"] is None else b64decode(line["value"])
    return Record(**{**line, "value": value, "headers": read_headers(line["headers"])})


def _copy_mails(source: Path, target: Path) -> int:
    number = 0
    for path in sorted(source.glob("*.eml")):
        target.mkdir(exist_ok=True, mode=0o700)
        try:
            shutil.copyfile(path, target / path.name)
        except FileNotFoundError:
            continue  # erased meanwhile
        number += 1
    return number
