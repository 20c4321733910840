"""Looks into the consumer group of matching: how many members it has, how often its partitions changed hands."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import KafkaError

from shared.event_log.embedded import boot_seconds
from tests.faults.house import PREFIX, House

GROUP = "matching"


def members(house: House) -> int | None:
    """Count the living members; None while the event log does not say."""
    if house.broker is None:
        query = "SELECT count(DISTINCT member) FROM members WHERE grp = ? AND expires > ?"
        with closing(sqlite3.connect(_group_file(house), timeout=30)) as connection:
            return int(connection.execute(query, (GROUP, boot_seconds())).fetchone()[0])
    name = f"{PREFIX}.{GROUP}"
    try:
        admin = KafkaAdminClient(bootstrap_servers=[house.broker.server], reconnect_backoff_max_ms=1000)
        try:
            return len(admin.describe_groups([name])[name]["members"])
        finally:
            admin.close()
    except KafkaError:
        return None


def rebalances(house: House) -> int:
    """Count how often the partitions were handed out anew.

    On Kafka the group's generation says so: a probe joins to learn it (its own joining is not counted).
    Embedded, each lease of a partition has a token that a new holder raises; the most of one partition counts.
    """
    if house.broker is None:
        query = "SELECT max(token) FROM positions WHERE grp = ?"
        with closing(sqlite3.connect(_group_file(house), timeout=30)) as connection:
            return int(connection.execute(query, (GROUP,)).fetchone()[0])
    probe = KafkaConsumer(
        bootstrap_servers=[house.broker.server],
        group_id=f"{PREFIX}.{GROUP}",
        enable_auto_commit=False,
        reconnect_backoff_max_ms=1000,
    )
    try:
        probe.subscribe([f"{PREFIX}.visits"])  # nothing is written there

        def generation() -> int:
            probe.poll(timeout_ms=200)
            return max(0, int(probe.group_metadata().generation_id))

        return int(house.waiting.until("a probe joins the group", generation)) - 1
    finally:
        probe.close()


def _group_file(house: House) -> str:
    return str(house.folder / "events" / f"{PREFIX}.-groups.sqlite")
