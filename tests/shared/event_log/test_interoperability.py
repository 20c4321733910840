"""Other Kafka clients read what we write, and what they write has its effect: librdkafka's, and kcat where it is."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer as OtherConsumer
from confluent_kafka import Producer as OtherProducer

from shared.event_log import open_event_log
from shared.event_log.kafka_pulse import PULSE_HEADER, PULSE_KEY
from shared.event_log.port import EventLog
from shared.events.envelope import to_message
from tests.plugins.kafka_broker import KafkaBroker
from tests.shared.conftest import Service

WAIT = 200.0
STATE = {"name": "Åkerö Diagnostik", "status": "active", "updated_at": "2026-03-02T08:00:00Z"}


def state(key: str, version: int) -> dict[str, Any]:
    return {"id": key, "version": version, **STATE}


def headers(key: str, version: int, kind: str = "company.created") -> dict[str, str]:
    """The headers of a CloudEvent in Kafka's binary mode, as any SDK writes them."""
    return {
        "ce_specversion": "1.0",
        "ce_id": f"{key}:{version}",
        "ce_type": kind,
        "ce_source": "/handslag/profiles/companies",
        "ce_time": "2026-03-02T08:00:00Z",
        "ce_subject": key,
        "ce_aggregateversion": str(version),
        "content-type": "application/json",
    }


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One engine is enough here: the clients differ, not the databases."""
    return f"sqlite:///{tmp_path}/service.sqlite"


@pytest.fixture
def log(kafka_broker: KafkaBroker, topic_prefix: str) -> Iterator[EventLog]:
    with open_event_log(kafka_broker.url, topic_prefix) as one:
        one.apply_topics(["companies"], partitions=5)
        yield one


@pytest.fixture
def kafka_service(service: Service, log: EventLog) -> Service:
    """The tests' own service, its consumer on Kafka."""
    return replace(service, log=log)


def read_by_another(server: str, topic: str, count: int) -> list[Any]:
    """Read by librdkafka until `count` records have come."""
    consumer = OtherConsumer(
        {"bootstrap.servers": server, "group.id": f"{topic}-other", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    found: list[Any] = []
    deadline = time.monotonic() + WAIT
    while len(found) < count:
        assert time.monotonic() < deadline, f"librdkafka read only {len(found)} of {count}"
        read = consumer.poll(0.5)
        if read is not None and read.error() is None:
            found.append(read)
    consumer.close()
    return found


def write_by_another(server: str, topic: str, partitioner: str, *events: tuple[str, int]) -> dict[str, int]:
    """Write by librdkafka, and tell which partition each key came to."""
    partitions: dict[str, int] = {}

    def noted(error: Any, written: Any) -> None:
        assert error is None, error
        partitions[written.key().decode()] = written.partition()

    producer = OtherProducer({"bootstrap.servers": server, "partitioner": partitioner})
    for key, version in events:
        value = json.dumps(state(key, version), ensure_ascii=False).encode()
        producer.produce(
            topic, key=key, value=value, headers=list(headers(key, version).items()), on_delivery=noted
        )
    assert producer.flush(WAIT) == 0
    return partitions


def handled(service: Service, count: int) -> list[str]:
    """Consume until so many effects are there, and give them."""
    consumer = service.consumer()
    deadline = time.monotonic() + WAIT
    while len(service.had_effect()) < count:
        assert time.monotonic() < deadline, f"only {service.had_effect()} had their effect"
        consumer.consume_once(0.5)
    consumer.close()
    return service.had_effect()


def test_another_client_reads_key_headers_and_json(
    kafka_broker: KafkaBroker, topic_prefix: str, kafka_service: Service
) -> None:
    company = kafka_service.company("company-å", 1, name="Åkerö Diagnostik")
    kafka_service.publish(company, kafka_service.erased("company-å", 2))
    written, erased = read_by_another(kafka_broker.server, f"{topic_prefix}.companies", 2)
    assert written.key().decode() == "company-å"
    assert json.loads(written.value())["name"] == "Åkerö Diagnostik"
    found = {name: value.decode() for name, value in written.headers()}
    expected = headers("company-å", 1)
    assert found.pop("ce_time")[:19] == expected.pop("ce_time")[:19]
    assert found == expected
    assert (erased.key().decode(), erased.value()) == ("company-å", None)


def test_another_client_can_tell_a_pulse(
    kafka_broker: KafkaBroker, topic_prefix: str, kafka_service: Service
) -> None:
    kafka_service.publish(kafka_service.company())
    kafka_service.log.pulse(["companies"], 0)
    (pulse,) = [
        one for one in read_by_another(kafka_broker.server, f"{topic_prefix}.companies", 2) if not one.value()
    ]
    assert pulse.key() == PULSE_KEY
    assert [name for name, _ in pulse.headers()] == [PULSE_HEADER]


def test_keys_have_the_same_partition_with_the_partitioner_that_java_has(
    kafka_broker: KafkaBroker, topic_prefix: str, kafka_service: Service
) -> None:
    keys = [f"company-{n}" for n in range(30)]
    topic = f"{topic_prefix}.companies"
    theirs = write_by_another(kafka_broker.server, topic, "murmur2_random", *((key, 1) for key in keys))
    kafka_service.publish(*(kafka_service.company(key, 2) for key in keys))
    partitions: dict[str, set[int]] = {key: set() for key in keys}
    for read in read_by_another(kafka_broker.server, topic, 2 * len(keys)):
        partitions[read.key().decode()].add(read.partition())
    assert partitions == {key: {partition} for key, partition in theirs.items()}


def test_what_another_client_writes_has_its_effect(
    kafka_broker: KafkaBroker, topic_prefix: str, kafka_service: Service
) -> None:
    topic = f"{topic_prefix}.companies"
    write_by_another(kafka_broker.server, topic, "murmur2_random", ("c-1", 1), ("c-1", 2), ("c-2", 1))
    assert sorted(handled(kafka_service, 3)) == ["c-1:1", "c-1:2", "c-2:1"]


@pytest.fixture
def kcat(kafka_broker: KafkaBroker) -> Callable[..., str]:
    """Runs kcat against the broker."""
    assert shutil.which("kcat"), "kcat is not installed: apt-get install -y kcat"

    def run(*arguments: str, text: str = "") -> str:
        command = ["kcat", "-b", kafka_broker.server, "-X", "broker.address.family=v4", *arguments]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=WAIT, check=True)
        return done.stdout

    return run


def test_kcat_reads_what_we_write_and_what_it_writes_has_its_effect(
    kcat: Callable[..., str], topic_prefix: str, kafka_service: Service
) -> None:
    topic = f"{topic_prefix}.companies"
    message = to_message(kafka_service.company("c-1", 1))
    kafka_service.publish(message)
    read = json.loads(kcat("-C", "-t", topic, "-e", "-q", "-J"))
    assert (read["key"], json.loads(read["payload"])["id"]) == ("c-1", "c-1")
    assert dict(zip(read["headers"][::2], read["headers"][1::2], strict=True))["ce_id"] == "c-1:1"
    named = [part for name, value in headers("c-2", 1).items() for part in ("-H", f"{name}={value}")]
    kcat("-P", "-t", topic, "-k", "c-2", *named, text=json.dumps(state("c-2", 1)))
    assert sorted(handled(kafka_service, 2)) == ["c-1:1", "c-2:1"]
