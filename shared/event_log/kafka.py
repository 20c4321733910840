"""The event log on Apache Kafka, by kafka-python.

Every client is opened when it is first needed and again after a failure, so that the broker may be away.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import (
    CommitFailedError,
    InvalidRecordError,
    KafkaError,
    MessageSizeTooLargeError,
    NoError,
    RecordListTooLargeError,
    TopicAlreadyExistsError,
    UnknownMemberIdError,
)
from kafka.net.compat import KafkaNetClient
from kafka.structs import OffsetAndMetadata

from shared.event_log.port import (
    DEFAULT_PARTITIONS,
    EventLogError,
    GroupInUseError,
    LogUnavailableError,
    Message,
    MessageRefusedError,
    Record,
    why_refused,
)

MAX_IN_FLIGHT = 2_000
OPEN_SECONDS = 5.0
COMMIT_SECONDS = 5.0
CLOSE_SECONDS = 3.0
SESSION_MS = 10_000
ERASURE_MS = 6 * 3_600_000
TOPIC_CONFIGS = {
    "cleanup.policy": "compact",
    "segment.ms": str(ERASURE_MS),
    "max.compaction.lag.ms": str(ERASURE_MS),
    "delete.retention.ms": str(2 * ERASURE_MS),
}

_REFUSALS = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidRecordError)
_log = logging.getLogger(__name__)


class KafkaLog:
    """The event log on a cluster; topics are called `PREFIX.NAME` there."""

    def __init__(self, servers: Sequence[str], prefix: str) -> None:
        self.servers = list(servers)
        self._prefix = prefix + "."

    def apply_topics(self, topics: Sequence[str], partitions: int = DEFAULT_PARTITIONS) -> list[str]:
        """Create the topics that are missing and return their names."""
        with _Admin(self) as admin:
            present = set(admin.list_topics())
            missing = [topic for topic in topics if self.full_name(topic) not in present]
            made = []
            for topic in missing:
                options = {"num_partitions": partitions, "replication_factor": -1, "configs": TOPIC_CONFIGS}
                with suppress(TopicAlreadyExistsError):  # another process was first
                    admin.create_topics({self.full_name(topic): options}, wait_for_metadata=True)
                    made.append(topic)
            return made

    def publisher(self, client: str) -> KafkaPublisher:
        """Open a publisher."""
        return KafkaPublisher(self, client)

    def subscriber(self, group: str, topics: Sequence[str]) -> KafkaSubscriber:
        """Join a consumer group; its name there has the prefix too."""
        return KafkaSubscriber(self, group, topics)

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """Count the offsets that the group has not committed; compacted ones count too."""
        name = self.full_name(group)
        with _Admin(self) as admin:
            places = self._places(admin, topics)
            handled = admin.list_group_offsets({name: None})[name]
            ends = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
            starts = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
            return sum(
                ends[place].offset
                - max(starts[place].offset, handled[place].offset if place in handled else 0)
                for place in places
            )

    def rewind(self, group: str, topics: Sequence[str]) -> None:
        """Have a group read topics from their beginning again; raises GroupInUseError while it has members."""
        with _Admin(self) as admin:
            places = self._places(admin, topics)
            wanted = dict.fromkeys(places, OffsetSpec.EARLIEST)
            answers = admin.reset_group_offsets(self.full_name(group), wanted).values()
            errors = {answer["error"] for answer in answers} - {NoError}
            if UnknownMemberIdError in errors:
                raise GroupInUseError(
                    f"Kafka does not rewind the group {group!r} while it has members: stop them, and wait "
                    f"{SESSION_MS // 1000} s for those that died"
                )
            for error in errors:
                raise error

    def _places(self, admin: Any, topics: Sequence[str]) -> list[Any]:
        described = admin.describe_topics([self.full_name(topic) for topic in topics])
        for topic in described:
            if not topic["partitions"]:
                name = self.short_name(topic["name"])
                raise LogUnavailableError(
                    f"topic {name!r} is missing: create it with `handslag topics apply`"
                )
        return [
            TopicPartition(topic["name"], partition["partition_index"])
            for topic in described
            for partition in topic["partitions"]
        ]

    def full_name(self, name: str) -> str:
        """Give a topic's or a group's name on the cluster."""
        return self._prefix + name

    def short_name(self, full_name: str) -> str:
        """Give a topic's name without the prefix."""
        return full_name.removeprefix(self._prefix)

    def open_client(self, kind: Any, seconds: float, **settings: Any) -> Any:
        """Open a kafka-python client within some seconds; raises LogUnavailableError."""
        made: list[Any] = []

        def keep(**configs: Any) -> Any:
            made.append(KafkaNetClient(**configs))
            return made[-1]

        try:
            return kind(
                bootstrap_servers=self.servers,
                reconnect_backoff_max_ms=1000,
                bootstrap_timeout_ms=int(max(0.5, min(seconds, OPEN_SECONDS)) * 1000),
                kafka_client=keep,
                **settings,
            )
        except KafkaError as error:
            for client in made:  # a constructor that fails leaves its threads and sockets behind
                client.close()
            raise LogUnavailableError(
                f"no Kafka broker answers at {','.join(self.servers)} ({error}); "
                "refused credentials look the same"
            ) from error

    def close(self) -> None:
        """Nothing is held open by the log itself."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Admin:
    """An admin client for one use; tells every failure as an EventLogError."""

    def __init__(self, log: KafkaLog) -> None:
        self._event_log = log

    def __enter__(self) -> Any:
        self._client = self._event_log.open_client(KafkaAdminClient, OPEN_SECONDS)
        return self._client

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        if isinstance(error, KafkaError):
            told = LogUnavailableError if getattr(error, "retriable", False) else EventLogError
            raise told(f"Kafka at {','.join(self._event_log.servers)} says: {error}") from error


class KafkaPublisher:
    """An idempotent producer. What was sent and not yet acknowledged is remembered and never sent again."""

    def __init__(self, log: KafkaLog, client: str) -> None:
        self._event_log = log
        self._client = client
        self._lock = threading.Lock()
        self._producer: Any = None
        self._pending: dict[Message, list[Any]] = {}

    def publish(self, messages: Sequence[Message], timeout: float) -> list[int]:
        """Send what is not on its way yet, and return the indexes that were acknowledged in time."""
        deadline = time.monotonic() + timeout
        for index, message in enumerate(messages):
            reason = why_refused(message)
            if reason:
                raise MessageRefusedError(index, reason)
        with self._lock:
            futures = self._send(messages, deadline)
            for _, future in futures:
                with suppress(KafkaError):
                    future.get(timeout=max(0.0, deadline - time.monotonic()))
            done = [(index, future) for index, future in futures if future.is_done]
            taken = [(index, future) for index, future in done if future.succeeded()]
            failed = [(index, future) for index, future in done if future.failed()]
            for index, future in taken:
                self._forget(messages[index], future)
            if any(not isinstance(future.exception, _REFUSALS) for _, future in failed):
                self._drop()
            if failed and not taken:
                self._tell(messages, *failed[0])
            return [index for index, _ in taken]

    def close(self) -> None:
        """Close the producer; what is still on its way is given up, its rows stay in the outbox."""
        with self._lock:
            self._drop()

    def _send(self, messages: Sequence[Message], deadline: float) -> list[tuple[int, Any]]:
        if self._producer is None:
            self._producer = self._open(deadline - time.monotonic())
        known = {message: list(futures) for message, futures in self._pending.items()}
        on_their_way = sum(map(len, self._pending.values()))
        futures: list[tuple[int, Any]] = []
        for index, message in enumerate(messages):
            if known.get(message):
                futures.append((index, known[message].pop(0)))
            elif on_their_way < MAX_IN_FLIGHT:
                future = self._send_one(message)
                self._pending.setdefault(message, []).append(future)
                futures.append((index, future))
                on_their_way += 1
            else:
                break  # one that is sent later must not overtake this one
        return futures

    def _send_one(self, message: Message) -> Any:
        try:
            return self._producer.send(
                self._event_log.full_name(message.topic),
                key=message.key.encode(),
                value=message.value,
                headers=list(message.headers),
            )
        except KafkaError as error:
            raise LogUnavailableError(
                f"topic {message.topic!r} cannot be sent to ({error}): the brokers are away, "
                "or it is missing and `handslag topics apply` creates it"
            ) from error

    def _open(self, seconds: float) -> Any:
        return self._event_log.open_client(
            KafkaProducer,
            seconds,
            client_id=self._client,
            enable_idempotence=True,
            acks="all",
            # A batch that expires while the broker is dead jams an idempotent producer for good.
            delivery_timeout_ms=86_400_000,
            compression_type="lz4",
            batch_size=256 * 1024,
            linger_ms=5,
            max_block_ms=int(OPEN_SECONDS * 1000),
            allow_auto_create_topics=False,
        )

    def _forget(self, message: Message, future: Any) -> None:
        futures = self._pending[message]
        futures.remove(future)
        if not futures:
            del self._pending[message]

    def _tell(self, messages: Sequence[Message], index: int, future: Any) -> None:
        error = future.exception
        if isinstance(error, _REFUSALS):
            if self._producer is not None:
                self._forget(messages[index], future)
            raise MessageRefusedError(index, f"Kafka refuses the message: {error}") from error
        raise LogUnavailableError(f"Kafka could not take a message: {error}") from error

    def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):
                producer.close(timeout=0 if self._pending else CLOSE_SECONDS)
        self._pending.clear()


class KafkaSubscriber:
    """A member of a consumer group that commits only what it is told to."""

    def __init__(self, log: KafkaLog, group: str, topics: Sequence[str]) -> None:
        self._event_log = log
        self._group = group
        self._topics = tuple(topics)
        self._consumer: Any = None

    def poll(self, timeout: float, limit: int) -> list[Record]:
        """Wait for records of the partitions that this member holds."""
        deadline = time.monotonic() + timeout
        try:
            if self._consumer is None:
                self._consumer = self._open(timeout)
            left = max(0.0, deadline - time.monotonic())
            found = self._consumer.poll(timeout_ms=int(left * 1000), max_records=limit)
        except (KafkaError, LogUnavailableError) as error:
            _log.warning("reading waits: %s", error)
            time.sleep(max(0.0, min(1.0, deadline - time.monotonic())))
            return []
        return [self._record(one) for records in found.values() for one in records]

    def commit(self, records: Sequence[Record]) -> None:
        """Note these records as handled, in the partitions that this member still holds."""
        if self._consumer is None:
            return
        held = self._consumer.assignment()
        ends: dict[TopicPartition, int] = {}
        for record in records:
            place = self._place(record)
            if place in held:
                ends[place] = max(record.offset + 1, ends.get(place, 0))
        if not ends:
            return
        try:
            self._consumer.commit(
                {place: OffsetAndMetadata(end, "", -1) for place, end in ends.items()},
                timeout_ms=int(COMMIT_SECONDS * 1000),
            )
        except CommitFailedError as error:
            _log.info("other members hold the partitions now: %s", error)
        except KafkaError as error:
            raise LogUnavailableError(f"the offsets could not be committed: {error}") from error

    def seek_back(self, record: Record) -> None:
        """Return this record again, and what follows it."""
        if self._consumer is not None and self._place(record) in self._consumer.assignment():
            self._consumer.seek(self._place(record), record.offset)

    def close(self) -> None:
        """Leave the group."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(KafkaError):
                consumer.close(timeout_ms=int(CLOSE_SECONDS * 1000))

    def _open(self, seconds: float) -> Any:
        consumer = self._event_log.open_client(
            KafkaConsumer,
            seconds,
            group_id=self._event_log.full_name(self._group),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            allow_auto_create_topics=False,
            session_timeout_ms=SESSION_MS,
            metadata_max_age_ms=10_000,
        )
        consumer.subscribe([self._event_log.full_name(topic) for topic in self._topics])
        return consumer

    def _place(self, record: Record) -> Any:
        return TopicPartition(self._event_log.full_name(record.topic), record.partition)

    def _record(self, read: Any) -> Record:
        return Record(
            topic=self._event_log.short_name(read.topic),
            partition=read.partition,
            offset=read.offset,
            key=(read.key or b"").decode(errors="surrogateescape"),
            value=read.value,
            headers=tuple((name, value or b"") for name, value in read.headers),
            timestamp_ms=read.timestamp,
        )
