"""The event log of one machine: SQLite files in one folder, shared by all processes there."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.clock import Clock
from shared.event_log.group_file import GroupFile, Lease
from shared.event_log.port import (
    DEFAULT_PARTITIONS,
    EventLogError,
    LogUnavailableError,
    Message,
    MessageRefusedError,
    Record,
    TopicState,
    why_refused,
)
from shared.event_log.topic_file import TopicFile

COMPACTION_LAG = timedelta(minutes=1)
TOMBSTONE_RETENTION = timedelta(hours=12)
RENEW_SECONDS = 1.0
LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.02, 0.1

_log = logging.getLogger(__name__)


def boot_seconds() -> float:
    """Return the seconds since the machine started, sleep included: one clock for all its processes."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class EmbeddedLog:
    """The event log in a folder; topics are files `PREFIX.TOPIC.sqlite`, groups one file beside them."""

    def __init__(
        self, folder: Path, prefix: str, clock: Clock, lease_clock: Callable[[], float] = boot_seconds
    ) -> None:
        self._folder = folder
        self._prefix = prefix
        self._clock = clock
        self._lease_clock = lease_clock
        self._lock = threading.Lock()
        self._topics: dict[str, TopicFile] = {}
        self._groups: GroupFile | None = None

    def apply_topics(self, topics: Sequence[str], partitions: int = DEFAULT_PARTITIONS) -> list[str]:
        """Create the topics that are missing and return their names."""
        return [topic for topic in topics if self._open(topic).create(partitions)]

    def settle_topics(
        self,
        topics: Sequence[str],
        partitions: int = DEFAULT_PARTITIONS,
        replication: int | None = None,
        change: bool = True,
    ) -> list[TopicState]:
        """Create the topics that are missing; there is nothing else to be settled, and one copy of each."""
        made = self.apply_topics(topics, partitions) if change else []
        there = {name for name in topics if self._path(name).exists() and self._open(name).partitions()}
        return [
            TopicState(name, "created" if name in made else "kept", self._open(name).partitions())
            if name in there
            else TopicState(name, "missing", 0, ("it is missing",))
            for name in topics
        ]

    def pulse(self, topics: Sequence[str], idle_seconds: float) -> int:
        """Compact topics, whether anybody reads them or not; return how many had something to lose."""
        lag = min(COMPACTION_LAG, timedelta(seconds=idle_seconds))
        return sum(self._compact(self.topic(name), lag) > 0 for name in topics)

    def publisher(self, client: str) -> EmbeddedPublisher:
        """Open a publisher."""
        return EmbeddedPublisher(self)

    def subscriber(self, group: str, topics: Sequence[str]) -> EmbeddedSubscriber:
        """Join a consumer group."""
        return EmbeddedSubscriber(self, group, topics, self._lease_clock)

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """Count the records that the group has not handled."""
        return sum(
            self.topic(name).count_from(partition, self.groups().next_offset(group, name, partition))
            for name in topics
            for partition in range(self.topic(name).partitions())
        )

    def rewind(self, group: str, topics: Sequence[str]) -> None:
        """Have a group read topics from their beginning again; its members learn it at their next renewal."""
        for name in topics:
            self.topic(name)
        self.groups().rewind(group, topics)

    def compact(self) -> int:
        """Compact every topic that is open here; return how many records went."""
        return sum(self._compact(topic) for topic in list(self._topics.values()))

    def _compact(self, topic: TopicFile, lag: timedelta = COMPACTION_LAG) -> int:
        now = self._clock()
        return topic.compact(_milliseconds(now - lag), _milliseconds(now - TOMBSTONE_RETENTION))

    def topic(self, name: str) -> TopicFile:
        """Return a topic; raises LogUnavailableError while it has not been created."""
        if name not in self._topics and not self._path(name).exists():
            raise LogUnavailableError(f"topic {name!r} is missing: create it with `handslag topics apply`")
        return self._open(name)

    def groups(self) -> GroupFile:
        """Return the consumer groups."""
        with self._lock:
            if self._groups is None:
                self._groups = GroupFile(self._path("-groups"))
            return self._groups

    def now_ms(self) -> int:
        """Return the moment in milliseconds since 1970."""
        return _milliseconds(self._clock())

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            for topic in self._topics.values():
                topic.close()
            self._topics.clear()
            if self._groups is not None:
                self._groups.close()
            self._groups = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, name: str) -> TopicFile:
        with self._lock:
            if name not in self._topics:
                self._topics[name] = TopicFile(self._path(name), name)
            return self._topics[name]

    def _path(self, name: str) -> Path:
        return self._folder / f"{self._prefix}.{name}.sqlite"


class EmbeddedPublisher:
    """Appends to the topics' files; what it returns is on the disk."""

    def __init__(self, log: EmbeddedLog) -> None:
        self._event_log = log

    def publish(self, messages: Sequence[Message], timeout: float) -> list[int]:
        """Append the messages and return all their indexes."""
        for index, message in enumerate(messages):
            reason = why_refused(message)
            if reason:
                raise MessageRefusedError(index, reason)
        by_topic: dict[str, list[int]] = {}
        for index, message in enumerate(messages):
            by_topic.setdefault(message.topic, []).append(index)
        taken: list[int] = []
        for name, indexes in by_topic.items():
            try:
                topic = self._event_log.topic(name)
                if not topic.partitions():
                    raise LogUnavailableError(
                        f"topic {name!r} is missing: create it with `handslag topics apply`"
                    )
                topic.append([messages[index] for index in indexes], self._event_log.now_ms())
            except LogUnavailableError:
                if not taken:
                    raise
                return sorted(taken)
            taken += indexes
        return sorted(taken)

    def close(self) -> None:
        """Nothing is held open by a publisher of its own."""


class EmbeddedSubscriber:
    """One member of a group. It renews its leases while it is polled: an idle one loses them."""

    def __init__(
        self, log: EmbeddedLog, group: str, topics: Sequence[str], lease_clock: Callable[[], float]
    ) -> None:
        self._event_log = log
        self._group = group
        self._topics = tuple(topics)
        self._lease_clock = lease_clock
        self._member = uuid.uuid4().hex
        self._leases: dict[tuple[str, int], Lease] = {}
        self._next: dict[tuple[str, int], int] = {}
        self._marks: dict[str, tuple[int, int]] = {}
        self._turn = 0
        self._renew_at = 0.0
        self._pause = LOOK_SECONDS
        self._compact_at = lease_clock() + COMPACTION_LAG.total_seconds()

    def poll(self, timeout: float, limit: int) -> list[Record]:
        """Wait for records of the partitions that this member holds."""
        deadline = time.monotonic() + timeout
        try:
            while True:
                records = self._look(limit)
                left = deadline - time.monotonic()
                self._pause = LOOK_SECONDS if records else min(1.5 * self._pause, LONGEST_LOOK_SECONDS)
                if records or left <= 0:
                    return records
                time.sleep(min(self._pause, left))
        except EventLogError as error:
            _log.warning("reading waits: %s", error)
            time.sleep(max(0.0, min(RENEW_SECONDS, deadline - time.monotonic())))
            return []

    def commit(self, records: Sequence[Record]) -> None:
        """Note these records as handled, in the partitions that this member still holds."""
        ends: dict[tuple[str, int], int] = {}
        for record in records:
            place = (record.topic, record.partition)
            ends[place] = max(record.offset + 1, ends.get(place, 0))
        held = {
            place: (self._leases[place].token, end) for place, end in ends.items() if place in self._leases
        }
        if held:
            self._event_log.groups().commit(self._group, held)

    def seek_back(self, record: Record) -> None:
        """Return this record again, and what follows it."""
        place = (record.topic, record.partition)
        if place in self._leases:
            self._next[place] = record.offset
            self._marks.pop(record.topic, None)

    def close(self) -> None:
        """Leave the group, so that others need not wait for the leases to end."""
        try:
            self._event_log.groups().leave(self._group, self._member)
        except EventLogError as error:
            _log.warning("the leases end by themselves: %s", error)

    def _look(self, limit: int) -> list[Record]:
        if self._lease_clock() >= self._renew_at:
            self._renew()
        changed = self._changed_topics()
        places = sorted(place for place in self._leases if place[0] in changed)
        # Everybody's turn comes first once, so that a full partition starves no other.
        self._turn = (self._turn + 1) % max(1, len(places))
        records: list[Record] = []
        for place in places[self._turn :] + places[: self._turn]:
            found = self._event_log.topic(place[0]).read(place[1], self._next[place], limit - len(records))
            if found:
                self._next[place] = found[-1].offset + 1
                records += found
            if len(records) >= limit:
                self._marks.clear()
                break
        return records

    def _changed_topics(self) -> set[str]:
        changed = set()
        for topic in {place[0] for place in self._leases}:
            mark = self._event_log.topic(topic).changes_mark()
            if self._marks.get(topic) != mark:
                self._marks[topic] = mark
                changed.add(topic)
        return changed

    def _renew(self) -> None:
        now = self._lease_clock()
        if now >= self._compact_at:
            self._compact_at = now + COMPACTION_LAG.total_seconds()
            self._event_log.compact()
        partitions = {}
        for name in self._topics:
            try:
                partitions[name] = self._event_log.topic(name).partitions()
            except LogUnavailableError as error:
                _log.info("reading waits: %s", error)
        shares = self._event_log.groups().renew(self._group, self._member, partitions, now)
        leases = {
            (topic, partition): lease
            for topic, share in shares.items()
            for partition, lease in share.leases.items()
        }
        for place, lease in leases.items():
            before = self._leases.get(place)
            if before is None or before.token != lease.token:
                self._next[place] = lease.next_offset
                self._marks.pop(place[0], None)
        self._leases = leases
        waits = not all(share.complete for share in shares.values()) or len(partitions) < len(self._topics)
        self._renew_at = now + (RENEW_SECONDS / 10 if waits else RENEW_SECONDS)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
