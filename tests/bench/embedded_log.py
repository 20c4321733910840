"""Embedded log, durable batches: our publisher beside plain SQLite inserts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from shared.event_log import open_event_log
from shared.event_log.port import write_headers
from shared.events.envelope import to_message
from tests.bench.measure import Mark, in_turn, timed
from tests.bench.samples import company_events

EVENTS, BATCH, REPETITIONS = 5_000, 50, 7
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")
"""Those of the embedded log's topics (shared.event_log.sqlite_file)."""


def measure(folder: Path) -> Mark:
    """Measure in an empty folder; the peer has no index, offset, partition or check, only a durable row."""
    messages = [to_message(event) for event in company_events(EVENTS, seed=1)]
    rows = [(one.key, one.value, write_headers(one.headers)) for one in messages]
    with (
        open_event_log(f"sqlite:///{folder / 'log'}") as log,
        closing(sqlite3.connect(folder / "plain.sqlite", isolation_level=None)) as plain,
    ):
        log.apply_topics(["companies"])
        publisher = log.publisher("bench")
        for pragma in PRAGMAS:
            plain.execute(f"PRAGMA {pragma}")
        plain.execute(
            "CREATE TABLE records (seq INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB, headers TEXT NOT NULL)"
        )

        def ours() -> None:
            for first in range(0, EVENTS, BATCH):
                taken = publisher.publish(messages[first : first + BATCH], timeout=10)
                assert len(taken) == BATCH

        def peer() -> None:
            for first in range(0, EVENTS, BATCH):
                plain.execute("BEGIN IMMEDIATE")
                plain.executemany(
                    "INSERT INTO records (key, value, headers) VALUES (?, ?, ?)", rows[first : first + BATCH]
                )
                plain.execute("COMMIT")

        pairs = in_turn(timed(ours), timed(peer), REPETITIONS)
    note = f"{pairs.rates(EVENTS)}; batches of {BATCH}, synchronous=FULL; peer: plain sqlite3, one table, no index"
    return Mark("embedded log, durable batches", pairs.ratio, 0.5, "events", note)
