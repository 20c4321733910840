"""The state of one machine: what waits where, since when, and whether anybody works on it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from deploy.operations.databases import opened_database
from deploy.services import READS, SERVICES
from shared.event_log import event_log_of
from shared.event_log.port import EventLog, EventLogError
from shared.messaging.dead_letters import count_dead
from shared.messaging.outbox import oldest_waiting, outbox_counts
from shared.messaging.relay_lock import has_relay
from shared.service import Service, Watching
from shared.settings.registry import Settings
from shared.status import Waiting
from shared.storage.engine import Database
from shared.storage.opening import DatabaseAwayError

LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 3.0
"""How long what waits is watched before it is said to stand still."""

Taken = TypeVar("Taken")


@dataclass(frozen=True)
class ServiceState:
    """What every service has: a work process that is active or not, its outbox, its dead letters."""

    working: bool
    outbox: Waiting
    refused: int
    dead: int


@dataclass(frozen=True)
class MachineState:
    """Everything at one moment. What could not be looked at is missing, and `away` says why, by what it is.

    `lag` counts by consumer group; `work` is what each service's `Watching` saw; `still` names the groups and what
    else did not move while it was watched.
    """

    services: Mapping[str, ServiceState] = field(default_factory=dict)
    lag: Mapping[str, int] = field(default_factory=dict)
    work: Mapping[str, Any] = field(default_factory=dict)
    still: frozenset[str] = frozenset()
    away: Mapping[str, str] = field(default_factory=dict)
    disk_free: int | None = None


def read_machine_state(settings: Settings, patience: float = PATIENCE_SECONDS) -> MachineState:
    """Look at every service's database, at the event log and at the disk; nothing is made or changed.

    Where a work process is active and yet a group lags or something does not move that should, the look lasts up to
    `patience` seconds until it moves.
    """
    look = _Look(settings)
    found = {name: look.at(service, partial(service_state, service)) for name, service in SERVICES.items()}
    services = {name: one for name, one in found.items() if one is not None}
    watchings = {name: one for name, service in SERVICES.items() if (one := service.parts.watching)}
    with event_log_of(settings) as log:
        counts: dict[str, Callable[[], int | None]] = {
            group: partial(look.lag, log, group, topics) for group, topics in READS.items()
        }
        worker = {group: group for group in READS}
        for name, watching in watchings.items():
            if watching.moving:
                what, number = watching.moving
                counts[what] = partial(look.moving, SERVICES[name], watching, number)
                worker[what] = name
        busy = {what for what, name in worker.items() if name in services and services[name].working}
        seen = _watch(counts, busy, patience)
    work = {
        name: state
        for name, watching in watchings.items()
        if (state := look.at(SERVICES[name], partial(work_state, watching))) is not None
    }
    return MachineState(
        services=services,
        lag={group: seen[group][-1] for group in READS if seen[group]},
        work=work,
        still=frozenset(what for what in busy if _stands_still(seen[what])),
        away=look.away,
        disk_free=disk_free(settings.state_dir),
    )


class _Look:
    """Looks at databases and the log, and keeps what was away and why."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.away: dict[str, str] = {}

    def at(self, service: Service, take: Callable[[Database], Taken]) -> Taken | None:
        """Return what is taken from a service's database, or None while it is away."""
        try:
            with opened_database(self._settings, service) as database:
                return take(database)
        except DatabaseAwayError as error:
            self.away[f"{service.name} database"] = str(error)
            return None

    def moving(self, service: Service, watching: Watching, number: Callable[[Any], int]) -> int | None:
        """Return how many of what moves by itself there are, or None while the database is away."""
        state = self.at(service, partial(work_state, watching))
        return None if state is None else number(state)

    def lag(self, log: EventLog, group: str, topics: Sequence[str]) -> int | None:
        """Return how far a group is behind, or None while the log is away."""
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


def service_state(service: Service, database: Database) -> ServiceState:
    """Look at what every service has."""
    messaging = service.parts.messaging
    with database.reading() as connection:
        number, refused = outbox_counts(connection, messaging)
        oldest = oldest_waiting(connection, messaging)
    return ServiceState(
        has_relay(database), Waiting(number, oldest), refused, count_dead(database, messaging)
    )


def work_state(watching: Watching, database: Database) -> Any:
    """Look at a service's own work."""
    with database.reading() as connection:
        return watching.look(connection)


def disk_free(folder: Path) -> int | None:
    """Return the free bytes on the disk that a folder is on, or will be on."""
    # The folder may not be there yet: its parent's disk is the one it will be on.
    place = next((one for one in (folder, *folder.absolute().parents) if one.exists()), None)
    return None if place is None else shutil.disk_usage(place).free
