"""`handslag restore`: a backup brought onto an empty machine, on whichever engines its settings name.

Everything is filled and put in order beside its place, in one transaction a database, and only then moved; while a mark
says that this has begun and not ended, nothing serves, and the same command begins again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import Connection

from deploy.operations.backup import kept_events
from deploy.operations.backup_folder import MAILBOX, BackupError, Manifest, check_backup
from deploy.operations.databases import open_as_set
from deploy.operations.erasure_ledger import LEDGER, read_ledger
from deploy.operations.reconcile import Erased, Reconciled, have_all_read_again, reconcile
from deploy.operations.restore_mark import mark_begun, mark_ended, was_begun
from deploy.operations.restore_places import check_places, is_sqlite, sqlite_path
from deploy.services import SERVICES
from shared.clock import Clock
from shared.event_log import event_log_of
from shared.event_log.port import EventLog, Record
from shared.event_log.reading import read_topic
from shared.events.catalogue import TOPICS
from shared.settings.registry import Settings
from shared.storage.copying import copy_tables, keep_waiting
from shared.storage.engine import Database, open_database
from shared.storage.migrations import FOLDER, newest
from shared.storage.whole_file import sync_folder

STAGE = ".restoring"
HELD = (
    "It was queued when the backup of {made_at} was made, and may have been sent since. Ask the recipient, "
    "or look into the mail server's log; retry it where it was not sent."
)

Show = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """What a restore did: the backup's moment, what putting it in order took, mails held back, mails in the mailbox."""

    made_at: str
    reconciled: Reconciled
    held: int
    mails: int


def restore_backup(
    settings: Settings,
    folder: Path,
    clock: Clock,
    ledger: Path | None = None,
    send_queued: bool = False,
    show: Show = lambda line: None,
) -> Restored:
    """Bring a backup onto an empty machine; what is there is never touched.

    `ledger` names the file of what was erased since (default: `erased.jsonl` in the state directory, where it
    is there). Mails that the backup holds as queued are held back, unless `send_queued`, or the event log
    still knows what became of them, or they go to the built-in mailbox. Raises BackupError, LedgerError, EventLogError
    (GroupInUseError while somebody reads), sqlalchemy.exc.SQLAlchemyError, OSError: run it again once that is mended.
    """
    show("checking the backup")
    manifest = check_backup(folder)
    _check_age(manifest)
    erased = _erased(settings, ledger)
    begun = was_begun(settings)
    check_places(settings, begun)
    stage = settings.state_dir / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    with event_log_of(settings) as log:
        kafka = settings.event_log.startswith("kafka:")
        if kafka:
            log.apply_topics(list(TOPICS))
        mark_begun(settings, folder)
        stage.mkdir(mode=0o700)
        reconciled, held = _fill(
            settings, folder, manifest, stage, log if kafka else None, erased, send_queued, clock(), show
        )
    show("moving all into its place")
    mails = _move(settings, folder, stage)
    mark_ended(settings)
    return Restored(manifest["made_at"], reconciled, held, mails)


def _check_age(manifest: Manifest) -> None:
    newer = [
        service
        for service, told in manifest["services"].items()
        if told["step"] > newest(SERVICES[service].parts.metadata.info[FOLDER])
    ]
    if newer:
        raise BackupError(
            f"the backup was made by a newer program ({manifest['program']}) whose tables of {', '.join(newer)} this "
            "one does not know: upgrade first"
        )


def _erased(settings: Settings, ledger: Path | None) -> Erased:
    own = settings.state_dir / LEDGER
    if ledger is None and not own.exists():
        return {}
    return read_ledger(ledger or own)


def _fill(
    settings: Settings,
    folder: Path,
    manifest: Manifest,
    stage: Path,
    log: EventLog | None,
    erased: Erased,
    send_queued: bool,
    now: datetime,
    show: Show,
) -> tuple[Reconciled, int]:
    """Fill every database and put them in order, all in transactions that end together; SQLite's beside its place."""
    with ExitStack() as stack:
        databases: dict[str, Database] = {}
        for name, service in SERVICES.items():
            copy = stage / f"{name}.sqlite"
            shutil.copyfile(folder / copy.name, copy)
            copy.chmod(0o600)
            databases[name] = stack.enter_context(
                closing(open_database(f"sqlite:///{copy}", service.parts.metadata))
            )
        connections: dict[str, Connection] = {}
        for name, service in SERVICES.items():
            if is_sqlite(settings, service):
                connections[name] = stack.enter_context(databases[name].writing())
                continue
            show(f"filling the database of {name}")
            target = stack.enter_context(closing(open_as_set(settings, service)))
            connections[name] = stack.enter_context(target.writing())
            keep_waiting(connections[name])
            with databases[name].reading() as copied:
                copy_tables(copied, connections[name], service.parts.metadata)
        show("putting it in order with the event log")
        reader = _LogReader(log)
        kept = kept_events(folder)
        done = reconcile(connections, reader, lambda topic: kept.get(topic, ()), erased, now)
        held = 0
        reason = HELD.format(made_at=manifest["made_at"][:16].replace("T", " "))
        for name, service in SERVICES.items():
            # Who had something in hand at the backup's moment is another machine.
            service.parts.restoring.release(connections[name])
            if not (send_queued or reader.found or settings.smtp == "mailbox:"):
                held += service.parts.restoring.hold_back(connections[name], reason, now)
        if log is not None:
            have_all_read_again(log)
    return done, held


class _LogReader:
    """Reads topics of the event log, where there is one; `found` says whether anything was there."""

    def __init__(self, log: EventLog | None) -> None:
        self._log = log
        self.found = False

    def __call__(self, topic: str) -> Iterable[Record]:
        if self._log is not None:
            for record in read_topic(self._log, topic):
                self.found = True
                yield record


def _move(settings: Settings, folder: Path, stage: Path) -> int:
    for name, service in SERVICES.items():
        if is_sqlite(settings, service):
            place = sqlite_path(settings, service)
            place.parent.mkdir(parents=True, exist_ok=True)
            for beside in ("-wal", "-shm"):
                place.with_name(place.name + beside).unlink(missing_ok=True)
            _put(stage / f"{name}.sqlite", place)
    mails = sorted((folder / MAILBOX).glob("*.eml"))
    mailbox = settings.state_dir / MAILBOX
    for mail in mails:
        mailbox.mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(mail, mailbox / mail.name)
    shutil.rmtree(stage)
    return len(mails)


def _put(source: Path, place: Path) -> None:
    """Move a file to its place, which may be on another disk; it is there whole or not at all."""
    part = place.with_name(place.name + ".part")
    shutil.copyfile(source, part)
    part.chmod(0o600)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(place)
    sync_folder(place.parent)
