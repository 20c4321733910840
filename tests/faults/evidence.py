"""Collects what a run left behind into the history that is judged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.services import READS
from deploy.services import SERVICES as OURS
from shared.event_log.port import Record
from shared.events.envelope import BadEventError, from_record
from shared.messaging import dead_letters
from tests.faults import audit, strangers
from tests.faults.clients import Records
from tests.faults.history import History, Letter, Version
from tests.faults.house import PREFIX, SERVICES, House
from tests.faults.nemesis import Nemesis


def collect(
    house: House,
    records_of_clients: Records,
    nemesis: Nemesis,
    bad_events: Sequence[strangers.Written],
    but: str,
) -> History:
    """Collect the history of a run; the dead letters of the key `but` are left out.

    While things are on their way it reads causes before effects: a write that was acknowledged is then in the store,
    and a mail that was repeated after its sender's death has that death.
    """
    submissions = list(records_of_clients.submissions)
    mails = house.mails()
    sender_deaths = list(nemesis.sender_deaths)
    records = topic_records(house)
    letters = {
        service: [row for row in letters_of(house, service) if row.record.key != but] for service in SERVICES
    }
    readers = [service for service, topics in READS.items() if strangers.TOPIC in topics]
    return History(
        submissions=submissions,
        stored=audit.stored(house.database("profiles")),
        waiting=[one for service in SERVICES for one in audit.waiting(house.database(service))],
        published=[one for record in records if (one := version_of(record)) is not None],
        effects={service: audit.effects(house.database(service)) for service in READS},
        reads={service: frozenset(topics) - {"visits"} for service, topics in READS.items()},
        approvals=[
            tuple(records_of_clients.names.get(id, id) for id in told)
            for told in list(records_of_clients.approvals)
        ],
        mails=mails,
        sender_deaths=sender_deaths,
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
    matching = house.database("matching")
    found = {
        f"{table} {row[0]}": (row[1], json.loads(row[2]))
        for table in audit.MATCHING
        for row in audit.rows(matching, f"SELECT id, version, state FROM {table}")
    }
    for id, version, content in audit.rows(matching, "SELECT request_id, version, content FROM reports"):
        found[f"report {id}"] = (version, content)
    return {**found, "dead letters": len(letters_of(house, "matching"))}


def dropped(house: House) -> dict[str, float]:
    """Count the connections that the mail server dropped: before a mail was taken, instead of its 250, after it."""
    moods = Counter(line["mood"] for line in house.mail_ledger())
    names = {"refuse": "before it took the mail", "silent": "instead of the 250", "brisk": "after the 250"}
    return {name: float(moods[mood]) for mood, name in names.items()}


def windows(house: House) -> list[float]:
    """Measure promise 7's window of each mail, in seconds: from just before the 250 to our record of it.

    The record's moment is that of its statement, which its commit follows. The server's own slowness is left out.
    """
    last = {line["message_id"].strip("<>").partition("@")[0]: line for line in house.mail_ledger()}
    recorded = audit.sent_at(house.database("notifications"))
    return sorted(
        recorded[id] - line["at"]
        for id, line in last.items()
        if id in recorded and line["mood"] in {"good", "brisk"}
    )


def letters_of(house: House, service: str) -> list[dead_letters.DeadLetter]:
    """Return all dead letters of a service."""
    assert house.databases is not None
    database = house.databases[service]
    return dead_letters.list_dead(database, OURS[service].parts.messaging, None)


def version_of(record: Record) -> Version | None:
    """Return what a record tells of; None for what is no event."""
    try:
        event = from_record(record)
    except BadEventError:
        return None
    return Version(record.topic, event.aggregate_id, event.version)
