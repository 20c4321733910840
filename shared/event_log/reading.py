"""Reading a whole topic beside all consumer groups: for backups and for putting a restored house in order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from shared.event_log.embedded import EmbeddedLog
from shared.event_log.port import EventLog, LogUnavailableError, Record

if TYPE_CHECKING:
    from shared.event_log.kafka import KafkaLog

BATCH = 1_000
POLL_SECONDS = 1.0
STALL_SECONDS = 30.0


def read_topic(log: EventLog, topic: str) -> Iterator[Record]:
    """Return every record of a topic that is there at the call, in order per key; no group's position moves.

    Raises shared.event_log.port.LogUnavailableError when the topic is missing or the log is away, or becomes so.
    """
    if isinstance(log, EmbeddedLog):
        yield from _read_files(log, topic)
    else:
        # Imported here, so that one machine needs no Kafka client.
        from shared.event_log.kafka import KafkaLog

        assert isinstance(log, KafkaLog)
        yield from _read_kafka(log, topic)


def _read_files(log: EmbeddedLog, topic: str) -> Iterator[Record]:
    file = log.topic(topic)
    for partition in range(file.partitions()):
        offset = 0
        while records := file.read(partition, offset, BATCH):
            yield from records
            offset = records[-1].offset + 1


def _read_kafka(log: KafkaLog, topic: str) -> Iterator[Record]:
    from kafka import KafkaConsumer
    from kafka.errors import KafkaError

    settings: dict[str, Any] = {
        "group_id": None,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "isolation_level": "read_committed",
        "allow_auto_create_topics": False,
    }
    try:
        with closing(log.cluster.open_client(KafkaConsumer, POLL_SECONDS * 5, **settings)) as consumer:
            yield from _records(log, consumer, topic)
    except KafkaError as error:
        raise LogUnavailableError(f"topic {topic!r} cannot be read: {error}") from error


def _records(log: KafkaLog, consumer: Any, topic: str) -> Iterator[Record]:
    from kafka import TopicPartition

    name = log.cluster.full_name(topic)
    partitions = consumer.partitions_for_topic(name)
    if not partitions:
        raise LogUnavailableError(f"topic {topic!r} is missing: create it with `handslag topics apply`")
    places = [TopicPartition(name, partition) for partition in sorted(partitions)]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    moved = time.monotonic()
    while any(consumer.position(place) < ends[place] for place in places):
        found = consumer.poll(timeout_ms=int(POLL_SECONDS * 1000), max_records=BATCH)
        if found:
            moved = time.monotonic()
        elif time.monotonic() - moved > STALL_SECONDS:
            raise LogUnavailableError(
                f"topic {topic!r} could not be read to its end: the brokers say nothing"
            )
        for read in (one for records in found.values() for one in records):
            yield Record(
                topic=topic,
                partition=read.partition,
                offset=read.offset,
                key=(read.key or b"").decode(errors="surrogateescape"),
                value=read.value,
                headers=tuple((one, value or b"") for one, value in read.headers),
                timestamp_ms=read.timestamp,
            )
