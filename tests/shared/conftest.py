"""A service of the tests' own: a database with the messaging, an embedded log, and a table of effects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from shared.clock import SettableClock
from shared.event_log import open_event_log
from shared.event_log.port import EventLog, Message
from shared.events.envelope import to_message
from shared.events.event import Event
from shared.messaging.consumer import Consumer
from shared.messaging.outbox import record_event
from shared.messaging.tables import MessagingTables, messaging_tables
from shared.storage.engine import Database, open_database

metadata = sa.MetaData()
messaging_of_tests = messaging_tables(metadata)
effects = sa.Table(
    "effects",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=True),
)

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class Service:
    """What a service has, and what its handler was given."""

    database: Database
    messaging: MessagingTables
    log: EventLog
    clock: SettableClock
    failing: dict[str, Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def company(self, key: str = "c-1", version: int = 1, **state: Any) -> Event:
        state = {
            "name": f"{key} v{version}",
            "status": "active",
            "updated_at": "2026-03-02T08:00:00Z",
            **state,
        }
        kind = "company.created" if version == 1 else "company.replaced"
        return Event(kind, key, version, AT, {"id": key, "version": version, **state})

    def erased(self, key: str, version: int) -> Event:
        return Event("company.erased", key, version, AT, None)

    def record(self, *events: Event) -> None:
        with self.database.writing() as connection:
            for event in events:
                record_event(connection, self.messaging, event)

    def publish(self, *messages: Event | Message) -> None:
        """Put messages on the log, past outbox and relay."""
        ready = [to_message(one) if isinstance(one, Event) else one for one in messages]
        publisher = self.log.publisher("test")
        assert len(publisher.publish(ready, 5.0)) == len(ready)
        publisher.close()

    def handle(self, connection: sa.Connection, event: Event) -> None:
        """The handler: notes its effect, then fails if it is told to."""
        self.calls.append(event.id)
        name = None if event.state is None else event.state["name"]
        connection.execute(
            sa.insert(effects).values(key=event.aggregate_id, version=event.version, name=name)
        )
        if event.id in self.failing:
            raise self.failing[event.id]

    def consumer(self, **changes: Any) -> Consumer:
        settings: dict[str, Any] = {
            "group": "matching",
            "handlers": {"companies": self.handle},
            "retry_seconds": (0.0, 0.0, 0.0),
        }
        settings.update(changes)
        return Consumer(self.database, self.messaging, self.log, clock=self.clock, **settings)

    def consume(self, consumer: Consumer | None = None) -> int:
        """Consume until nothing is left, by a consumer that lives as long, unless one is given."""
        one = consumer or self.consumer()
        total = 0
        while done := one.consume_once(0.2):
            total += done
        if consumer is None:
            one.close()
        return total

    def had_effect(self) -> list[str]:
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(effects).order_by(effects.c.number))
            return [f"{row.key}:{row.version}" for row in rows]


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The place of a new database, once for each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/folder/service.sqlite"
    url: str = request.getfixturevalue("emptied_postgres_url")("shared")
    return url


@pytest.fixture
def service(tmp_path: Path, clock: SettableClock, database_url: str) -> Iterator[Service]:
    database = open_database(database_url, metadata)
    with open_event_log(f"sqlite:///{tmp_path}/log", clock=clock) as log:
        log.apply_topics(["companies", "partners"])
        yield Service(database, messaging_of_tests, log, clock)
    database.close()
