"""Taking stock of one machine: what waits where, since when, and whether anybody works on it."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from deploy.operations.backlog import READS
from deploy.operations.opening import STORES, DatabaseAwayError, opened
from services.matching.reports.store import due as stale
from services.matching.reports.store.due import StaleCounts
from services.notifications.tables import approvals, deliveries, mail_queue
from shared.event_log import event_log_of
from shared.event_log.port import EventLog, EventLogError
from shared.messaging.dead_letters import count_dead
from shared.messaging.outbox import outbox_counts
from shared.messaging.relay_lock import relay_lock
from shared.settings.registry import Settings
from shared.storage.engine import Database

LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 3.0
"""How long what waits is watched before it is said to stand still."""

Taken = TypeVar("Taken")


@dataclass(frozen=True)
class Waiting:
    """How many of something wait, and the moment (as text) since when the oldest does."""

    number: int
    oldest: str | None


@dataclass(frozen=True)
class Mails:
    """Deliveries of one status and one reason; the organisation's id is left out of the reason."""

    status: str
    reason: str
    number: int


@dataclass(frozen=True)
class ServiceStock:
    """What every service has: a work process that is active or not, its outbox, its dead letters."""

    working: bool
    outbox: Waiting
    refused: int
    dead: int


@dataclass(frozen=True)
class Stock:
    """Everything at one moment. What could not be looked at is missing, and `away` says why, by what it is.

    `lag` counts by consumer group; `still` names the groups and workers that did not move while they were watched.
    """

    services: Mapping[str, ServiceStock] = field(default_factory=dict)
    lag: Mapping[str, int] = field(default_factory=dict)
    reports: StaleCounts | None = None
    approvals: Waiting | None = None
    mails: tuple[Mails, ...] = ()
    queue: Waiting | None = None
    still: frozenset[str] = frozenset()
    away: Mapping[str, str] = field(default_factory=dict)
    disk_free: int | None = None


REPORTS = "reports"


def take_stock(settings: Settings, patience: float = PATIENCE_SECONDS) -> Stock:
    """Look at every service's database, at the event log and at the disk; nothing is made or changed.

    Where a work process is active and yet a group lags or reports are to be made, it goes on looking for up to
    `patience` seconds until they move.
    """
    look = _Look(settings)
    found = {service: look.at(service, partial(service_stock, service)) for service in STORES}
    services = {service: stock for service, stock in found.items() if stock is not None}
    with event_log_of(settings) as log:
        counts: dict[str, Callable[[], int | None]] = {
            group: partial(look.lag, log, group, topics) for group, topics in READS.items()
        }
        counts[REPORTS] = lambda: (
            None if (found := look.at("matching", report_stock)) is None else found.to_make
        )
        busy = {name for name in counts if _is_working(services, "matching" if name == REPORTS else name)}
        seen = _watch(counts, busy, patience)
    notifications = look.at("notifications", _notifications)
    return Stock(
        services=services,
        lag={group: seen[group][-1] for group in READS if seen[group]},
        reports=look.at("matching", report_stock),
        approvals=notifications[0] if notifications else None,
        queue=notifications[1] if notifications else None,
        mails=notifications[2] if notifications else (),
        still=frozenset(name for name in busy if _stands_still(seen[name])),
        away=look.away,
        disk_free=disk_free(settings.state_dir),
    )


class _Look:
    """Looks at databases and the log, and keeps what was away and why."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.away: dict[str, str] = {}

    def at(self, service: str, take: Callable[[Database], Taken]) -> Taken | None:
        """Give what is taken from a service's database, or None while it is away."""
        try:
            with opened(self._settings, service) as database:
                return take(database)
        except DatabaseAwayError as error:
            self.away[f"{service} database"] = str(error)
            return None

    def lag(self, log: EventLog, group: str, topics: Sequence[str]) -> int | None:
        """Give how far a group is behind, or None while the log is away."""
        try:
            return log.lag(group, topics)
        except EventLogError as error:
            self.away["event log"] = str(error)
            return None


def _watch(
    counts: Mapping[str, Callable[[], int | None]], busy: Collection[str], patience: float
) -> dict[str, list[int]]:
    """Count each until it moves: once for what is not busy, otherwise for up to `patience` seconds."""
    seen: dict[str, list[int]] = {name: [] for name in counts}
    deadline = time.monotonic() + patience
    looked_at: Collection[str] = list(counts)
    while looked_at:
        for name in looked_at:
            number = counts[name]()
            if number is not None:
                seen[name].append(number)
        looked_at = [name for name in busy if _stands_still(seen[name])]
        if time.monotonic() >= deadline:
            break
        if looked_at:
            time.sleep(LOOK_SECONDS)
    return seen


def _stands_still(numbers: Sequence[int]) -> bool:
    return bool(numbers) and numbers[0] > 0 and min(numbers) == numbers[0]


def _is_working(services: Mapping[str, ServiceStock], service: str) -> bool:
    return service in services and services[service].working


def service_stock(service: str, database: Database) -> ServiceStock:
    """Look at what every service has."""
    backbone = STORES[service].backbone
    outbox = backbone.outbox
    with database.reading() as connection:
        number, refused = outbox_counts(connection, backbone)
        oldest = connection.scalar(sa.select(sa.func.min(outbox.c.time)).where(outbox.c.refused.is_(None)))
    return ServiceStock(
        has_worker(database), Waiting(number, oldest), refused, count_dead(database, backbone)
    )


def has_worker(database: Database) -> bool:
    """Say whether a work process of the service is active: its relay holds a lock for as long as it lives."""
    lock = relay_lock(database)
    taken = lock.take()
    lock.release()
    return not taken


def report_stock(database: Database) -> StaleCounts:
    """Count what matching has to make."""
    with database.reading() as connection:
        return stale.stale_counts(connection)


def mails_waiting(database: Database) -> tuple[Waiting, Waiting]:
    """Count the approvals whose mails are to be written, and the mails that are to be sent."""
    with database.reading() as connection:
        to_write = connection.execute(
            sa.select(sa.func.count(), sa.func.min(approvals.c.first_seen_at)).where(approvals.c.to_compose)
        ).one()
        queued = connection.execute(sa.select(sa.func.count(), sa.func.min(mail_queue.c.due_at))).one()
    return Waiting(*to_write), Waiting(*queued)


def _notifications(database: Database) -> tuple[Waiting, Waiting, tuple[Mails, ...]]:
    with database.reading() as connection:
        columns = (deliveries.c.status, deliveries.c.reason, deliveries.c.organisation_id)
        rows = connection.execute(sa.select(*columns, sa.func.count()).group_by(*columns)).all()
    counted: Counter[tuple[str, str]] = Counter()
    for status, reason, organisation_id, number in rows:
        counted[status, reason.replace(organisation_id, "…")] += number
    mails = tuple(Mails(status, reason, number) for (status, reason), number in sorted(counted.items()))
    return *mails_waiting(database), mails


def disk_free(folder: Path) -> int | None:
    """Give the free bytes on the disk that a folder is on, or will be on."""
    # The folder may not be there yet: its parent's disk is the one it will be on.
    place = next((one for one in (folder, *folder.absolute().parents) if one.exists()), None)
    return None if place is None else shutil.disk_usage(place).free
