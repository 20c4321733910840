"""One topic of the embedded log: an SQLite file with its records, their offsets and their compaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from shared.event_log.partitioning import partition_of
from shared.event_log.port import Message, Record, read_headers, write_headers
from shared.event_log.sqlite_file import SqliteFile

_SCHEMA = """
CREATE TABLE IF NOT EXISTS partitions (partition INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    key TEXT NOT NULL,
    value BLOB,
    headers TEXT NOT NULL,
    timestamp_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS records_by_offset ON records (partition, offset);
CREATE INDEX IF NOT EXISTS records_by_key ON records (key, seq);
CREATE INDEX IF NOT EXISTS tombstones ON records (timestamp_ms) WHERE value IS NULL;
CREATE TABLE IF NOT EXISTS compaction (
    id INTEGER PRIMARY KEY CHECK (id = 1), compacted_seq INTEGER NOT NULL, wal_truncated INTEGER NOT NULL
);
INSERT OR IGNORE INTO compaction VALUES (1, 0, 1);
"""


class TopicFile:
    """A topic; its partitions are settled by the first `create`."""

    def __init__(self, path: Path, topic: str) -> None:
        self.topic = topic
        self._file = SqliteFile(path, _SCHEMA, synchronous="FULL")

    def create(self, partitions: int) -> bool:
        """Make the partitions unless they are there; say whether they were made now."""
        with self._file.writing() as connection:
            if _partition_count(connection):
                return False
            connection.executemany("INSERT INTO partitions VALUES (?, 0)", [(n,) for n in range(partitions)])
            return True

    def partitions(self) -> int:
        """How many partitions there are; 0 before `create`."""
        with self._file.reading() as connection:
            return _partition_count(connection)

    def append(self, messages: Sequence[Message], timestamp_ms: int) -> None:
        """Append messages in their order, all or none; durable on return."""
        with self._file.writing() as connection:
            offsets = dict(connection.execute("SELECT partition, next_offset FROM partitions"))
            rows = []
            for message in messages:
                partition = partition_of(message.key.encode(), len(offsets))
                rows.append(
                    (
                        partition,
                        offsets[partition],
                        message.key,
                        message.value,
                        write_headers(message.headers),
                        timestamp_ms,
                    )
                )
                offsets[partition] += 1
            connection.executemany(
                "INSERT INTO records (partition, offset, key, value, headers, timestamp_ms) VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
            connection.executemany(
                "UPDATE partitions SET next_offset = ? WHERE partition = ?",
                [(offset, partition) for partition, offset in offsets.items()],
            )

    def read(self, partition: int, offset: int, limit: int) -> list[Record]:
        """Read up to `limit` records of a partition from an offset on."""
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT offset, key, value, headers, timestamp_ms FROM records"
                " WHERE partition = ? AND offset >= ? ORDER BY offset LIMIT ?",
                (partition, offset, limit),
            ).fetchall()
        return [
            Record(self.topic, partition, at, key, value, read_headers(headers), timestamp_ms)
            for at, key, value, headers, timestamp_ms in rows
        ]

    def count_from(self, partition: int, offset: int) -> int:
        """Count the records of a partition from an offset on."""
        with self._file.reading() as connection:
            row = connection.execute(
                "SELECT count(*) FROM records WHERE partition = ? AND offset >= ?", (partition, offset)
            ).fetchone()
            return int(row[0])

    def changes_mark(self) -> tuple[int, int]:
        """Return a mark that is another one once somebody has appended."""
        return self._file.changes_mark()

    def compact(self, superseded_before_ms: int, tombstones_before_ms: int) -> int:
        """Remove what newer records supersede and tombstones that all have seen; return how many records.

        A record goes once the next one of its key was written before `superseded_before_ms`, and a tombstone
        that was written before `tombstones_before_ms`. Removed bytes are overwritten, in the write-ahead log too.
        """
        with self._file.reading() as connection:
            if not _compaction_due(connection, superseded_before_ms, tombstones_before_ms):
                return 0
        with self._file.writing() as connection:
            done = connection.execute("SELECT compacted_seq FROM compaction").fetchone()[0]
            upto = _newest_before(connection, superseded_before_ms)
            superseded = connection.execute(
                "DELETE FROM records WHERE seq IN (SELECT older.seq FROM records AS newer JOIN records AS older"
                " ON older.key = newer.key AND older.seq < newer.seq WHERE newer.seq > ? AND newer.seq <= ?)",
                (done, upto),
            ).rowcount
            expired = connection.execute(
                "DELETE FROM records WHERE value IS NULL AND timestamp_ms < ?", (tombstones_before_ms,)
            ).rowcount
            truncated = 0 if superseded + expired else 1
            connection.execute(
                "UPDATE compaction SET compacted_seq = ?, wal_truncated = min(wal_truncated, ?)",
                (max(done, upto), truncated),
            )
        self._truncate_wal()
        return superseded + expired

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _truncate_wal(self) -> None:
        # Readers may hold the log: then the note stays and the next compaction tries again.
        if self._file.truncate_wal():
            with self._file.writing() as connection:
                connection.execute("UPDATE compaction SET wal_truncated = 1")


def _partition_count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM partitions").fetchone()[0])


def _newest_before(connection: sqlite3.Connection, before_ms: int) -> int:
    row = connection.execute(
        "SELECT seq FROM records WHERE timestamp_ms < ? ORDER BY seq DESC LIMIT 1", (before_ms,)
    ).fetchone()
    return 0 if row is None else int(row[0])


def _compaction_due(
    connection: sqlite3.Connection, superseded_before_ms: int, tombstones_before_ms: int
) -> bool:
    done, truncated = connection.execute("SELECT compacted_seq, wal_truncated FROM compaction").fetchone()
    if not truncated or _newest_before(connection, superseded_before_ms) > done:
        return True
    expired = connection.execute(
        "SELECT 1 FROM records WHERE value IS NULL AND timestamp_ms < ? LIMIT 1", (tombstones_before_ms,)
    ).fetchone()
    return expired is not None
