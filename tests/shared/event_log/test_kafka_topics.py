"""Topics on Kafka are made as they must be, mended where they are not, and left alone where that would hurt."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from shared.event_log import open_event_log
from shared.event_log.kafka_topics import MESSAGE_BYTES, TOPIC_CONFIGS
from shared.event_log.port import EventLog, EventLogError
from tests.plugins.kafka_broker import KafkaBroker

WAIT = 200.0


@pytest.fixture
def log(kafka_broker: KafkaBroker, topic_prefix: str) -> Iterator[EventLog]:
    with open_event_log(kafka_broker.url, topic_prefix) as one:
        yield one


@pytest.fixture
def admin(kafka_broker: KafkaBroker) -> Iterator[Any]:
    client = KafkaAdminClient(bootstrap_servers=kafka_broker.server)
    yield client
    client.close()


def make(
    admin: Any, topic: str, partitions: int = 3, configs: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Make a topic as somebody else would."""
    options = {"num_partitions": partitions, "replication_factor": 1, "configs": {**TOPIC_CONFIGS, **configs}}
    admin.create_topics({topic: options}, wait_for_metadata=True)


def configs_of(admin: Any, topic: str) -> dict[str, str]:
    described = admin.describe_configs([ConfigResource("topic", topic)], config_filter="all")["topic"][topic]
    return {name: one["value"] for name, one in described.items()}


def test_a_new_topic_is_compacted_within_the_promised_time(
    log: EventLog, admin: Any, topic_prefix: str
) -> None:
    (state,) = log.settle_topics(["companies"], partitions=2)
    assert (state.outcome, state.partitions, state.differences) == ("created", 2, ())
    assert TOPIC_CONFIGS.items() <= configs_of(admin, f"{topic_prefix}.companies").items()


@pytest.mark.parametrize(
    ("config", "value", "mended"),
    [
        ("cleanup.policy", "delete", "compact"),
        ("cleanup.policy", "compact,delete", "compact"),
        ("segment.ms", "604800000", TOPIC_CONFIGS["segment.ms"]),
        ("max.compaction.lag.ms", "604800000", TOPIC_CONFIGS["max.compaction.lag.ms"]),
        ("delete.retention.ms", "604800000", TOPIC_CONFIGS["delete.retention.ms"]),
        ("max.message.bytes", "500000", str(MESSAGE_BYTES)),
    ],
)
def test_what_breaks_a_promise_is_shown_by_a_check_and_mended_without_one(
    log: EventLog, admin: Any, topic_prefix: str, config: str, value: str, mended: str
) -> None:
    topic = f"{topic_prefix}.companies"
    make(admin, topic, configs={config: value})
    (checked,) = log.settle_topics(["companies"], change=False)
    assert checked.outcome == "differs"
    assert checked.differences == (f"{config} is {value} and must be {mended}",)
    assert configs_of(admin, topic)[config] == value, "a check changes nothing"
    (settled,) = log.settle_topics(["companies"])
    assert (settled.outcome, settled.differences) == ("changed", checked.differences)
    deadline = time.monotonic() + WAIT
    while configs_of(admin, topic)[config] != mended:  # a broker says yes a moment before it shows the change
        assert time.monotonic() < deadline, configs_of(admin, topic)[config]
        time.sleep(0.05)
    assert log.settle_topics(["companies"])[0].outcome == "kept"


def test_what_is_stricter_than_ours_is_left(log: EventLog, admin: Any, topic_prefix: str) -> None:
    short = {"segment.ms": "60000", "max.message.bytes": "2000000"}
    make(admin, f"{topic_prefix}.companies", configs=short)
    assert log.settle_topics(["companies"])[0].outcome == "kept"
    assert configs_of(admin, f"{topic_prefix}.companies")["segment.ms"] == "60000"


@pytest.mark.parametrize("partitions", [1, 5])
def test_partitions_are_neither_made_fewer_nor_more(
    log: EventLog, admin: Any, topic_prefix: str, partitions: int
) -> None:
    make(admin, f"{topic_prefix}.companies", partitions)
    (state,) = log.settle_topics(["companies"])
    assert (state.outcome, state.partitions) == ("kept", partitions)
    assert "keys would move" in state.notes[0]
    assert len(admin.describe_topics([f"{topic_prefix}.companies"])[0]["partitions"]) == partitions


def test_more_copies_than_there_are_brokers_is_told(log: EventLog) -> None:
    with pytest.raises(EventLogError, match=r"[Rr]eplication"):
        log.settle_topics(["companies"], replication=2)


def test_a_config_that_the_broker_refuses_is_told(
    log: EventLog, admin: Any, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(admin, f"{topic_prefix}.companies")
    monkeypatch.setitem(TOPIC_CONFIGS, "segment.ms", "-1")
    with pytest.raises(EventLogError, match=r"does not change the topic .*segment.ms"):
        log.settle_topics(["companies"])
