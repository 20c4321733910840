"""What only the Kafka log has to show: brokers that are away, die and come back."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from shared.event_log import open_event_log
from shared.event_log.port import LogUnavailableError, Message, Record
from tests.plugins.kafka_broker import KafkaBroker, OwnBroker

WAIT = 200.0


def message(key: str, value: str) -> Message:
    return Message("companies", key, value.encode(), (("ce_id", value.encode()),))


def test_nothing_needs_the_broker_to_be_there_yet(topic_prefix: str) -> None:
    threads = threading.active_count()
    with open_event_log("kafka://127.0.0.1:1", topic_prefix) as log:
        publisher = log.publisher("test")
        with pytest.raises(LogUnavailableError, match=r"no Kafka broker answers at 127\.0\.0\.1:1"):
            publisher.publish([message("c-1", "1")], 0.5)
        subscriber = log.subscriber("matching", ["companies"])
        assert subscriber.poll(0.5, 10) == []
        subscriber.commit([Record("companies", 0, 0, "c-1", b"", (), 0)])
        with pytest.raises(LogUnavailableError):
            log.lag("matching", ["companies"])
        publisher.close()
        subscriber.close()
    deadline = time.monotonic() + 200
    while threading.active_count() > threads:
        assert time.monotonic() < deadline, "clients that failed to open left threads behind"
        time.sleep(0.05)


def test_a_missing_topic_is_said_with_the_command_that_makes_it(
    kafka_broker: KafkaBroker, topic_prefix: str
) -> None:
    with open_event_log(kafka_broker.url, topic_prefix) as log:
        publisher = log.publisher("test")
        with pytest.raises(LogUnavailableError, match="handslag topics apply"):
            publisher.publish([message("c-1", "1")], 1.0)
        log.apply_topics(["companies"])
        deadline = time.monotonic() + WAIT
        while True:
            try:
                assert publisher.publish([message("c-1", "1")], 5.0) == [0]
                break
            except LogUnavailableError:
                assert time.monotonic() < deadline
        publisher.close()


def test_topics_are_compacted(kafka_broker: KafkaBroker, topic_prefix: str) -> None:
    with open_event_log(kafka_broker.url, topic_prefix) as log:
        log.apply_topics(["companies"], partitions=2)
    admin = KafkaAdminClient(bootstrap_servers=kafka_broker.server)
    try:
        name = f"{topic_prefix}.companies"
        (described,) = admin.describe_topics([name])
        configs = str(admin.describe_configs([ConfigResource("topic", name)]))
    finally:
        admin.close()
    assert len(described["partitions"]) == 2
    assert "compact" in configs


def test_a_broker_that_is_killed_and_comes_back_loses_and_doubles_nothing(
    mortal_broker: OwnBroker, topic_prefix: str
) -> None:
    with open_event_log(mortal_broker.url, topic_prefix) as log:
        log.apply_topics(["companies"])
        publisher = log.publisher("test")
        subscriber = log.subscriber("matching", ["companies"])
        messages = [message(f"c-{n % 5}", str(n)) for n in range(300)]
        left = messages[:]
        records: list[Record] = []
        deadline = time.monotonic() + WAIT

        def send(timeout: float) -> None:
            nonlocal left
            taken = set(publisher.publish(left, timeout))
            left = [one for index, one in enumerate(left) if index not in taken]

        left, later = messages[:100], messages[100:]
        while left:
            send(5.0)
        while len(records) < 50:
            records += subscriber.poll(0.5, 50 - len(records))
        mortal_broker.kill()
        left += later
        send(1.0)
        assert left, "nothing can be acknowledged while the broker is dead"
        records += subscriber.poll(0.2, 1000)
        mortal_broker.start()
        while left:
            assert time.monotonic() < deadline, f"{len(left)} messages were never acknowledged"
            send(5.0)
        while len(records) < len(messages):
            assert time.monotonic() < deadline, f"only {len(records)} records came"
            records += subscriber.poll(0.5, 1000)
        records += subscriber.poll(0.5, 1000)
        subscriber.commit(records)
        publisher.close()
        subscriber.close()
    assert sorted(record.value or b"" for record in records) == sorted(one.value or b"" for one in messages)
    for key in {one.key for one in messages}:
        mine = [record.value for record in records if record.key == key]
        assert mine == [one.value for one in messages if one.key == key]


def test_a_commit_while_the_broker_is_away_says_so_and_is_made_up_for(
    mortal_broker: OwnBroker, topic_prefix: str
) -> None:
    with open_event_log(mortal_broker.url, topic_prefix) as log:
        log.apply_topics(["companies"])
        publisher = log.publisher("test")
        assert publisher.publish([message("c-1", "1")], 10.0) == [0]
        publisher.close()
        subscriber = log.subscriber("matching", ["companies"])
        records: list[Record] = []
        deadline = time.monotonic() + WAIT
        while not records:
            assert time.monotonic() < deadline
            records = subscriber.poll(0.5, 10)
        mortal_broker.stop()
        with pytest.raises(LogUnavailableError):
            subscriber.commit(records)
        mortal_broker.start()
        made_up = False
        while not made_up:
            assert time.monotonic() < deadline, "the commit was never made up for"
            subscriber.poll(0.2, 10)
            with suppress(LogUnavailableError):
                subscriber.commit(records)
                made_up = log.lag("matching", ["companies"]) == 0
        subscriber.close()
