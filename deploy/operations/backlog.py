"""How much is on its way between the services: what `demo` waits for and a supervisor can show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

import services.matching.tables as matching_tables
import services.notifications.tables as notifications_tables
import services.profiles.tables as profiles_tables
from services.matching.database import open_store as open_matching
from services.matching.reports.store.due import stale_count
from services.matching.reports.store.pause import rereading
from services.matching.upkeep.replay import GROUP as REBUILD_GROUP
from services.notifications.deliveries.store.deliveries import count_by_status
from services.profiles.database import open_store as open_profiles
from shared.event_log.port import EventLog
from shared.messaging.tables import Backbone
from shared.settings.registry import Settings
from shared.storage.engine import Database, open_database

READS = {
    "matching": ("companies", "partners", "requests", "visits", "deliveries"),
    "notifications": ("companies", "partners", "introductions"),
}
"""The topics that each consumer group reads."""


@dataclass(frozen=True)
class Databases:
    """The three services' databases, opened side by side: only for what runs on one machine."""

    profiles: Database
    matching: Database
    notifications: Database

    def backbones(self) -> dict[str, tuple[Database, Backbone]]:
        """Give each service's database with its tables for events."""
        return {
            "profiles": (self.profiles, profiles_tables.backbone),
            "matching": (self.matching, matching_tables.backbone),
            "notifications": (self.notifications, notifications_tables.backbone),
        }


@contextmanager
def open_databases(settings: Settings) -> Iterator[Databases]:
    """Open the databases of all services and close them on leaving."""
    databases = Databases(
        open_profiles(settings.profiles_database),
        open_matching(settings.matching_database),
        open_database(settings.notifications_database, notifications_tables.metadata),
    )
    try:
        yield databases
    finally:
        for database in (databases.profiles, databases.matching, databases.notifications):
            database.close()


def backlog(databases: Databases, event_log: EventLog) -> dict[str, int]:
    """Count what is on its way, stage by stage from the door to the mailbox; all zero: everything has arrived.

    Raises shared.event_log.port.LogUnavailableError while the event log is away.
    """
    stages: dict[str, Callable[[], int]] = {
        "profiles to publish": lambda: _rows(databases.profiles, profiles_tables.backbone.outbox),
        "events for matching": lambda: event_log.lag("matching", READS["matching"]),
        "events to read again": lambda: _to_read_again(databases.matching, event_log),
        "reports to make": lambda: _stale(databases.matching),
        "introductions to publish": lambda: _rows(databases.matching, matching_tables.backbone.outbox),
        "events for notifications": lambda: event_log.lag("notifications", READS["notifications"]),
        "approvals to write": lambda: _rows(
            databases.notifications,
            notifications_tables.approvals,
            notifications_tables.approvals.c.to_compose,
        ),
        "mails to send": lambda: deliveries(databases).get("queued", 0),
        "deliveries to publish": lambda: _rows(databases.notifications, notifications_tables.backbone.outbox),
        "deliveries for matching": lambda: event_log.lag("matching", ["deliveries"]),
    }
    return {stage: count() for stage, count in stages.items()}


def deliveries(databases: Databases) -> dict[str, int]:
    """Count the deliveries by status."""
    with databases.notifications.reading() as connection:
        return count_by_status(connection)


def dead_letters(databases: Databases) -> int:
    """Count the dead letters of all services that nobody has dealt with."""
    return sum(
        _rows(database, backbone.dead_letters, backbone.dead_letters.c.status == "dead")
        for database, backbone in databases.backbones().values()
    )


def _to_read_again(database: Database, event_log: EventLog) -> int:
    with database.reading() as connection:
        if rereading(connection) is None:
            return 0
    return max(1, event_log.lag(REBUILD_GROUP, READS["matching"]))


def _stale(database: Database) -> int:
    with database.reading() as connection:
        return stale_count(connection)


def _rows(database: Database, table: sa.Table, condition: sa.ColumnElement[bool] | None = None) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    with database.reading() as connection:
        return int(connection.execute(query if condition is None else query.where(condition)).scalar_one())
