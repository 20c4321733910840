"""`handslag rebuild matching`: what matching derives from events is made again, while the house goes on serving."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from deploy.operations.opening import opened
from deploy.operations.stock import has_worker
from deploy.settling import READS
from services.matching.rebuild import rebuild
from services.matching.store import tables
from services.matching.store.holds import end_hold, hold_scoring
from shared.clock import Clock
from shared.event_log import event_log_of
from shared.event_log.port import EventLog, LogUnavailableError
from shared.settings import Settings
from shared.storage import Database

GROUP = "matching"
HOLD = timedelta(seconds=30)
RENEW_SECONDS = 5.0
LOOK_SECONDS = 0.1
START_SECONDS = 2.0
TAIL = 50
"""So few events left to read (or one in a hundred) are what arrives while everything serves."""
PATIENCE_SECONDS = 10.0
"""How long nothing may move before the command ends and leaves the rest to the work process."""


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild did: reports emptied, events to read again; `done` says whether all is made again."""

    reports: int
    events: int
    done: bool
    seconds: float


def open_reports(settings: Settings) -> int:
    """Count the reports that a rebuild would make again; raises DatabaseAwayError."""
    with opened(settings, GROUP) as database, database.reading() as connection:
        still_open = sa.select(tables.scoring.c.request_id).where(tables.scoring.c.open)
        query = sa.select(sa.func.count()).where(tables.reports.c.request_id.in_(still_open))
        return int(connection.execute(query).scalar_one())


def rebuild_matching(
    settings: Settings,
    clock: Clock,
    show: Callable[[str], None] = lambda line: None,
    patience: float = PATIENCE_SECONDS,
) -> Rebuilt:
    """Empty what matching derives, have its events read from the beginning, follow until the reports are there again.

    No report is made before the events of old are read: none is made of half the companies. Where no work process of
    matching is active, or nothing moves for `patience` seconds, one that is started later does the rest; it
    makes no report in the first `HOLD` after the rebuild.
    Raises DatabaseAwayError; EventLogError when the log is away or its group cannot be rewound: then nothing
    is changed.
    """
    started = time.monotonic()
    topics = READS[GROUP]
    with (
        opened(settings, GROUP) as database,
        event_log_of(settings) as log,
    ):
        reports = rebuild(database, lambda: log.rewind(GROUP, topics), clock() + HOLD)
        events = _lag(log) or 0
        tail = max(TAIL, events // 100)
        renew = _Renewal(database, clock)

        def to_read() -> int | None:
            renew()
            lag = _lag(log)
            return None if lag is None else max(0, lag - tail)

        done = _worker_shows(database) and _follow(to_read, "events to read", show, patience)
        if done:
            with database.writing() as connection:
                end_hold(connection)
            done = _follow(lambda: _emptied(database), "reports to make", show, patience)
    return Rebuilt(reports, events, done, round(time.monotonic() - started, 2))


def _worker_shows(database: Database) -> bool:
    """Say whether a work process of matching is active, one that has only just been started included."""
    deadline = time.monotonic() + START_SECONDS
    while not (shows := has_worker(database)) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return shows


class _Renewal:
    """Renews the hold on the making of reports while it is looked at the log."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._at = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._at >= RENEW_SECONDS:
            with self._database.writing() as connection:
                hold_scoring(connection, self._clock() + HOLD)
            self._at = time.monotonic()


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
        return log.lag(GROUP, READS[GROUP])
    except LogUnavailableError:
        return None


def _emptied(database: Database) -> int:
    """Count the reports that are empty, those apart whose request was closed meanwhile: they stay so."""
    closed = sa.exists().where(
        tables.scoring.c.request_id == tables.reports.c.request_id, ~tables.scoring.c.open
    )
    query = sa.select(sa.func.count()).where(tables.reports.c.content.is_(None), ~closed)
    with database.reading() as connection:
        return int(connection.execute(query).scalar_one())
