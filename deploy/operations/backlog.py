"""How much is on its way between the services: what `demo` waits for and a supervisor can show."""

from __future__ import annotations

from collections import Counter

from deploy.operations.databases import Databases
from deploy.services import SERVICES
from shared.event_log.port import EventLog
from shared.messaging.dead_letters import count_dead
from shared.messaging.outbox import outbox_counts
from shared.service import Replay, Service
from shared.storage.engine import Database


def backlog(databases: Databases, event_log: EventLog) -> dict[str, int]:
    """Count what is on its way, stage by stage from the submission to the mailbox; all zero: everything has arrived.

    Raises shared.event_log.port.LogUnavailableError while the event log is away.
    """
    stages: dict[str, int] = {}
    for name, service in SERVICES.items():
        database, parts = databases[name], service.parts
        if service.reads:
            stages[f"events for {name}"] = event_log.lag(name, service.reads)
        if parts.replay:
            stages["events to read again"] = _to_replay(database, service, parts.replay, event_log)
        with database.reading() as connection:
            stages |= parts.waiting(connection)
        what = service.owns[0] if len(service.owns) == 1 else name
        stages[f"{what} to publish"] = _in_outbox(database, service)
    # What a later service told an earlier one came after the look at the earlier one.
    owners = {topic: number for number, one in enumerate(SERVICES.values()) for topic in one.owns}
    for number, (name, service) in enumerate(SERVICES.items()):
        for topic in service.reads:
            if owners[topic] > number:
                stages[f"{topic} for {name}"] = event_log.lag(name, [topic])
    return stages


def outcomes(databases: Databases) -> dict[str, int]:
    """Count what left the house, by status."""
    counts: Counter[str] = Counter()
    for name, service in SERVICES.items():
        with databases[name].reading() as connection:
            counts.update(service.parts.outcomes(connection))
    return dict(counts)


def dead_letters(databases: Databases) -> int:
    """Count the dead letters of all services that nobody has dealt with."""
    return sum(count_dead(databases[name], service.parts.messaging) for name, service in SERVICES.items())


def _to_replay(database: Database, service: Service, replay: Replay, event_log: EventLog) -> int:
    with database.reading() as connection:
        if not replay.is_under_way(connection):
            return 0
    return max(1, event_log.lag(replay.group, service.reads))


def _in_outbox(database: Database, service: Service) -> int:
    with database.reading() as connection:
        return sum(outbox_counts(connection, service.parts.messaging))
