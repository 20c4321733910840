"""Records what the services do in their databases and topics, in the very transactions in which they do it.

SQLite triggers write an audit table beside the product's own: so neither a kill nor a compaction takes the
record of an effect away, and the product runs as it is.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer
from kafka.structs import TopicPartition

from shared.event_log.port import Record, read_headers
from shared.events.catalogue import TOPICS
from tests.faults.history import Stored, Version

PROFILES = ("companies", "partners", "requests")
MATCHING = ("companies", "partners", "requests", "deliveries")

_AUDIT = """
CREATE TABLE IF NOT EXISTS audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, mark TEXT
);
"""
_WATCH = """
CREATE TRIGGER IF NOT EXISTS watch_{table}_{event} AFTER {event} ON {table}
BEGIN INSERT INTO audit (topic, key, version, mark) VALUES ({topic}, {key}, {version}, {mark}); END;
"""
_KEEP_REMOVED = """
CREATE TABLE IF NOT EXISTS removed AS SELECT * FROM records WHERE 0;
CREATE TRIGGER IF NOT EXISTS keep_removed AFTER DELETE ON records
BEGIN INSERT INTO removed VALUES (OLD.seq, OLD.partition, OLD.offset, OLD.key, OLD.value, OLD.headers,
    OLD.timestamp_ms); END;
"""


def watch_profiles(path: Path) -> None:
    """Have every state that the profiles service keeps recorded, with the mark in it."""
    mark = "coalesce(json_extract(NEW.state, '$.city'), json_extract(NEW.state, '$.title'))"
    _watch(path, [(table, f"'{table}'", "NEW.id", "NEW.version", mark) for table in PROFILES])


def watch_matching(path: Path) -> None:
    """Have every change of matching's projection recorded."""
    _watch(path, [(table, f"'{table}'", "NEW.id", "NEW.version", "NULL") for table in MATCHING])


def watch_notifications(path: Path) -> None:
    """Have every contact and introduction recorded; a contact's version stands in its address, after a plus."""
    topic = "CASE NEW.side WHEN 'company' THEN 'companies' ELSE 'partners' END"
    version = "CAST(substr(NEW.email, instr(NEW.email, '+') + 1) AS INTEGER)"
    of_introduction = "json_extract(NEW.state, '$.version')"
    _watch(
        path,
        [
            ("contacts", topic, "NEW.organisation_id", version, "NULL"),
            ("introductions", "'introductions'", "NEW.id", of_introduction, "NULL"),
        ],
    )


def watch_topic(path: Path) -> None:
    """Have what compaction removes from a topic of the embedded log kept aside."""
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.executescript(_KEEP_REMOVED)


def stored(path: Path) -> list[Stored]:
    """Read what the profiles service kept, in order."""
    return [
        Stored(mark, topic, key, version)
        for topic, key, version, mark in _rows(
            path, "SELECT topic, key, version, mark FROM audit ORDER BY seq"
        )
    ]


def effects(path: Path) -> list[Version]:
    """Read the effects that a service committed, in order."""
    return [Version(*row) for row in _rows(path, "SELECT topic, key, version FROM audit ORDER BY seq")]


def waiting(path: Path) -> list[Version]:
    """Read what an outbox still holds."""
    found = _rows(path, "SELECT aggregatetype, aggregateid, id FROM outbox ORDER BY position")
    return [Version(topic, key, int(id.rpartition(":")[2])) for topic, key, id in found]


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
    """Read every record on Kafka's topics, per partition in order (none is old enough to be compacted)."""
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
        found = []
        while any(consumer.position(place) < end for place, end in ends.items()):
            for place, records in consumer.poll(timeout_ms=500, max_records=1000).items():
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


def _watch(path: Path, tables: list[tuple[str, str, str, str, str]]) -> None:
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.executescript(_AUDIT)
        for table, topic, key, version, mark in tables:
            for event in ("INSERT", "UPDATE"):
                connection.executescript(
                    _WATCH.format(table=table, event=event, topic=topic, key=key, version=version, mark=mark)
                )


def _rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        return connection.execute(query).fetchall()
