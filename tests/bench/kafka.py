"""The Kafka marks: our relay and consumer beside bare kafka-python clients, on a broker that is there already."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import sqlalchemy as sa
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from sqlalchemy.engine import Connection

from shared.clock import system_clock
from shared.event_log import open_event_log
from shared.event_log.port import EventLog, Message
from shared.events.envelope import to_message
from shared.events.event import Event
from shared.messaging.consumer import Consumer
from shared.messaging.outbox import record_event
from shared.messaging.relay import Relay
from shared.messaging.tables import MessagingTables, messaging_tables
from shared.storage.engine import Database, open_database
from tests.bench import rebuilding
from tests.bench.measure import BenchError, Mark, in_turn
from tests.bench.samples import company_events

SENT, READ, LIMIT, REPETITIONS = 4_000, 12_000, 500, 5
"""More are read than sent: a client fetches some megabytes at once, and those alone would flatter it."""
TOPIC = "companies"
START_SECONDS = 60.0
PRODUCER = {"acks": "all", "compression_type": "lz4", "batch_size": 256 * 1024, "linger_ms": 5}
"""The peer's settings, those of shared.event_log.kafka that bear on speed; they are its fastest ones too."""


class StalledError(BenchError):
    """Nothing came from the broker for a minute."""


def measure(folder: Path, server: str) -> list[Mark]:
    """Measure in an empty folder on the broker at `HOST:PORT`; the topics made there are deleted again."""
    events = list(company_events(READ, seed=1))
    messages = [to_message(event) for event in events]
    metadata = sa.MetaData()
    messaging = messaging_tables(metadata)
    database = open_database(f"sqlite:///{folder / 'service.sqlite'}", metadata)
    try:
        with _topic(server) as (log, full_name):
            relay = _relay(log, full_name, server, database, messaging, events[:SENT], messages[:SENT])
        with _topic(server) as (log, full_name):
            _bare_send(server, full_name, messages)
            envelope = _envelope(log, full_name, server)
            full = _full(log, full_name, server, database, messaging)
        with _topic(server) as (log, _):
            rebuilt = rebuilding.measure_on(folder, log, " from Kafka")
    finally:
        database.close()
    return [relay, envelope, full, rebuilt]


def _relay(
    log: EventLog,
    full_name: str,
    server: str,
    database: Database,
    messaging: MessagingTables,
    events: Sequence[Event],
    messages: Sequence[Message],
) -> Mark:
    relay = Relay(database, messaging, log, "bench")

    def ours() -> float:
        with database.writing() as connection:
            for event in events:
                record_event(connection, messaging, event)
        start, done = time.perf_counter(), 0
        while done < SENT:
            done += relay.relay_once()
        return time.perf_counter() - start

    try:
        pairs = in_turn(ours, lambda: _bare_send(server, full_name, messages), REPETITIONS)
    finally:
        relay.close()
    note = (
        f"{pairs.rates(SENT)}; from the outbox until deleted there; each row made a CloudEvent; "
        "peer: kafka-python, acks=all, send and flush"
    )
    return Mark("relay to Kafka", pairs.ratio, 0.8, "events", note)


def _envelope(log: EventLog, full_name: str, server: str) -> Mark:
    groups = _groups()

    def ours() -> float:
        subscriber = log.subscriber(next(groups), [TOPIC])

        def read() -> int:
            records = subscriber.poll(1.0, LIMIT)
            for record in records:
                dict(record.headers), json.loads(record.value or b"null")
            return len(records)

        try:
            return _read_all(read)
        finally:
            subscriber.close()

    pairs = in_turn(ours, lambda: _bare_read(server, full_name), REPETITIONS)
    note = (
        f"{pairs.rates(READ)}; our subscriber, headers and JSON read; peer: kafka-python poll and json.loads"
    )
    return Mark("consuming from Kafka, envelope only", pairs.ratio, 0.8, "events", note)


def _full(log: EventLog, full_name: str, server: str, database: Database, messaging: MessagingTables) -> Mark:
    groups = _groups()

    def handler(_connection: Connection, _event: Event) -> None:
        """Do nothing: the effect is the version that is kept."""

    def ours() -> float:
        with database.writing() as connection:
            connection.execute(sa.delete(messaging.consumed))
        consumer = Consumer(database, messaging, log, next(groups), {TOPIC: handler}, system_clock)
        try:
            return _read_all(lambda: consumer.consume_once(1.0))
        finally:
            consumer.close()

    pairs = in_turn(ours, lambda: _bare_read(server, full_name), REPETITIONS)
    note = f"{pairs.rates(READ)}; each event has its effect once, handler empty; peer: as above"
    return Mark("consuming from Kafka, full validation", pairs.ratio, 0.15, "events", note)


def _bare_send(server: str, full_name: str, messages: Sequence[Message]) -> float:
    producer = KafkaProducer(bootstrap_servers=[server], **PRODUCER)
    try:
        producer.partitions_for(full_name)
        start = time.perf_counter()
        for one in messages:
            producer.send(full_name, key=one.key.encode(), value=one.value, headers=list(one.headers))
        producer.flush(START_SECONDS)
        return time.perf_counter() - start
    finally:
        producer.close(timeout=5)


def _bare_read(server: str, full_name: str) -> float:
    consumer = KafkaConsumer(
        full_name,
        bootstrap_servers=[server],
        group_id=f"bare-{uuid.uuid4().hex}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )

    def read() -> int:
        done = 0
        for records in consumer.poll(timeout_ms=1000, max_records=LIMIT).values():
            for record in records:
                json.loads(record.value)
                done += 1
        return done

    try:
        return _read_all(read)
    finally:
        consumer.close()


def _read_all(read: Callable[[], int]) -> float:
    """Read every event, and return the seconds as if those that came first had taken their share too.

    The clock starts with the first that come: joining a group is waiting for the broker, for both alike.
    """
    deadline = time.monotonic() + START_SECONDS
    first = 0
    while not first:
        first = read()
        if time.monotonic() > deadline:
            raise StalledError("nothing came from the broker in a minute; is it well?")
    start, done = time.perf_counter(), first
    while done < READ:
        done += read()
        if time.monotonic() > deadline:
            raise StalledError(f"{READ - done} events did not come from the broker in a minute")
    return (time.perf_counter() - start) * READ / (done - first)


def _groups() -> Iterator[str]:
    return (f"bench-{number}" for number in count())


@contextmanager
def _topic(server: str) -> Iterator[tuple[EventLog, str]]:
    prefix = f"bench-{uuid.uuid4().hex[:12]}"
    full_name = f"{prefix}.{TOPIC}"
    with open_event_log(f"kafka://{server}", prefix) as log:
        log.apply_topics([TOPIC])
        try:
            yield log, full_name
        finally:
            admin = KafkaAdminClient(bootstrap_servers=[server])
            try:
                admin.delete_topics([full_name])
            finally:
                admin.close()
