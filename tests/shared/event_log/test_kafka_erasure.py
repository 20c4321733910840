"""Erased bytes leave the broker's own files, also where nobody writes any more."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition

from shared.event_log import open_event_log
from shared.event_log.kafka_pulse import PULSE_HEADER, PULSE_KEY, SkippedPulses
from shared.event_log.kafka_topics import TOPIC_CONFIGS
from shared.event_log.port import EventLog, Message
from tests.plugins.kafka_broker import KafkaBroker

WAIT = 200.0
SHORTENED = {
    "segment.ms": "1000",
    "max.compaction.lag.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "0",
    "file.delete.delay.ms": "0",
}
PARTITIONS = 2


@pytest.fixture
def topic(kafka_broker: KafkaBroker, topic_prefix: str) -> str:
    """A topic of ours on which hours are seconds."""
    name = f"{topic_prefix}.companies"
    admin = KafkaAdminClient(bootstrap_servers=kafka_broker.server)
    try:
        options = {
            "num_partitions": PARTITIONS,
            "replication_factor": 1,
            "configs": {**TOPIC_CONFIGS, **SHORTENED},
        }
        admin.create_topics({name: options}, wait_for_metadata=True)
    finally:
        admin.close()
    return name


def holding(broker: KafkaBroker, topic: str, canary: bytes) -> list[Path]:
    """The broker's files of a topic, those on their way out included, in which some bytes stand."""
    found = []
    for file in (broker.folder / "data").glob(f"{topic}-*/*"):
        try:
            if canary in file.read_bytes():
                found.append(file)
        except FileNotFoundError:
            continue
    return found


def publish(log: EventLog, *messages: Message) -> None:
    publisher = log.publisher("test")
    assert len(publisher.publish(messages, 20.0)) == len(messages)
    publisher.close()


def test_an_erased_value_leaves_the_brokers_files_though_nobody_writes_again(
    kafka_broker: KafkaBroker, topic: str, topic_prefix: str
) -> None:
    canary = uuid.uuid4().hex.encode()
    with open_event_log(kafka_broker.url, topic_prefix) as log:
        publish(log, Message("companies", "c-1", canary, ()), Message("companies", "c-2", b"{}", ()))
        assert holding(kafka_broker, topic, canary)
        publish(log, Message("companies", "c-1", None, ()))
        deadline = time.monotonic() + WAIT
        while holding(kafka_broker, topic, canary):
            assert time.monotonic() < deadline, "the erased bytes are still in the broker's files"
            log.pulse(["companies"], 1.0)
            time.sleep(0.5)
        subscriber = log.subscriber("rebuilt", ["companies"])
        keys: set[str] = set()
        while "c-2" not in keys:
            assert time.monotonic() < deadline
            keys |= {record.key for record in subscriber.poll(0.5, 100)}
        subscriber.close()
    assert PULSE_KEY.decode() not in keys


def test_only_what_is_idle_pulses_and_once(kafka_broker: KafkaBroker, topic_prefix: str) -> None:
    with open_event_log(kafka_broker.url, topic_prefix) as log:
        log.apply_topics(["companies"])
        assert log.pulse(["companies"], 0) == 0, "an empty partition has nothing to lose"
        publish(log, Message("companies", "c-1", b"{}", ()))
        assert log.pulse(["companies"], 3600) == 0, "it has just been written to"
        assert log.pulse(["companies"], 0) == 1
        assert log.pulse(["companies"], 3600) == 0, "the pulse of another process is enough"


class Read:
    """A record as kafka-python gives it."""

    def __init__(self, offset: int, pulse: bool = False) -> None:
        self.offset = offset
        self.key = PULSE_KEY if pulse else b"c-1"
        self.headers = [(PULSE_HEADER, b"1")] if pulse else []


PLACE = TopicPartition("companies", 0)


def test_a_pulse_is_committed_once_all_before_it_is_handled() -> None:
    pulses = SkippedPulses()
    handed_out = pulses.sift(PLACE, [Read(3), Read(4), Read(5, pulse=True), Read(6, pulse=True)])
    assert [one.offset for one in handed_out] == [3, 4]
    assert pulses.ends() == {}
    assert pulses.end_of_commit(PLACE, 4) == 4, "the record at 4 is not handled yet"
    assert pulses.end_of_commit(PLACE, 5) == 7


def test_pulses_alone_are_committed_at_once() -> None:
    pulses = SkippedPulses()
    assert pulses.sift(PLACE, [Read(3, pulse=True)]) == []
    assert pulses.ends() == {PLACE: 4}
    pulses.forget([PLACE])
    assert pulses.ends() == {}


def test_a_partition_that_is_read_again_forgets_the_pulses_after_it() -> None:
    pulses = SkippedPulses()
    pulses.sift(PLACE, [Read(3), Read(4, pulse=True)])
    pulses.read_again(PLACE)
    pulses.sift(PLACE, [Read(3)])
    assert pulses.end_of_commit(PLACE, 4) == 4
    pulses.sift(PLACE, [Read(4), Read(5), Read(6, pulse=True)])
    pulses.sift(PLACE, [Read(4)])  # moved away and back, to where it was committed
    assert pulses.end_of_commit(PLACE, 5) == 5, "the record at 5 would be skipped"
