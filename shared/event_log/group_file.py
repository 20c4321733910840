"""The consumer groups of the embedded log: who holds which partition, and up to where it is handled.

Each partition of a group is held by one member under a lease. A lease ends unless it is renewed; whoever
takes it over raises the token, and a commit with an older token has no effect. Lease times are seconds of a
clock that all processes of the machine share and that starts anew with the machine.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.event_log.sqlite_file import SqliteFile

LEASE_SECONDS = 4.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS members (
    grp TEXT NOT NULL, topic TEXT NOT NULL, member TEXT NOT NULL, expires REAL NOT NULL,
    PRIMARY KEY (grp, topic, member)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
    grp TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL, member TEXT, token INTEGER NOT NULL, expires REAL NOT NULL,
    PRIMARY KEY (grp, topic, partition)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Lease:
    """A partition that a member holds; `token` proves it, `next_offset` is the first record to handle."""

    token: int
    next_offset: int


@dataclass(frozen=True)
class Share:
    """What a member holds of one topic, by partition; `complete` once it holds all that is meant for it."""

    leases: Mapping[int, Lease]
    complete: bool


class GroupFile:
    """All groups of one event log; offsets may fall back a little after a power cut, never go ahead."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, _SCHEMA, synchronous="NORMAL")

    def renew(self, group: str, member: str, partitions: Mapping[str, int], now: float) -> dict[str, Share]:
        """Renew a member's leases, give up those meant for others and take those meant for it that are free.

        `partitions` says how many partitions each of its topics has; `now` is in seconds of the lease clock.
        """
        with self._file.writing() as connection:
            return {
                topic: _renew_topic(connection, group, topic, member, count, now)
                for topic, count in partitions.items()
            }

    def commit(self, group: str, offsets: Mapping[tuple[str, int], tuple[int, int]]) -> None:
        """Note the next offset of partitions, given as (token, next offset); without effect for stale tokens."""
        with self._file.writing() as connection:
            connection.executemany(
                "UPDATE positions SET next_offset = ? WHERE grp = ? AND topic = ? AND partition = ? AND token = ?",
                [
                    (next_offset, group, topic, partition, token)
                    for (topic, partition), (token, next_offset) in offsets.items()
                ],
            )

    def leave(self, group: str, member: str) -> None:
        """Free everything that a member holds."""
        with self._file.writing() as connection:
            connection.execute("DELETE FROM members WHERE grp = ? AND member = ?", (group, member))
            connection.execute(
                "UPDATE positions SET member = NULL, token = token + 1 WHERE grp = ? AND member = ?",
                (group, member),
            )

    def rewind(self, group: str, topics: Sequence[str]) -> None:
        """Put a group back to the beginning of topics; a raised token tells those who hold a partition."""
        with self._file.writing() as connection:
            connection.executemany(
                "UPDATE positions SET next_offset = 0, token = token + 1 WHERE grp = ? AND topic = ?",
                [(group, topic) for topic in topics],
            )

    def next_offset(self, group: str, topic: str, partition: int) -> int:
        """Return the first offset that a group has not handled."""
        with self._file.reading() as connection:
            row = connection.execute(
                "SELECT next_offset FROM positions WHERE grp = ? AND topic = ? AND partition = ?",
                (group, topic, partition),
            ).fetchone()
        return 0 if row is None else int(row[0])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _renew_topic(
    connection: sqlite3.Connection, group: str, topic: str, member: str, partitions: int, now: float
) -> Share:
    where = (group, topic)
    # A time further ahead than a lease is long was written before the machine started anew.
    connection.execute(
        "DELETE FROM members WHERE grp = ? AND topic = ? AND (expires <= ? OR expires > ?)",
        (*where, now, now + LEASE_SECONDS),
    )
    connection.execute(
        "INSERT INTO members VALUES (?, ?, ?, ?)"
        " ON CONFLICT (grp, topic, member) DO UPDATE SET expires = excluded.expires",
        (*where, member, now + LEASE_SECONDS),
    )
    members = [
        name
        for (name,) in connection.execute(
            "SELECT member FROM members WHERE grp = ? AND topic = ? ORDER BY member", where
        )
    ]
    connection.executemany(
        "INSERT OR IGNORE INTO positions VALUES (?, ?, ?, 0, NULL, 0, 0)",
        [(*where, n) for n in range(partitions)],
    )
    rows = connection.execute(
        "SELECT partition, next_offset, member, token, expires FROM positions WHERE grp = ? AND topic = ?",
        where,
    ).fetchall()
    leases = {}
    complete = True
    for partition, next_offset, holder, token, expires in rows:
        meant_for_me = members[partition % len(members)] == member
        if not meant_for_me and holder == member:
            _hold(connection, where, partition, None, token + 1, 0.0)
        elif (
            meant_for_me and holder is not None and holder != member and now < expires <= now + LEASE_SECONDS
        ):
            complete = False
        elif meant_for_me:
            token += holder != member
            _hold(connection, where, partition, member, token, now + LEASE_SECONDS)
            leases[partition] = Lease(token, next_offset)
    return Share(leases, complete)


def _hold(
    connection: sqlite3.Connection,
    where: tuple[str, str],
    partition: int,
    member: str | None,
    token: int,
    expires: float,
) -> None:
    connection.execute(
        "UPDATE positions SET member = ?, token = ?, expires = ? WHERE grp = ? AND topic = ? AND partition = ?",
        (member, token, expires, *where, partition),
    )
