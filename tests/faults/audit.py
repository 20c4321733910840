"""Records what the services do in their databases and topics, in the very transactions in which they do it.

Triggers write an audit table beside the product's own: so neither a kill nor a compaction takes the record of an
effect away, and the product runs as it is.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer
from kafka.errors import KafkaTimeoutError
from kafka.structs import TopicPartition

from shared.event_log.port import Record, read_headers
from shared.events.catalogue import TOPICS
from shared.storage.engine import Database
from tests.faults.history import Stored, Version

PROFILES = ("companies", "partners", "requests")
MOST_SILENT = 120
"""So many empty answers in a row, half a second each, are taken for a broker that is away."""
MATCHING = ("companies", "partners", "requests", "deliveries")

# By dialect. The sequence of PostgreSQL counts before the commit: in order per key, whose row is locked meanwhile.
_AUDIT = {
    "sqlite": """CREATE TABLE IF NOT EXISTS audit (seq INTEGER PRIMARY KEY AUTOINCREMENT,
        topic TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, mark TEXT, at REAL NOT NULL)""",
    "postgresql": """CREATE TABLE IF NOT EXISTS audit (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topic TEXT NOT NULL, key TEXT NOT NULL, version BIGINT NOT NULL, mark TEXT, at DOUBLE PRECISION NOT NULL)""",
}
_INSERT = (
    "INSERT INTO audit (topic, key, version, mark, at) VALUES ({topic}, {key}, {version}, {mark}, {now})"
)
_WATCH = {
    "sqlite": [
        f"CREATE TRIGGER watch_{{table}}_{event} AFTER {event} ON {{table}} BEGIN {_INSERT}; END"
        for event in ("INSERT", "UPDATE")
    ],
    "postgresql": [
        f"CREATE FUNCTION watch_{{table}}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {_INSERT}; RETURN NULL; END $$",
        "CREATE TRIGGER watch_{table} AFTER INSERT OR UPDATE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION watch_{table}()",
    ],
}
_NOW = {
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "extract(epoch FROM clock_timestamp())",
}
_FAIL = {
    "sqlite": [
        "CREATE TRIGGER failing BEFORE INSERT ON companies WHEN NEW.id = '{id}'"
        " BEGIN SELECT RAISE(ABORT, 'fails for a while'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'fails for a while'; END $$",
        "CREATE TRIGGER failing BEFORE INSERT ON companies FOR EACH ROW WHEN (NEW.id = '{id}')"
        " EXECUTE FUNCTION fail()",
    ],
}
_HEAL = {"sqlite": ["DROP TRIGGER failing"], "postgresql": ["DROP FUNCTION fail CASCADE"]}
_KEEP_REMOVED = """
CREATE TABLE IF NOT EXISTS removed AS SELECT * FROM records WHERE 0;
CREATE TRIGGER IF NOT EXISTS keep_removed AFTER DELETE ON records
BEGIN INSERT INTO removed VALUES (OLD.seq, OLD.partition, OLD.offset, OLD.key, OLD.value, OLD.headers,
    OLD.timestamp_ms); END;
"""


def watch_profiles(database: Database) -> None:
    """Have every state that the profiles service keeps recorded, with the mark in it."""
    mark = f"coalesce({_part(database, 'city')}, {_part(database, 'title')})"
    _watch(database, [(table, f"'{table}'", "NEW.id", "NEW.version", mark) for table in PROFILES])


def watch_matching(database: Database) -> None:
    """Have every change of matching's projection recorded."""
    _watch(database, [(table, f"'{table}'", "NEW.id", "NEW.version", "NULL") for table in MATCHING])


def watch_notifications(database: Database) -> None:
    """Have every contact, introduction and delivery recorded; a contact's version stands in its address, after a plus.

    Deliveries are no effects of events: they have the topic `(deliveries)` and their status as the mark.
    """
    topic = "CASE NEW.side WHEN 'company' THEN 'companies' ELSE 'partners' END"
    version = {
        "sqlite": "CAST(substr(NEW.email, instr(NEW.email, '+') + 1) AS INTEGER)",
        "postgresql": "CAST(split_part(split_part(NEW.email, '+', 2), '@', 1) AS BIGINT)",
    }[_dialect(database)]
    of_introduction = f"CAST({_part(database, 'version')} AS INTEGER)"
    _watch(
        database,
        [
            ("contacts", topic, "NEW.organisation_id", version, "NULL"),
            ("introductions", "'introductions'", "NEW.id", of_introduction, "NULL"),
            ("deliveries", "'(deliveries)'", "NEW.id", "NEW.version", "NEW.status"),
        ],
    )


def watch_topic(path: Path) -> None:
    """Have what compaction removes from a topic of the embedded log kept aside."""
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.executescript(_KEEP_REMOVED)


def let_fail(database: Database, id: str) -> None:
    """Have matching's handler fail for one company."""
    _execute(database, [statement.format(id=id) for statement in _FAIL[_dialect(database)]])


def heal(database: Database) -> None:
    """Take back `let_fail`."""
    _execute(database, _HEAL[_dialect(database)])


def stored(database: Database) -> list[Stored]:
    """Read what the profiles service kept, in order."""
    return [
        Stored(mark, topic, key, version)
        for topic, key, version, mark in rows(
            database, "SELECT topic, key, version, mark FROM audit ORDER BY seq"
        )
    ]


def effects(database: Database) -> list[Version]:
    """Read the effects that a service committed, in order."""
    query = "SELECT topic, key, version FROM audit WHERE topic <> '(deliveries)' ORDER BY seq"
    return [Version(*row) for row in rows(database, query)]


def sent_at(database: Database) -> dict[str, float]:
    """Read when each delivery was recorded as sent, by its id, in seconds since 1970."""
    query = "SELECT key, at FROM audit WHERE topic = '(deliveries)' AND mark = 'sent' ORDER BY seq DESC"
    return {key: float(at) for key, at in rows(database, query)}


def waiting(database: Database) -> list[Version]:
    """Read what an outbox still holds."""
    found = rows(database, "SELECT aggregatetype, aggregateid, id FROM outbox ORDER BY position")
    return [Version(topic, key, int(id.rpartition(":")[2])) for topic, key, id in found]


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    """Read rows by plain SQL."""
    with database.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def embedded_records(folder: Path, prefix: str) -> list[Record]:
    """Read every record that was ever on the embedded log, per topic in order."""
    found = []
    for topic in TOPICS:
        path = folder / f"{prefix}.{topic}.sqlite"
        columns = "partition, offset, key, value, headers, timestamp_ms"
        rows = _rows(
            path,
            f"SELECT seq, {columns} FROM records UNION SELECT seq, {columns} FROM removed ORDER BY seq",
        )
        found += [
            Record(topic, partition, offset, key, value, read_headers(headers), at)
            for _, partition, offset, key, value, headers, at in rows
        ]
    return found


def kafka_records(server: str, prefix: str) -> list[Record]:
    """Read every record on Kafka's topics, per partition in order (none is old enough to be compacted).

    Raises kafka.errors.KafkaError when the broker is away.
    """
    consumer = KafkaConsumer(
        bootstrap_servers=[server], enable_auto_commit=False, reconnect_backoff_max_ms=1000
    )
    try:
        places = [
            TopicPartition(f"{prefix}.{topic}", number)
            for topic in TOPICS
            for number in consumer.partitions_for_topic(f"{prefix}.{topic}") or ()
        ]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        found: list[Record] = []
        silent = 0
        while any(consumer.position(place) < end for place, end in ends.items()):
            polled = consumer.poll(timeout_ms=500, max_records=1000)
            silent = 0 if polled else silent + 1
            if silent > MOST_SILENT:
                raise KafkaTimeoutError("the broker gives nothing more before the topics' ends")
            for place, records in polled.items():
                topic = place.topic.removeprefix(f"{prefix}.")
                found += [
                    Record(
                        topic,
                        place.partition,
                        one.offset,
                        (one.key or b"").decode(errors="surrogateescape"),
                        one.value,
                        tuple((name, value or b"") for name, value in one.headers),
                        one.timestamp,
                    )
                    for one in records
                ]
        return found
    finally:
        consumer.close()


def _watch(database: Database, tables: list[tuple[str, str, str, str, str]]) -> None:
    dialect = _dialect(database)
    statements = [_AUDIT[dialect]]
    for table, topic, key, version, mark in tables:
        statements += [
            watch.format(table=table, topic=topic, key=key, version=version, mark=mark, now=_NOW[dialect])
            for watch in _WATCH[dialect]
        ]
    _execute(database, statements)


def _part(database: Database, name: str) -> str:
    """Return the SQL of one field of a new state."""
    return {
        "sqlite": f"json_extract(NEW.state, '$.{name}')",
        "postgresql": f"(NEW.state::json ->> '{name}')",
    }[_dialect(database)]


def _dialect(database: Database) -> str:
    return database.engine.dialect.name


def _execute(database: Database, statements: list[str]) -> None:
    with database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        return connection.execute(query).fetchall()
