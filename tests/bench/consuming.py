"""Consuming, envelope and full validation: our consumer beside a bare loop over the same embedded log."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.clock import system_clock
from shared.event_log import open_event_log
from shared.event_log.port import EventLog
from shared.events.envelope import to_message
from shared.events.event import Event
from shared.messaging.consumer import BATCH, Consumer
from shared.messaging.tables import messaging_tables
from shared.storage.engine import Database, open_database
from tests.bench.measure import Mark, in_turn
from tests.bench.samples import company_events

EVENTS, REPETITIONS = 5_000, 5
TOPIC = "companies"


def measure(folder: Path) -> Mark:
    """Measure in an empty folder, from joining the group to the last commit."""
    with open_event_log(f"sqlite:///{folder / 'log'}") as log, _database(folder) as database:
        log.apply_topics([TOPIC])
        publisher = log.publisher("bench")
        publisher.publish([to_message(event) for event in company_events(EVENTS, seed=1)], timeout=60)
        groups = (f"group-{number}" for number in count())
        pairs = in_turn(
            lambda: consume(log, database, next(groups)), lambda: _bare(log, next(groups)), REPETITIONS
        )
        straight = EVENTS / min(_straight(folder / "log" / f"handslag.{TOPIC}.sqlite") for _ in range(3))
    note = (
        f"{pairs.rates(EVENTS)}; each event has its effect once, in transactions of up to {BATCH}, handler empty; "
        f"peer: subscriber.poll, json.loads, nothing kept; straight from the file with sqlite3 {straight:,.0f}/s"
    )
    return Mark("consuming, envelope and full validation", pairs.ratio, 0.15, "events", note)


def consume(log: EventLog, database: Database, group: str) -> float:
    """Have the consumer take every event anew, and return the seconds."""
    messaging = messaging_tables(sa.MetaData())
    with database.writing() as connection:
        connection.execute(sa.delete(messaging.consumed))
    effects = 0

    def handler(_connection: Connection, _event: Event) -> None:
        nonlocal effects
        effects += 1

    consumer = Consumer(database, messaging, log, group, {TOPIC: handler}, system_clock)
    try:
        start = time.perf_counter()
        while effects < EVENTS:
            consumer.consume_once(1.0)
        return time.perf_counter() - start
    finally:
        consumer.close()


def _bare(log: EventLog, group: str) -> float:
    subscriber = log.subscriber(group, [TOPIC])
    try:
        start = time.perf_counter()
        read = 0
        while read < EVENTS:
            for record in subscriber.poll(1.0, BATCH):
                json.loads(record.value or b"null")
                read += 1
        return time.perf_counter() - start
    finally:
        subscriber.close()


def _straight(file: Path) -> float:
    with closing(sqlite3.connect(file)) as plain:
        start = time.perf_counter()
        for (value,) in plain.execute("SELECT value FROM records ORDER BY seq"):
            json.loads(value)
        return time.perf_counter() - start


@contextmanager
def _database(folder: Path) -> Iterator[Database]:
    metadata = sa.MetaData()
    messaging_tables(metadata)
    database = open_database(f"sqlite:///{folder / 'service.sqlite'}", metadata)
    try:
        yield database
    finally:
        database.close()
