"""What a service tells the deployment of itself: one value a service, and nothing else of it is looked at.

`Service` is at hand at once and costs nothing to import. `Parts` is what the service does: it brings the web framework,
the database and the service's own code, and is imported when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import click
    import sqlalchemy as sa
    from flask import Flask
    from sqlalchemy.engine import Connection

    from shared.clock import Clock
    from shared.event_log.port import EventLog
    from shared.events.event import Event
    from shared.ids import IdSource
    from shared.loops import Loop
    from shared.messaging.effects import Handler
    from shared.messaging.tables import MessagingTables
    from shared.rights import Erasing, Rights
    from shared.settings.registry import Settings
    from shared.status import Circumstances, Line
    from shared.storage.engine import Database
    from shared.telemetry.metrics import Gauge

    Sample = tuple[Gauge, tuple[str, ...], float]


class CannotStartError(Exception):
    """A service cannot do its work with what the settings name; the message says why and what to do."""


class TakeInError(Exception):
    """A folder of organisations that cannot be brought in; the message names the file, and what to do."""


@dataclass(frozen=True)
class Link:
    """An entry of the navigation; the shell's catalogue translates the label."""

    address: str
    label: str


@dataclass(frozen=True)
class Adopting:
    """What taking up a state may need beside it: the moment, and the ids of all approvals by request."""

    now: datetime
    approvals: Callable[[], Mapping[str, set[str]]]


@dataclass(frozen=True)
class Restoring:
    """How a service's own aggregates are put in order with the event log.

    `current`: every aggregate of a topic as the event that would tell of its state. `adopt`: takes up what an event
    tells of, a tombstone removes it. `approvals`: what this service knows for `Adopting`. `release`: frees what
    another machine had in hand. `hold_back`: keeps from going out what may have gone out already, and returns how many.
    """

    current: Callable[[Connection, str], Iterator[Event]]
    adopt: Callable[[Connection, str, Event, Adopting], None]
    approvals: Callable[[Connection], Mapping[str, set[str]]] | None = None
    release: Callable[[Connection], None] = lambda connection: None
    hold_back: Callable[[Connection, str, datetime], int] = lambda connection, reason, now: 0


@dataclass(frozen=True)
class Watching:
    """What a service shows of its work: `look` reads it, the others say it.

    `moving`: how many of what moves by itself while a work process is active, under the name of what it is.
    """

    look: Callable[[Connection], Any]
    lines: Callable[[Any, Circumstances], Iterable[Line]]
    samples: Callable[[Any, datetime], Iterable[Sample]]
    moving: tuple[str, Callable[[Any], int]] | None = None


@dataclass(frozen=True)
class Replay:
    """How a service reads its events again: the consumer group that does, and whether it is under way."""

    group: str
    is_under_way: Callable[[Connection], bool]


@dataclass(frozen=True)
class TakenIn:
    """What a folder held: how many of each are there now, the rows that were rejected, and where they stand."""

    companies: int
    partners: int
    requests: int
    rejected: int
    rejects_files: tuple[Path, ...]


@dataclass(frozen=True)
class ReportsMade:
    """How many match reports there are, how many matches they name, and a digest that is the same for the same ones."""

    reports: int
    matches: int
    digest: str


@dataclass(frozen=True)
class StandIn:
    """What a service does in place of its reviewer where there are only sample organisations.

    `approve_best`: approves the best match of each report, of at most so many, and returns how many. `has_approved`:
    whether anything is approved yet. `reports_made`: what there is of reports.
    """

    approve_best: Callable[[Database, Clock, IdSource, int | None], int]
    has_approved: Callable[[Database], bool]
    reports_made: Callable[[Database], ReportsMade]


TakeIn = Callable[
    ["Database", Path, Path, "Clock", "IdSource", Callable[[str], None]],
    TakenIn,
]
"""Brings a folder of sample organisations in and makes their requests; a folder beside it takes the rejected rows."""


@dataclass(frozen=True)
class Parts:
    """What a service does. What it has nothing of is empty, or None.

    `waiting`: how many of what is to be done, by what it is. `outcomes`: how many of what left the house, by status.
    """

    create_app: Callable[[Settings, Clock, IdSource], Flask]
    create_work: Callable[[Settings, EventLog, Clock, IdSource], list[Loop]]
    open_store: Callable[[Settings], Database]
    metadata: sa.MetaData
    messaging: MessagingTables
    rights: Rights
    restoring: Restoring
    handlers: Callable[[Clock], Mapping[str, Handler]] = lambda clock: {}
    waiting: Callable[[Connection], Mapping[str, int]] = lambda connection: {}
    outcomes: Callable[[Connection], Mapping[str, int]] = lambda connection: {}
    watching: Watching | None = None
    replay: Replay | None = None
    erasing: Erasing | None = None
    take_in: TakeIn | None = None
    stand_in: StandIn | None = None


@dataclass(frozen=True)
class Service:
    """One service.

    `paths`: the addresses that belong to it where several services share one; the one that has `/` takes the rest.
    `database`: the setting that names its database. `owns`: its topics, those first that others refer to. `reads`: the
    topics of its consumer group, which has its name. `problem`: what is wrong with what the settings name for it; with
    True, also with what only its own processes need. `load`: imports its parts.
    """

    name: str
    paths: tuple[str, ...]
    database: str
    owns: tuple[str, ...]
    load: Callable[[], Parts]
    reads: tuple[str, ...] = ()
    navigation: tuple[Link, ...] = ()
    commands: tuple[click.Command, ...] = ()
    problem: Callable[[Settings, bool], str | None] = lambda settings, runs: None

    @cached_property
    def parts(self) -> Parts:
        """What the service does; imported at the first use."""
        return self.load()

    def database_url(self, settings: Settings) -> str:
        """Return the URL of the service's database."""
        url: str = getattr(settings, self.database)
        return url
