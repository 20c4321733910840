"""Putting databases of different moments, and an event log of any moment, in order with each other.

A restored database is older than what was sent since: a version that it hands out again would pass for a duplicate,
and its change would be lost. So each service first takes up whatever is newer of its own aggregates, from the log and
from the events that came with the backup: every event carries the whole state. What readers have seen of later
versions that nobody holds any more is stepped over. Then every state that the log does not end with is put in the
outbox, so that a log that is new, or older than the databases, is filled again; and what the log has already leaves
the outbox, lest an older version end up behind a newer one. Readers read everything again and keep what is newer.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from sqlalchemy.engine import Connection

from deploy.services import OWNED, READS, SERVICES
from shared.event_log.port import EventLog, LogUnavailableError, Record
from shared.events.catalogue import TOPICS
from shared.events.envelope import BadEventError, from_record
from shared.events.event import Event
from shared.messaging.consumed import versions_had
from shared.messaging.outbox import drop_published, record_event
from shared.rights import APART
from shared.service import Adopting

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.5

Erased = Mapping[str, Mapping[str, int]]
"""The tombstones' versions of what was erased, by topic and id."""


@dataclass(frozen=True)
class Reconciled:
    """How many aggregates were brought up to a newer state, erased again, and put in an outbox."""

    adopted: int = 0
    erased: int = 0
    published: int = 0

    def __add__(self, other: Reconciled) -> Reconciled:
        return Reconciled(
            self.adopted + other.adopted, self.erased + other.erased, self.published + other.published
        )


def events_of(records: Iterable[Record]) -> Iterator[Event]:
    """Yield the events among records; what is none has become a dead letter of its readers, and no state of ours."""
    for record in records:
        try:
            yield from_record(record)
        except BadEventError:
            continue


def newer_events(
    connection: Connection, service: str, topic: str, records: Iterable[Record]
) -> Iterator[Record]:
    """Yield the records that tell of something newer than a service's database, tombstones always."""
    known = _versions(connection, service, topic)
    for record in records:
        for event in events_of([record]):
            if event.state is None or event.version > known.get(event.aggregate_id, 0):
                yield record


def reconcile(
    connections: Mapping[str, Connection],
    log: Callable[[str], Iterable[Record]],
    kept: Callable[[str], Iterable[Record]],
    erased: Erased,
    now: datetime,
) -> Reconciled:
    """Put the databases of all services in order, each in the caller's transaction on its connection.

    `log` returns the records that a topic holds, in order per key; `kept` those that came with a backup. Nobody
    may work on the databases meanwhile; afterwards every consumer group must read from the beginning.
    """
    done = Reconciled()
    for service, topic in OWNED:
        one = _Topic(connections, service, topic, now)
        done += one.reconcile(events_of(log(topic)), events_of(kept(topic)), erased.get(topic, {}))
    for name, one_service in SERVICES.items():
        if erasing := one_service.parts.erasing:
            again = erasing.again(connections[name], erased.get(APART, {}), now)
            done += Reconciled(erased=again)
    return done


def have_all_read_again(log: EventLog, patience: float = PATIENCE_SECONDS) -> None:
    """Put every consumer group to the beginning of its topics.

    A new Kafka takes a while until it knows any group: it is asked for up to `patience` seconds. Raises
    LogUnavailableError after that, GroupInUseError while somebody reads.
    """
    deadline = time.monotonic() + patience
    for group, topics in READS.items():
        while True:
            try:
                log.rewind(group, topics)
                break
            except LogUnavailableError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOOK_SECONDS)


def _approvals(connections: Mapping[str, Connection]) -> Mapping[str, set[str]]:
    """Return the ids of all approvals by request, as the services that know some have them now."""
    found: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        if service.parts.restoring.approvals:
            for request_id, ids in service.parts.restoring.approvals(connections[name]).items():
                found.setdefault(request_id, set()).update(ids)
    return found


class _Topic:
    """One topic of one service."""

    def __init__(
        self, connections: Mapping[str, Connection], service: str, topic: str, now: datetime
    ) -> None:
        parts = SERVICES[service].parts
        self._connection = connections[service]
        self._service = service
        self._topic = topic
        self._messaging = parts.messaging
        # The topics before this one are in order by now: what others know of them is read once.
        self._adopting = Adopting(now, cache(partial(_approvals, connections)))
        self._adopt = partial(parts.restoring.adopt, self._connection, topic)
        self._seen = _seen(connections, topic)
        self._now = now

    def reconcile(self, log: Iterable[Event], kept: Iterable[Event], erased: Mapping[str, int]) -> Reconciled:
        known = _versions(self._connection, self._service, self._topic)
        newest: dict[str, Event] = {}
        last: dict[str, Event] = {}  # what the log ends with: what it keeps when it is compacted

        def look(event: Event) -> None:
            best = newest[event.aggregate_id].version if event.aggregate_id in newest else 0
            if event.version > max(best, known.get(event.aggregate_id, 0)):
                newest[event.aggregate_id] = event

        for event in log:
            last[event.aggregate_id] = dataclasses.replace(event, state=event.state and {})
            look(event)
        for event in kept:
            look(event)
        for event in newest.values():
            self._adopt(event, self._adopting)
        adopted = sum(event.state is not None or id in known for id, event in newest.items())
        gone = {id: event for id, event in newest.items() if event.state is None}
        erasures = self._erase(erased, known, newest, last)
        self._step_over_seen()
        waiting = drop_published(
            self._connection,
            self._messaging,
            self._topic,
            lambda id: last[id].version if id in last else 0,
        )
        published = 0
        for event in [*gone.values(), *erasures, *_current(self._connection, self._service, self._topic)]:
            on_log = last[event.aggregate_id].version if event.aggregate_id in last else 0
            if event.version > max(on_log, waiting.get(event.aggregate_id, 0)):
                record_event(self._connection, self._messaging, event)
                published += 1
        return Reconciled(adopted, len(erasures), published)

    def _erase(
        self,
        erased: Mapping[str, int],
        known: Mapping[str, int],
        newest: Mapping[str, Event],
        last: Mapping[str, Event],
    ) -> list[Event]:
        """Erase again what the ledger names, unless it was submitted anew afterwards.

        Nothing where the log ends with a tombstone and nobody has it.
        """
        kind = f"{TOPICS[self._topic].aggregate}.erased"
        made = []
        for id, tombstone in sorted(erased.items()):
            there = newest[id].state is not None if id in newest else id in known
            if there and (newest[id].version if id in newest else known[id]) > tombstone:
                continue
            if not there and id in last and last[id].state is None:
                continue
            before = [known.get(id, 0), self._seen.get(id, 0)]
            before += [events[id].version for events in (newest, last) if id in events]
            made.append(Event(kind, id, max(before) + 1, self._now, None))
            self._adopt(made[-1], self._adopting)
        return made

    def _step_over_seen(self) -> None:
        """Renumber a state of ours that readers would take for a duplicate: the version after the one that they saw."""
        for event in list(_current(self._connection, self._service, self._topic)):
            seen = self._seen.get(event.aggregate_id, 0)
            if seen > event.version:
                state = {**(event.state or {}), "version": seen + 1}
                self._adopt(dataclasses.replace(event, version=seen + 1, state=state), self._adopting)


def _current(connection: Connection, service: str, topic: str) -> Iterator[Event]:
    return SERVICES[service].parts.restoring.current(connection, topic)


def _versions(connection: Connection, service: str, topic: str) -> dict[str, int]:
    return {event.aggregate_id: event.version for event in _current(connection, service, topic)}


def _seen(connections: Mapping[str, Connection], topic: str) -> dict[str, int]:
    """Return the newest version of every key that any reader of a topic has had."""
    seen: dict[str, int] = {}
    for reader, topics in READS.items():
        if topic in topics:
            had = versions_had(connections[reader], SERVICES[reader].parts.messaging, topic)
            for key, version in had.items():
                seen[key] = max(version, seen.get(key, 0))
    return seen
