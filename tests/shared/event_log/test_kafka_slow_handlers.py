"""A handler that takes longer than the group waits for it: another member comes in, and effects stay once, in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.engine import Connection

from shared.event_log import open_event_log
from shared.event_log.kafka_options import KafkaOptions
from shared.events.event import Event
from tests.plugins.kafka_broker import KafkaBroker
from tests.shared.conftest import Service

WAIT = 200.0
SHORTENED = KafkaOptions(max_poll_interval_ms=5000, session_timeout_ms=5000)
VERSIONS = 6


@pytest.fixture
def impatient_service(service: Service, kafka_broker: KafkaBroker, topic_prefix: str) -> Service:
    """The tests' own service, in a group whose members have five seconds for their records."""
    log = open_event_log(kafka_broker.url, topic_prefix, kafka=SHORTENED)
    log.apply_topics(["companies"])
    return replace(service, log=log)


def wait_until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT
    while not reached():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_effects_stay_once_and_in_order_when_a_handler_outlives_its_membership(
    impatient_service: Service,
) -> None:
    service = impatient_service
    service.publish(*(service.company("c-1", version) for version in range(1, VERSIONS + 1)))
    started, released, stop = threading.Event(), threading.Event(), threading.Event()

    def slow(connection: Connection, event: Event) -> None:
        if not started.is_set():
            started.set()
            released.wait(WAIT)
        service.handle(connection, event)

    slow_consumer, quick_consumer = service.consumer(handlers={"companies": slow}), service.consumer()
    threads = [
        threading.Thread(target=one.run, args=(stop,), daemon=True) for one in (slow_consumer, quick_consumer)
    ]
    try:
        threads[0].start()
        assert started.wait(WAIT), "the slow handler never got the record"
        other = service.log.subscriber("matching", ["companies"])
        wait_until(lambda: bool(other.poll(0.5, 10)), "the group never gave the records to another member")
        other.close()
        threads[1].start()
        released.set()
        expected = [f"c-1:{version}" for version in range(1, VERSIONS + 1)]
        wait_until(lambda: len(service.had_effect()) >= VERSIONS, "not every version had its effect")
        service.publish(service.company("c-1", VERSIONS + 1))
        wait_until(lambda: len(service.had_effect()) >= VERSIONS + 1, "consuming does not go on")
    finally:
        released.set()
        stop.set()
    for thread in threads:
        thread.join(WAIT)
        assert not thread.is_alive()
    assert service.had_effect() == [*expected, f"c-1:{VERSIONS + 1}"]
