"""What every event log promises; the same tests run over the embedded one and over a real Kafka broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from shared.event_log.partitioning import partition_of
from shared.event_log.port import (
    MAX_VALUE_BYTES,
    EventLog,
    GroupInUseError,
    LogUnavailableError,
    Message,
    MessageRefusedError,
    Record,
    Subscriber,
)

OpenLog = Callable[[], EventLog]
WAIT = 200.0


def message(key: str, value: bytes | None = b"{}", topic: str = "companies") -> Message:
    return Message(topic, key, value, (("ce_id", f"{key}:1".encode()), ("content-type", b"application/json")))


def publish(log: EventLog, messages: Sequence[Message]) -> None:
    publisher = log.publisher("test")
    try:
        left = list(messages)
        deadline = time.monotonic() + WAIT
        while left:
            assert time.monotonic() < deadline, "the log did not take the messages"
            taken = set(publisher.publish(left, 5.0))
            left = [one for index, one in enumerate(left) if index not in taken]
    finally:
        publisher.close()


@contextmanager
def joined(
    log: EventLog, group: str = "matching", topics: Sequence[str] = ("companies",)
) -> Iterator[Subscriber]:
    subscriber = log.subscriber(group, topics)
    try:
        yield subscriber
    finally:
        subscriber.close()


def read(subscriber: Subscriber, count: int) -> list[Record]:
    """Poll until `count` records have come."""
    records: list[Record] = []
    deadline = time.monotonic() + WAIT
    while len(records) < count:
        assert time.monotonic() < deadline, f"only {len(records)} of {count} records came"
        records += subscriber.poll(0.5, count - len(records))
    return records


def quiet(subscriber: Subscriber, seconds: float = 1.5) -> list[Record]:
    """What comes within some time: to show that nothing comes."""
    return subscriber.poll(seconds, 100)


def test_topics_are_created_once(log: EventLog) -> None:
    assert log.apply_topics(["companies", "partners"]) == ["companies", "partners"]
    assert log.apply_topics(["companies", "visits"]) == ["visits"]


def test_settling_topics_tells_what_was_done(log: EventLog) -> None:
    log.apply_topics(["companies"], partitions=2)
    topics = ["companies", "visits"]
    checked = {one.topic: (one.outcome, one.partitions) for one in log.settle_topics(topics, 2, change=False)}
    assert checked == {"companies": ("kept", 2), "visits": ("missing", 0)}
    settled = {one.topic: (one.outcome, one.partitions) for one in log.settle_topics(topics, 2)}
    assert settled == {"companies": ("kept", 2), "visits": ("created", 2)}
    assert {one.outcome for one in log.settle_topics(topics, 2)} == {"kept"}


def test_a_pulse_is_nothing_to_its_readers_and_no_lag(log: EventLog) -> None:
    log.apply_topics(["companies"])
    publish(log, [message(f"c-{n}") for n in range(10)])
    with joined(log) as subscriber:
        records = read(subscriber, 10)
        log.pulse(["companies"], 0)
        assert quiet(subscriber) == []
        subscriber.commit(records)
        assert quiet(subscriber, 0.5) == []
        assert log.lag("matching", ["companies"]) == 0
        log.pulse(["companies"], 0)
        assert quiet(subscriber) == []
        deadline = time.monotonic() + WAIT
        while log.lag("matching", ["companies"]):
            assert time.monotonic() < deadline, "pulses count as lag"
            assert quiet(subscriber, 0.2) == []
        publish(log, [message("c-1", b"[]")])
        assert [record.value for record in read(subscriber, 1)] == [b"[]"]


def test_a_missing_topic_cannot_pulse(log: EventLog) -> None:
    with pytest.raises(LogUnavailableError, match="handslag topics apply"):
        log.pulse(["companies"], 0)


def test_what_is_published_is_read_byte_for_byte(log: EventLog) -> None:
    log.apply_topics(["companies"])
    sent = Message(
        "companies", "å-1", b'{"name":"\xc3\x85"}\x00\xff', (("ce_id", b"\x00\xff"), ("empty", b""))
    )
    publish(log, [sent])
    with joined(log) as subscriber:
        (record,) = read(subscriber, 1)
    assert (record.topic, record.key, record.value, record.headers) == (
        sent.topic,
        sent.key,
        sent.value,
        sent.headers,
    )
    assert abs(record.timestamp_ms / 1000 - time.time()) < 300


def test_a_tombstone_is_read_as_no_value(log: EventLog) -> None:
    log.apply_topics(["companies"])
    publish(log, [message("c-1"), message("c-1", None)])
    with joined(log) as subscriber:
        assert [record.value for record in read(subscriber, 2)] == [b"{}", None]


def test_order_is_kept_per_key_and_offsets_grow(log: EventLog) -> None:
    log.apply_topics(["companies"])
    sent = [message(f"c-{n % 7}", str(n).encode()) for n in range(200)]
    publish(log, sent)
    with joined(log) as subscriber:
        records = read(subscriber, len(sent))
    for key in {one.key for one in sent}:
        mine = [record for record in records if record.key == key]
        assert [record.value for record in mine] == [one.value for one in sent if one.key == key]
        assert len({record.partition for record in mine}) == 1
    for partition in {record.partition for record in records}:
        offsets = [record.offset for record in records if record.partition == partition]
        assert offsets == sorted(set(offsets))


def test_a_key_sits_in_the_partition_that_every_kafka_client_puts_it_in(log: EventLog) -> None:
    log.apply_topics(["companies"], partitions=5)
    publish(log, [message(f"company-{n}") for n in range(40)])
    with joined(log) as subscriber:
        for record in read(subscriber, 40):
            assert record.partition == partition_of(record.key.encode(), 5)


def test_a_poll_returns_no_more_than_asked_for_and_loses_nothing(log: EventLog) -> None:
    log.apply_topics(["companies", "partners"])
    publish(log, [message(f"k-{n}", topic=topic) for n in range(30) for topic in ("companies", "partners")])
    seen: list[Record] = []
    with joined(log, topics=["companies", "partners"]) as subscriber:
        deadline = time.monotonic() + WAIT
        while len(seen) < 60 and time.monotonic() < deadline:
            found = subscriber.poll(0.5, 7)
            assert len(found) <= 7
            seen += found
        assert quiet(subscriber, 0.5) == []
    assert len({(one.topic, one.key) for one in seen}) == len(seen) == 60


def test_a_group_goes_on_where_it_committed(open_log: OpenLog) -> None:
    log = open_log()
    log.apply_topics(["companies"])
    publish(log, [message("c-1", str(n).encode()) for n in range(10)])
    with joined(log) as subscriber:
        subscriber.commit(read(subscriber, 10)[:4])
    with joined(open_log()) as subscriber:
        assert [record.value for record in read(subscriber, 6)] == [str(n).encode() for n in range(4, 10)]


def test_what_was_not_committed_is_read_again(log: EventLog) -> None:
    log.apply_topics(["companies"])
    publish(log, [message("c-1")])
    with joined(log) as subscriber:
        read(subscriber, 1)
    with joined(log) as subscriber:
        assert len(read(subscriber, 1)) == 1


def test_groups_do_not_disturb_each_other(log: EventLog) -> None:
    log.apply_topics(["companies"])
    publish(log, [message("c-1")])
    with joined(log, "matching") as one, joined(log, "notifications") as other:
        one.commit(read(one, 1))
        assert len(read(other, 1)) == 1


def test_seeking_back_reads_a_partition_again_from_there(log: EventLog) -> None:
    log.apply_topics(["companies"])
    publish(log, [message("c-1", str(n).encode()) for n in range(5)])
    with joined(log) as subscriber:
        records = read(subscriber, 5)
        subscriber.seek_back(records[2])
        assert [record.value for record in read(subscriber, 3)] == [b"2", b"3", b"4"]


def test_what_is_published_later_arrives_at_a_waiting_reader(log: EventLog) -> None:
    log.apply_topics(["companies"])
    with joined(log) as subscriber:
        assert quiet(subscriber, 0.2) == []
        publish(log, [message("c-1")])
        assert len(read(subscriber, 1)) == 1


def test_members_of_a_group_share_the_partitions(open_log: OpenLog) -> None:
    log = open_log()
    log.apply_topics(["companies"], partitions=4)
    with joined(log) as one, joined(open_log()) as other:
        keys = [f"c-{n}" for n in range(60)]
        seen: dict[str, set[str]] = {"one": set(), "other": set()}
        deadline = time.monotonic() + WAIT
        while not all(seen.values()):
            assert time.monotonic() < deadline, "one member never got a partition"
            publish(log, [message(key) for key in keys])
            for name, subscriber in (("one", one), ("other", other)):
                found = subscriber.poll(0.3, 200)
                subscriber.commit(found)
                seen[name] |= {record.key for record in found}
    assert seen["one"] | seen["other"] == set(keys)


def test_a_member_that_leaves_is_replaced_and_nothing_is_lost(open_log: OpenLog) -> None:
    log = open_log()
    log.apply_topics(["companies"], partitions=4)
    keys = {f"c-{n}" for n in range(40)}
    with joined(log) as stays:
        with joined(open_log()) as leaves:
            deadline = time.monotonic() + WAIT
            found: list[Record] = []
            while not found:
                assert time.monotonic() < deadline, "the second member never got a partition"
                publish(log, [message(key) for key in keys])
                stays.commit(stays.poll(0.3, 200))
                found = leaves.poll(0.3, 200)
        missing = {record.key for record in found}
        while missing:
            assert time.monotonic() < deadline, f"{missing} was not read again"
            missing -= {record.key for record in stays.poll(0.5, 200)}


def test_commits_of_a_member_that_lost_its_partitions_have_no_effect(open_log: OpenLog) -> None:
    log = open_log()
    log.apply_topics(["companies"])
    publish(log, [message("c-1")])
    lost = log.subscriber("matching", ["companies"])
    records = read(lost, 1)
    lost.close()
    with joined(open_log()) as holder:
        assert len(read(holder, 1)) == 1
        lost.commit(records)
    with joined(open_log()) as again:
        assert len(read(again, 1)) == 1


def test_a_group_that_is_rewound_reads_its_topics_from_the_beginning(open_log: OpenLog) -> None:
    log = open_log()
    log.apply_topics(["companies", "partners"])
    publish(log, [message(f"c-{n}") for n in range(20)] + [message("p-1", topic="partners")])
    topics = ["companies", "partners"]
    with joined(log, topics=topics) as subscriber, joined(log, "notifications") as other:
        subscriber.commit(read(subscriber, 21))
        other.commit(read(other, 20))
    open_log().rewind("matching", ["companies"])
    assert log.lag("matching", topics) == 20
    assert log.lag("notifications", ["companies"]) == 0
    with joined(open_log(), topics=topics) as subscriber:
        assert {record.key for record in read(subscriber, 20)} == {f"c-{n}" for n in range(20)}
        assert quiet(subscriber, 0.5) == []


def test_a_group_is_rewound_under_its_members_or_not_at_all(open_log: OpenLog) -> None:
    log = open_log()
    log.apply_topics(["companies"])
    publish(log, [message(f"c-{n}") for n in range(20)])
    with joined(log) as subscriber:
        records = read(subscriber, 20)
        subscriber.commit(records[:10])
        try:
            open_log().rewind("matching", ["companies"])
        except GroupInUseError:
            subscriber.commit(records)
            assert log.lag("matching", ["companies"]) == 0
            assert quiet(subscriber) == []
        else:
            subscriber.commit(records)
            assert log.lag("matching", ["companies"]) == 20
            assert {record.key for record in read(subscriber, 20)} == {f"c-{n}" for n in range(20)}


def test_a_group_that_has_read_nothing_may_be_rewound(log: EventLog) -> None:
    log.apply_topics(["companies"])
    publish(log, [message("c-1")])
    log.rewind("matching", ["companies"])
    assert log.lag("matching", ["companies"]) == 1


def test_a_group_is_not_rewound_in_a_topic_that_is_missing(log: EventLog) -> None:
    log.apply_topics(["companies"])
    with pytest.raises(LogUnavailableError, match="nothing"):
        log.rewind("matching", ["companies", "nothing"])


def test_lag_counts_what_a_group_has_not_handled(log: EventLog) -> None:
    log.apply_topics(["companies", "partners"])
    publish(log, [message(f"c-{n}") for n in range(5)] + [message("p-1", topic="partners")])
    assert log.lag("matching", ["companies", "partners"]) == 6
    with joined(log) as subscriber:
        subscriber.commit(read(subscriber, 5))
    assert log.lag("matching", ["companies", "partners"]) == 1


def test_a_message_that_is_too_large_is_refused_by_name_and_stops_no_other(log: EventLog) -> None:
    log.apply_topics(["companies"])
    publisher = log.publisher("test")
    too_large = message("c-2", b"x" * (MAX_VALUE_BYTES + 1))
    largest = message("c-3", bytes(range(256)) * (MAX_VALUE_BYTES // 256))
    with pytest.raises(MessageRefusedError, match="900001 bytes") as refused:
        publisher.publish([message("c-1"), too_large, largest], 5.0)
    assert refused.value.index == 1
    publisher.close()
    publish(log, [message("c-1"), largest])
    with joined(log) as subscriber:
        assert {record.key for record in read(subscriber, 2)} == {"c-1", "c-3"}


def test_a_message_without_a_key_is_refused(log: EventLog) -> None:
    log.apply_topics(["companies"])
    with pytest.raises(MessageRefusedError, match="needs a key"):
        log.publisher("test").publish([message("")], 5.0)


def test_the_same_message_sent_again_stands_there_twice(log: EventLog) -> None:
    log.apply_topics(["companies"])
    publish(log, [message("c-1"), message("c-1")])
    publish(log, [message("c-1")])
    with joined(log) as subscriber:
        assert len(read(subscriber, 3)) == 3
        assert quiet(subscriber, 0.5) == []
