"""How records are read from Kafka, as one member of a consumer group."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CommitFailedError, KafkaError
from kafka.structs import OffsetAndMetadata

from shared.event_log.kafka_cluster import KafkaCluster
from shared.event_log.kafka_pulse import SkippedPulses
from shared.event_log.port import AccessRefusedError, Headers, LogUnavailableError, Record

COMMIT_SECONDS = 3.0
PULSE_COMMIT_SECONDS = 1.0
CLOSE_SECONDS = 3.0

_log = logging.getLogger(__name__)


class KafkaSubscriber:
    """A member of a consumer group that commits only what it is told to."""

    def __init__(self, cluster: KafkaCluster, group: str, topics: Sequence[str]) -> None:
        self._cluster = cluster
        self._group = group
        self._topics = tuple(topics)
        self._consumer: Any = None
        self._said = ""
        self._pulses = SkippedPulses()

    def poll(self, timeout: float, limit: int) -> list[Record]:
        """Wait for records of the partitions that this member holds."""
        deadline = time.monotonic() + timeout
        try:
            if self._consumer is None:
                self._consumer = self._open(timeout)
            left = max(0.0, deadline - time.monotonic())
            found = self._consumer.poll(timeout_ms=int(left * 1000), max_records=limit)
        except (KafkaError, LogUnavailableError) as error:
            self._say(error)
            time.sleep(max(0.0, min(1.0, deadline - time.monotonic())))
            return []
        if any(found.values()):
            self._said = ""
        elif (refusal := self._cluster.refusal_of(self._consumer)) is not None:
            self._say(refusal)
        taken = [
            record
            for place, records in found.items()
            for record in _records(self._cluster.short_name(place.topic), self._pulses.sift(place, records))
        ]
        self._commit_pulses()
        return taken

    def commit(self, records: Sequence[Record]) -> None:
        """Note these records as handled, in the partitions that this member still holds."""
        if self._consumer is None:
            return
        held = self._consumer.assignment()
        last: dict[tuple[str, int], Record] = {}
        for record in records:
            before = last.setdefault((record.topic, record.partition), record)
            if record.offset > before.offset:
                last[record.topic, record.partition] = record
        ends = {
            place: record.offset + 1 for record in last.values() if (place := self._place(record)) in held
        }
        if not ends:
            return
        try:
            ends = {place: self._pulses.end_of_commit(place, end) for place, end in ends.items()}
            self._consumer.commit(_offsets(ends), timeout_ms=int(COMMIT_SECONDS * 1000))
        except CommitFailedError as error:
            _log.info("other members hold the partitions now: %s", error)
        except KafkaError as error:
            raise LogUnavailableError(f"the offsets could not be committed: {error}") from error

    def seek_back(self, record: Record) -> None:
        """Return this record again, and what follows it."""
        if self._consumer is not None and self._place(record) in self._consumer.assignment():
            self._consumer.seek(self._place(record), record.offset)
            self._pulses.read_again(self._place(record))

    def close(self) -> None:
        """Leave the group."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(KafkaError):
                consumer.close(timeout_ms=int(CLOSE_SECONDS * 1000))

    def _commit_pulses(self) -> None:
        ends = self._pulses.ends()
        if ends:
            held = {place: end for place, end in ends.items() if place in self._consumer.assignment()}
            try:
                self._consumer.commit(_offsets(held), timeout_ms=int(PULSE_COMMIT_SECONDS * 1000))
            except KafkaError as error:
                _log.info("pulses are committed later: %s", error)
            else:
                self._pulses.forget(ends)

    def _say(self, error: Exception) -> None:
        """Say why reading waits: a refusal, which somebody has to mend, as an error, and once."""
        if not isinstance(error, AccessRefusedError):
            _log.warning("reading waits: %s", error)
        elif str(error) != self._said:
            _log.error("reading waits: %s", error)
        self._said = str(error)

    def _open(self, seconds: float) -> Any:
        consumer = self._cluster.open_client(
            KafkaConsumer,
            seconds,
            group_id=self._cluster.full_name(self._group),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            allow_auto_create_topics=False,
            session_timeout_ms=self._cluster.options.session_timeout_ms,
            max_poll_interval_ms=self._cluster.options.max_poll_interval_ms,
            metadata_max_age_ms=10_000,
        )
        consumer.subscribe([self._cluster.full_name(topic) for topic in self._topics])
        return consumer

    def _place(self, record: Record) -> Any:
        return TopicPartition(self._cluster.full_name(record.topic), record.partition)


def _records(topic: str, read: Sequence[Any]) -> list[Record]:
    # Names, places and bytes as they come: every record that is read comes by here.
    return [
        Record(
            topic,
            one.partition,
            one.offset,
            (one.key or b"").decode(errors="surrogateescape"),
            one.value,
            _filled(one.headers) if None in [value for _, value in one.headers] else tuple(one.headers),
            one.timestamp,
        )
        for one in read
    ]


def _offsets(ends: dict[Any, int]) -> dict[Any, Any]:
    return {place: OffsetAndMetadata(end, "", -1) for place, end in ends.items()}


def _filled(headers: Sequence[tuple[str, bytes | None]]) -> Headers:
    """Return headers with an empty value where there is none."""
    return tuple((name, value or b"") for name, value in headers)
