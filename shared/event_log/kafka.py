"""The event log on Apache Kafka, by kafka-python.

Every client is opened when it is first needed and again after a failure, so that the broker may be away.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import NoError, UnknownMemberIdError

from shared.event_log.kafka_cluster import KafkaCluster
from shared.event_log.kafka_options import KafkaOptions
from shared.event_log.kafka_publisher import KafkaPublisher
from shared.event_log.kafka_pulse import send_pulses
from shared.event_log.kafka_subscriber import KafkaSubscriber
from shared.event_log.kafka_topics import create_missing, settle
from shared.event_log.port import DEFAULT_PARTITIONS, GroupInUseError, LogUnavailableError, TopicState


class KafkaLog:
    """The event log on a cluster; topics are called `PREFIX.NAME` there."""

    def __init__(self, servers: Sequence[str], prefix: str, options: KafkaOptions) -> None:
        self.cluster = KafkaCluster(servers, prefix, options)

    def apply_topics(self, topics: Sequence[str], partitions: int = DEFAULT_PARTITIONS) -> list[str]:
        """Create the topics that are missing and return their names."""
        with self.cluster.admin() as admin:
            return create_missing(self.cluster, admin, topics, partitions, None)

    def settle_topics(
        self,
        topics: Sequence[str],
        partitions: int = DEFAULT_PARTITIONS,
        replication: int | None = None,
        change: bool = True,
    ) -> list[TopicState]:
        """Create what is missing, and mend configs that differ."""
        with self.cluster.admin() as admin:
            return settle(self.cluster, admin, topics, partitions, replication, change)

    def pulse(self, topics: Sequence[str], idle_seconds: float) -> int:
        """Send a pulse to every partition that has records, the last of them older than `idle_seconds`."""
        with self.cluster.admin() as admin:
            places = self._places(admin, topics)
            newest = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.MAX_TIMESTAMP))
        before = (time.time() - idle_seconds) * 1000
        idle = [place for place in places if 0 <= newest[place].timestamp <= before]
        if idle:
            send_pulses(self.cluster, idle)
        return len(idle)

    def publisher(self, client: str) -> KafkaPublisher:
        """Open a publisher."""
        return KafkaPublisher(self.cluster, client)

    def subscriber(self, group: str, topics: Sequence[str]) -> KafkaSubscriber:
        """Join a consumer group; its name there has the prefix too."""
        return KafkaSubscriber(self.cluster, group, topics)

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """Count the offsets that the group has not committed; compacted ones count too."""
        name = self.cluster.full_name(group)
        with self.cluster.admin() as admin:
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
        with self.cluster.admin() as admin:
            places = self._places(admin, topics)
            wanted = dict.fromkeys(places, OffsetSpec.EARLIEST)
            answers = admin.reset_group_offsets(self.cluster.full_name(group), wanted).values()
            errors = {answer["error"] for answer in answers} - {NoError}
            if UnknownMemberIdError in errors:
                raise GroupInUseError(
                    f"Kafka does not rewind the group {group!r} while it has members: stop them, and wait "
                    f"{self.cluster.options.session_timeout_ms // 1000} s for those that died"
                )
            for error in errors:
                raise error

    def _places(self, admin: Any, topics: Sequence[str]) -> list[Any]:
        described = admin.describe_topics([self.cluster.full_name(topic) for topic in topics])
        for topic in described:
            if not topic["partitions"]:
                name = self.cluster.short_name(topic["name"])
                raise LogUnavailableError(
                    f"topic {name!r} is missing: create it with `handslag topics apply`"
                )
        return [
            TopicPartition(topic["name"], partition["partition_index"])
            for topic in described
            for partition in topic["partitions"]
        ]

    def close(self) -> None:
        """Nothing is held open by the log itself."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
