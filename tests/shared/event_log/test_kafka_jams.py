"""A producer that is jammed, a broker that is away for long: publishing goes on, in order, capped, and ends in time."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

import pytest
from kafka import KafkaAdminClient

from shared.event_log import open_event_log
from shared.event_log.kafka_options import KafkaOptions
from shared.event_log.kafka_publisher import GRACE_SECONDS, MAX_IN_FLIGHT, KafkaPublisher
from shared.event_log.port import EventLog, LogUnavailableError, Message, Publisher, Record
from tests.plugins.kafka_broker import OwnBroker
from tests.standing_still import stop_still

WAIT = 200.0
SHORTENED = KafkaOptions(request_timeout_ms=1500, delivery_timeout_ms=2000)


def messages(count: int, keys: int = 5, size: int = 1) -> list[Message]:
    return [Message("companies", f"c-{n % keys}", str(n).zfill(size).encode(), ()) for n in range(count)]


def publish_all(publisher: Publisher, left: Sequence[Message], timeout: float = 1.0) -> None:
    """Publish as the relay does: again and again, with what is left."""
    deadline = time.monotonic() + WAIT
    while left:
        assert time.monotonic() < deadline, f"{len(left)} messages were never acknowledged"
        with suppress(LogUnavailableError):
            taken = set(publisher.publish(left, timeout))
            left = [one for index, one in enumerate(left) if index not in taken]


def wait_until(moment: float) -> None:
    """Let a limit of the code under test pass: a moment of the monotonic clock."""
    threading.Event().wait(max(0.0, moment - time.monotonic()))


def read_all(log: EventLog, count: int) -> list[Record]:
    """Read until `count` different values have come."""
    subscriber = log.subscriber("reader", ["companies"])
    records: list[Record] = []
    deadline = time.monotonic() + WAIT
    while len({record.value for record in records}) < count:
        assert time.monotonic() < deadline, f"only {len(records)} records came"
        records += subscriber.poll(0.5, 1000)
    subscriber.close()
    return records


def test_a_broker_that_is_away_for_longer_than_a_batch_may_wait_loses_nothing(
    mortal_broker: OwnBroker, topic_prefix: str
) -> None:
    sent = messages(300)
    with open_event_log(mortal_broker.url, topic_prefix, kafka=SHORTENED) as log:
        log.apply_topics(["companies"])
        publisher = log.publisher("test")
        publish_all(publisher, sent[:50])
        stop_still(mortal_broker.pid)  # so that a batch is on its way when the broker dies
        assert publisher.publish(sent[50:], 0.3) == []
        mortal_broker.kill()
        given_up = False
        deadline = time.monotonic() + WAIT
        while not given_up:
            assert time.monotonic() < deadline, "the batch never expired"
            try:
                publisher.publish(sent[50:], 0.5)
            except LogUnavailableError:
                given_up = True
        mortal_broker.start()
        publish_all(publisher, sent[50:])
        publisher.close()
        records = read_all(log, len(sent))
    for key in {one.key for one in sent}:
        appeared = list(dict.fromkeys(record.value for record in records if record.key == key))
        assert appeared == [one.value for one in sent if one.key == key]


def test_a_producer_that_gets_nothing_acknowledged_though_the_broker_answers_is_made_anew(
    mortal_broker: OwnBroker, topic_prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "shared.event_log")
    options = KafkaOptions(request_timeout_ms=1000)
    with open_event_log(mortal_broker.url, topic_prefix, kafka=options) as log:
        log.apply_topics(["companies"])
        publisher = log.publisher("test")
        publish_all(publisher, messages(1))
        admin = KafkaAdminClient(bootstrap_servers=mortal_broker.server)
        admin.delete_topics(
            [f"{topic_prefix}.companies"]
        )  # to which no answer of the broker ever puts an end
        deadline = time.monotonic() + WAIT
        while f"{topic_prefix}.companies" in admin.list_topics():
            assert time.monotonic() < deadline, "the broker knows the topic still"
            time.sleep(0.05)
        admin.close()
        while not any("a new producer" in one.getMessage() for one in caplog.records):
            assert time.monotonic() < deadline, "the jam was never seen"
            with suppress(LogUnavailableError):
                assert publisher.publish(messages(10), 0.5) == []
        log.apply_topics(["companies"])
        publish_all(publisher, messages(10))
        publisher.close()
        assert len({record.value for record in read_all(log, 10)}) == 10


def test_what_nobody_asks_for_any_more_is_not_sent_after_what_another_sent(
    mortal_broker: OwnBroker, topic_prefix: str
) -> None:
    with open_event_log(mortal_broker.url, topic_prefix) as log:
        log.apply_topics(["companies"])
        publisher, other = log.publisher("stopped"), log.publisher("other")
        publish_all(publisher, messages(1))
        mortal_broker.kill()
        late = [Message("companies", "c-0", b"old", ())]
        with suppress(LogUnavailableError):
            assert publisher.publish(late, 0.1) == []
        held_back_from = time.monotonic() + GRACE_SECONDS
        mortal_broker.start()
        wait_until(held_back_from)
        publish_all(other, [Message("companies", "c-0", str(n).encode(), ()) for n in range(1, 20)], 2.0)
        assert [one.value for one in read_all(log, 20)] == [str(n).encode() for n in range(20)]
        publish_all(publisher, late)
        publisher.close()
        other.close()


def test_what_is_on_its_way_is_capped_and_closing_takes_seconds_while_the_broker_stands_still(
    mortal_broker: OwnBroker, topic_prefix: str
) -> None:
    many = messages(3 * MAX_IN_FLIGHT, size=200)
    with open_event_log(mortal_broker.url, topic_prefix) as log:
        log.apply_topics(["companies"])
        publisher = log.publisher("to-be-given-up")
        assert isinstance(publisher, KafkaPublisher)
        publish_all(publisher, many[:1])
        subscriber = log.subscriber("matching", ["companies"])
        deadline = time.monotonic() + WAIT
        while not subscriber.poll(0.5, 10):
            assert time.monotonic() < deadline
        stop_still(mortal_broker.pid)
        try:
            for _ in range(5):
                with suppress(LogUnavailableError):
                    assert publisher.publish(many, 0.2) == []
                assert publisher.in_flight() <= MAX_IN_FLIGHT
            assert publisher.in_flight() == MAX_IN_FLIGHT
            started = time.monotonic()
            publisher.close()
            subscriber.close()
            assert time.monotonic() - started < 30, "a stop waits for nobody longer than this"
            while any(one.name.startswith("to-be-given-up") for one in threading.enumerate()):
                assert time.monotonic() < deadline, (
                    "a producer that was given up goes on, and would send later"
                )
                time.sleep(0.05)
        finally:
            os.kill(mortal_broker.pid, signal.SIGCONT)
