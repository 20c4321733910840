"""The pulse: a record without a meaning, so that Kafka lets go of what was erased in a topic nobody writes to.

Kafka compacts closed segments only, and closes one only when something is written to its partition.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from kafka.errors import KafkaError

from shared.event_log.kafka_cluster import OPEN_SECONDS, KafkaCluster
from shared.event_log.kafka_producer import EndingProducer
from shared.event_log.port import LogUnavailableError

PULSE_KEY = b"handslag.pulse"
PULSE_HEADER = "handslag-pulse"
SEND_SECONDS = 10.0


def is_pulse(read: Any) -> bool:
    """Say whether a record, as kafka-python gives it, is a pulse."""
    return bool(read.key == PULSE_KEY) and any(name == PULSE_HEADER for name, _ in read.headers)


class SkippedPulses:
    """The pulses that a member of a group has not handed out, so that its group's lag counts none of them."""

    def __init__(self) -> None:
        self._ends: dict[Any, int] = {}
        self._handed_out: dict[Any, int] = {}

    def sift(self, place: Any, records: Sequence[Any]) -> list[Any]:
        """Return the records of a partition without the pulses among them."""
        if records and records[0].offset < self._ends.get(place, 0):
            del self._ends[place]  # the partition is read again from before that pulse
        sifted = []
        for one in records:
            if is_pulse(one):
                self._ends[place] = one.offset + 1
            else:
                self._handed_out[place] = one.offset
                sifted.append(one)
        return sifted

    def end_of_commit(self, place: Any, end: int) -> int:
        """Return what to commit of a partition that is handled up to `end`: what follows are pulses alone."""
        if self._handed_out.get(place, -1) >= end:
            return end
        self._handed_out.pop(place, None)
        return max(end, self._ends.pop(place, 0))

    def ends(self) -> dict[Any, int]:
        """Return what can be committed at once: partitions in which nothing else waits to be handled."""
        return {place: end for place, end in self._ends.items() if place not in self._handed_out}

    def forget(self, places: Collection[Any]) -> None:
        """Let go of what is committed."""
        for place in places:
            self._ends.pop(place, None)

    def read_again(self, place: Any) -> None:
        """Note that a partition is read again from the first record that is not handled."""
        self._ends.pop(place, None)
        self._handed_out.pop(place, None)


def send_pulses(cluster: KafkaCluster, places: Sequence[Any]) -> None:
    """Send a pulse to each partition, which has no value: the next one and time take it away again.

    Raises LogUnavailableError when a broker does not take them.
    """
    producer = cluster.open_client(
        EndingProducer,
        OPEN_SECONDS,
        client_id="handslag-pulse",
        enable_idempotence=True,
        acks="all",
        max_block_ms=int(OPEN_SECONDS * 1000),
        allow_auto_create_topics=False,
    )
    try:
        futures = [
            producer.send(
                place.topic, partition=place.partition, key=PULSE_KEY, headers=[(PULSE_HEADER, b"1")]
            )
            for place in places
        ]
        for future in futures:
            future.get(timeout=SEND_SECONDS)
    except KafkaError as error:
        raise LogUnavailableError(f"Kafka did not take the pulse: {error}") from error
    finally:
        producer.end(0)
