"""Making again what matching derives from events, while the house goes on serving, and watching until it is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from services.matching.reports.store.pause import get_replay
from services.matching.reports.store.reports import count_emptied, count_open
from services.matching.tables import metadata
from services.matching.topics_read import READS
from services.matching.upkeep.rebuild import rebuild
from services.matching.upkeep.replay import GROUP
from shared.clock import Clock
from shared.event_log import event_log_of
from shared.event_log.port import EventLog, LogUnavailableError
from shared.messaging.relay_lock import has_relay
from shared.settings.registry import Settings
from shared.storage.engine import Database
from shared.storage.opening import opened

LOOK_SECONDS = 0.1
START_SECONDS = 2.0
PATIENCE_SECONDS = 10.0
"""How long nothing may move before the command ends and leaves the rest to the work process."""


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild did: reports emptied, events to read again; `done` says whether all is made again."""

    reports: int
    events: int
    done: bool
    seconds: float


def _opened(settings: Settings) -> AbstractContextManager[Database]:
    return opened(settings.matching_database, metadata, "matching_database")


def open_reports(settings: Settings) -> int:
    """Count the reports that a rebuild would make again; raises DatabaseAwayError."""
    with _opened(settings) as database, database.reading() as connection:
        return count_open(connection)


def rebuild_and_watch(
    settings: Settings,
    clock: Clock,
    show: Callable[[str], None] = lambda line: None,
    patience: float = PATIENCE_SECONDS,
) -> Rebuilt:
    """Empty what matching derives, have its events read from the beginning, follow until the reports are there again.

    Matching serves on meanwhile. No report is made before the events of old are read: none is made of half the
    companies. Where no work process of matching is active, or nothing moves for `patience` seconds, the work
    processes do the rest by themselves.
    Raises DatabaseAwayError; EventLogError when the log is away, GroupInUseError when an earlier rebuild is under
    way: then nothing is changed.
    """
    started = time.monotonic()
    with (
        _opened(settings) as database,
        event_log_of(settings) as log,
    ):
        reports = rebuild(database, READS, lambda: log.rewind(GROUP, READS), clock())
        events = _lag(log) or 0
        done = (
            _worker_shows(database)
            and _follow(lambda: _to_read(database, log), "events to read", show, patience)
            and _follow(lambda: _emptied(database), "reports to make", show, patience)
        )
    return Rebuilt(reports, events, done, round(time.monotonic() - started, 2))


def _to_read(database: Database, log: EventLog) -> int | None:
    """Count the events that are not read again yet; 0 once the work processes have said that all are."""
    with database.reading() as connection:
        if get_replay(connection) is None:
            return 0
    lag = _lag(log)
    return None if lag is None else max(1, lag)


def _worker_shows(database: Database) -> bool:
    """Say whether a work process of matching is active, one that has only just been started included."""
    deadline = time.monotonic() + START_SECONDS
    while not (shows := has_relay(database)) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return shows


def _follow(left: Callable[[], int | None], what: str, show: Callable[[str], None], patience: float) -> bool:
    """Look until nothing is left, and say whether that came about before it stood still for `patience` seconds."""
    least: int | None = None
    moved = time.monotonic()
    while (number := left()) != 0:
        if number is not None and (least is None or number < least):
            show(f"{number} {what}")
            least, moved = number, time.monotonic()
        if time.monotonic() - moved > patience:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _lag(log: EventLog) -> int | None:
    try:
        return log.lag(GROUP, READS)
    except LogUnavailableError:
        return None


def _emptied(database: Database) -> int:
    with database.reading() as connection:
        return count_emptied(connection)
