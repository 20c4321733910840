"""How our topics must be on Kafka, and how they are made so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from kafka.admin import ConfigResource
from kafka.errors import TopicAlreadyExistsError

from shared.event_log.kafka_cluster import KafkaCluster
from shared.event_log.port import MAX_VALUE_BYTES, EventLogError, TopicState

ERASURE_MS = 6 * 3_600_000
LEAST_MESSAGE_BYTES = MAX_VALUE_BYTES + 100_000
"""What the broker must take: the largest value, with key, headers and the batch around it."""
MESSAGE_BYTES = 1_048_588
"""Kafka's own default."""
TOPIC_CONFIGS = {
    "cleanup.policy": "compact",
    "segment.ms": str(ERASURE_MS),
    "max.compaction.lag.ms": str(ERASURE_MS),
    "delete.retention.ms": str(2 * ERASURE_MS),
}
_AT_MOST = ("segment.ms", "max.compaction.lag.ms", "delete.retention.ms")


def create_missing(
    cluster: KafkaCluster, admin: Any, topics: Sequence[str], partitions: int, replication: int | None
) -> list[str]:
    """Create the topics that are missing and return their names; `replication` None is the cluster's own."""
    present = set(admin.list_topics())
    made = []
    for topic in topics:
        name = cluster.full_name(topic)
        if name not in present:
            options = {
                "num_partitions": partitions,
                "replication_factor": replication or -1,
                "configs": TOPIC_CONFIGS,
            }
            with suppress(TopicAlreadyExistsError):  # another process was first
                admin.create_topics({name: options}, wait_for_metadata=True)
                made.append(topic)
    return made


def settle(
    cluster: KafkaCluster,
    admin: Any,
    topics: Sequence[str],
    partitions: int,
    replication: int | None,
    change: bool,
) -> list[TopicState]:
    """Do what `EventLog.settle_topics` says."""
    made = create_missing(cluster, admin, topics, partitions, replication) if change else []
    names = {cluster.full_name(topic): topic for topic in topics}
    present = set(admin.list_topics())
    there = [name for name in names if name in present]
    described = {one["name"]: len(one["partitions"]) for one in admin.describe_topics(there)} if there else {}
    found = _configs(admin, there)
    states = []
    for name, topic in names.items():
        if name not in described:
            states.append(TopicState(topic, "missing", 0, ("it is missing",)))
            continue
        count = described[name]
        wanted = _to_change(found[name])
        differences = tuple(
            f"{config} is {found[name].get(config)} and must be {value}" for config, value in wanted.items()
        )
        if wanted and change:
            _alter(admin, name, wanted)
        outcome = "created" if topic in made else "kept"
        if wanted and topic not in made:
            outcome = "changed" if change else "differs"
        states.append(TopicState(topic, outcome, count, differences, _notes(count, partitions)))
    return states


def _configs(admin: Any, names: Sequence[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    described = admin.describe_configs(
        [ConfigResource("topic", name) for name in names], config_filter="all"
    )["topic"]
    return {
        name: {config: str(one["value"]) for config, one in configs.items()}
        for name, configs in described.items()
    }


def _to_change(found: Mapping[str, str]) -> dict[str, str]:
    """Return the configs that break a promise, with what they must be: a stricter one than ours may stay."""
    wanted = {}
    for config, value in TOPIC_CONFIGS.items():
        if config in _AT_MOST:
            good = config in found and int(found[config]) <= int(value)
        else:
            good = found.get(config) == value
        if not good:
            wanted[config] = value
    if int(found.get("max.message.bytes", "0")) < LEAST_MESSAGE_BYTES:
        wanted["max.message.bytes"] = str(MESSAGE_BYTES)
    return wanted


def _alter(admin: Any, name: str, configs: dict[str, str]) -> None:
    # A value that the broker refuses is not raised but told as text.
    answers = admin.alter_configs([ConfigResource("topic", name, configs)])
    told = answers["topic"][name]
    if told != "OK":
        raise EventLogError(f"Kafka does not change the topic {name}: {told}")


def _notes(count: int, partitions: int) -> tuple[str, ...]:
    if count == partitions:
        return ()
    return (
        f"it has {count} partitions and not {partitions}; that is left so, as keys would move and lose their order",
    )
