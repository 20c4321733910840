"""Collects what a run left behind into the history that is judged."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from deploy.settling import READS
from shared import dead_letters
from shared.event_log.port import Record
from shared.events.envelope import BadEventError, from_record
from tests.faults import audit, strangers
from tests.faults.clients import Records
from tests.faults.history import History, Letter, Version
from tests.faults.house import PREFIX, House
from tests.faults.nemesis import Nemesis

SERVICES = ("profiles", "matching", "notifications")


def collect(
    house: House,
    records_of_clients: Records,
    nemesis: Nemesis,
    bad_events: Sequence[strangers.Written],
    but: str,
) -> History:
    """Collect the history of a run that has settled; the dead letters of the key `but` are left out."""
    records = topic_records(house)
    letters = {
        service: [row for row in letters_of(house, service) if row.record.key != but] for service in SERVICES
    }
    readers = [service for service, topics in READS.items() if strangers.TOPIC in topics]
    return History(
        submissions=records_of_clients.submissions,
        stored=audit.stored(house.database_path("profiles")),
        waiting=[one for service in SERVICES for one in audit.waiting(house.database_path(service))],
        published=[one for record in records if (one := version_of(record)) is not None],
        effects={service: audit.effects(house.database_path(service)) for service in READS},
        reads={service: frozenset(topics) - {"visits"} for service, topics in READS.items()},
        approvals=[
            tuple(records_of_clients.names.get(id, id) for id in told)
            for told in records_of_clients.approvals
        ],
        mails=house.mails(),
        sender_deaths=nemesis.sender_deaths,
        bad=[
            Letter(service, strangers.TOPIC, one.key, one.value, one.headers)
            for one in bad_events
            for service in readers
        ],
        letters=[
            Letter(
                service,
                row.record.topic,
                row.record.key.encode(errors="surrogateescape"),
                row.record.value,
                row.record.headers,
            )
            for service, rows in letters.items()
            for row in rows
        ],
    )


def topic_records(house: House) -> list[Record]:
    """Read all that was ever written to the topics."""
    if house.broker is not None:
        return audit.kafka_records(house.broker.server, PREFIX)
    return audit.embedded_records(house.folder / "events", PREFIX)


def of_settled_keys(records: list[Record]) -> list[Record]:
    """Leave out the deliveries that still change: an old version written after the newest would outlive it."""
    last = {(one.topic, one.key): json.loads(one.value or b"{}") for one in records}
    return [
        one
        for one in records
        if one.topic != "deliveries" or last[one.topic, one.key].get("status") == "sent"
    ]


def derived(house: House) -> Mapping[str, Any]:
    """Read matching's projection, the canonical reports and the number of dead letters."""
    with closing(sqlite3.connect(house.database_path("matching"), timeout=30)) as connection:
        found = {
            f"{table} {row[0]}": (row[1], json.loads(row[2]))
            for table in audit.MATCHING
            for row in connection.execute(f"SELECT id, version, state FROM {table}")
        }
        for id, version, content in connection.execute("SELECT request_id, version, content FROM reports"):
            found[f"report {id}"] = (version, content)
    return {**found, "dead letters": len(letters_of(house, "matching"))}


def letters_of(house: House, service: str) -> list[dead_letters.DeadLetter]:
    """Give all dead letters of a service."""
    assert house.databases is not None
    database, backbone = house.databases.backbones()[service]
    return dead_letters.list_dead(database, backbone, None)


def version_of(record: Record) -> Version | None:
    """Give what a record tells of; None for what is no event."""
    try:
        event = from_record(record)
    except BadEventError:
        return None
    return Version(record.topic, event.aggregate_id, event.version)
