"""How messages are sent to Kafka: what is on its way is remembered, capped, and never sent twice by a publisher."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from kafka.errors import InvalidRecordError, KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from shared.event_log.kafka_cluster import OPEN_SECONDS, KafkaCluster
from shared.event_log.kafka_producer import EndingProducer
from shared.event_log.port import (
    AccessRefusedError,
    EventLogError,
    LogUnavailableError,
    Message,
    MessageRefusedError,
    why_refused,
)

MAX_IN_FLIGHT = 2_000
CLOSE_SECONDS = 3.0
GRACE_SECONDS = 2.0
"""How long after a call's timeout what it sent may still leave: a relay knows that it is the active one only when it
calls, and another one takes over no sooner than `shared.messaging.relay_lock.IDLE_SECONDS` later."""

_log = logging.getLogger(__name__)

_REFUSALS = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidRecordError)


class KafkaPublisher:
    """An idempotent producer. What was sent and not yet acknowledged is remembered and never sent again."""

    def __init__(self, cluster: KafkaCluster, client: str) -> None:
        self._cluster = cluster
        self._client = client
        self._lock = threading.Lock()
        self._producer: Any = None
        self._pending: dict[Message, list[Any]] = {}
        self._jam = _Jam(2 * cluster.options.request_timeout_ms / 1000)
        self._said = ""

    def publish(self, messages: Sequence[Message], timeout: float) -> list[int]:
        """Send what is not on its way yet, and return the indexes that were acknowledged in time."""
        deadline = time.monotonic() + timeout
        for index, message in enumerate(messages):
            reason = why_refused(message)
            if reason:
                raise MessageRefusedError(index, reason)
        with self._lock:
            futures = self._send(messages, deadline)
            for future in futures:
                if not future.is_done:
                    with suppress(KafkaError):
                        future.get(timeout=max(0.0, deadline - time.monotonic()))
            taken: list[int] = []
            failed: list[int] = []
            for index, future in enumerate(futures):
                if future.succeeded():
                    taken.append(index)
                    continue
                if future.failed():
                    failed.append(index)
                self._remember(messages[index], future)
            if any(not isinstance(futures[index].exception, _REFUSALS) for index in failed):
                self._drop()
            elif taken or failed:
                self._jam.moves()
            elif futures and timeout > 0:
                self._look_for_a_jam()
            if failed and not taken:
                self._tell(messages, failed[0], futures[failed[0]])
            return taken

    def in_flight(self) -> int:
        """How many messages are on their way: sent, and not yet acknowledged."""
        return sum(map(len, self._pending.values()))

    def close(self) -> None:
        """Close the producer; what is still on its way is given up, its rows stay in the outbox."""
        with self._lock:
            self._drop()

    def _send(self, messages: Sequence[Message], deadline: float) -> list[Any]:
        """Return the futures of the first messages, as many as may be on their way at once."""
        if self._producer is None:
            try:
                self._producer = self._open(deadline - time.monotonic())
            except AccessRefusedError as error:
                self._say(error)
                raise
            self._said = ""
        self._producer.send_within(max(0.0, deadline - time.monotonic()) + GRACE_SECONDS)
        in_flight = self.in_flight()
        futures: list[Any] = []
        try:
            for message in messages:
                future = self._recall(message)
                if future is None:
                    if in_flight >= MAX_IN_FLIGHT:
                        break  # one that is sent later must not overtake this one
                    future = self._send_one(message)
                    in_flight += 1
                futures.append(future)
        except EventLogError:
            for message, future in zip(messages, futures, strict=False):
                self._remember(message, future)
            raise
        return futures

    def _recall(self, message: Message) -> Any:
        """Take the future of a message that an earlier call sent, or None."""
        # Mostly nothing is pending: then no message need be hashed.
        futures = self._pending.get(message) if self._pending else None
        if futures is None:
            return None
        future = futures.pop(0)
        if not futures:
            del self._pending[message]
        return future

    def _remember(self, message: Message, future: Any) -> None:
        self._pending.setdefault(message, []).append(future)

    def _look_for_a_jam(self) -> None:
        """Open a new producer when this one gets nothing acknowledged although a broker answers.

        What it had on its way may then stand in the log twice, in the same order.
        """
        refusal = self._cluster.refusal_of(self._producer)
        if refusal is not None:
            self._say(refusal)
            raise refusal
        if self._jam.seems_real(self._cluster.answers):
            _log.error(
                "%s: Kafka answers and acknowledges nothing: a new producer sends the %d messages on their way again",
                self._client,
                self.in_flight(),
            )
            self._drop()

    def _say(self, refusal: AccessRefusedError) -> None:
        if str(refusal) != self._said:
            self._said = str(refusal)
            _log.error("%s: publishing waits: %s", self._client, refusal)

    def _send_one(self, message: Message) -> Any:
        try:
            return self._producer.send(
                self._cluster.full_name(message.topic),
                key=message.key.encode(),
                value=message.value,
                headers=list(message.headers),
            )
        except KafkaError as error:
            raise LogUnavailableError(
                f"topic {message.topic!r} cannot be sent to ({error}): the brokers are away, "
                "or it is missing and `handslag topics apply` creates it"
            ) from error

    def _open(self, seconds: float) -> Any:
        return self._cluster.open_client(
            EndingProducer,
            seconds,
            client_id=self._client,
            enable_idempotence=True,
            acks="all",
            # A batch that expires while the broker is dead jams an idempotent producer for good.
            request_timeout_ms=self._cluster.options.request_timeout_ms,
            delivery_timeout_ms=self._cluster.options.delivery_timeout_ms,
            compression_type="lz4",
            batch_size=256 * 1024,
            linger_ms=5,
            max_block_ms=int(OPEN_SECONDS * 1000),
            allow_auto_create_topics=False,
        )

    def _tell(self, messages: Sequence[Message], index: int, future: Any) -> None:
        error = future.exception
        if isinstance(error, _REFUSALS):
            if self._producer is not None:
                self._forget(messages[index], future)
            raise MessageRefusedError(index, f"Kafka refuses the message: {error}") from error
        raise LogUnavailableError(f"Kafka could not take a message: {error}") from error

    def _forget(self, message: Message, future: Any) -> None:
        futures = self._pending[message]
        futures.remove(future)
        if not futures:
            del self._pending[message]

    def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.end(0 if self._pending else CLOSE_SECONDS)
        self._pending.clear()
        self._jam.moves()


class _Jam:
    """Whether a producer is jammed: a broker has answered for `seconds`, and nothing was acknowledged meanwhile."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._answered_since: float | None = None

    def moves(self) -> None:
        """Note that something was acknowledged, refused or given up."""
        self._answered_since = None

    def seems_real(self, answers: Callable[[], bool]) -> bool:
        """Look once more, after a round in which nothing was acknowledged."""
        if not answers():
            self._answered_since = None
            return False
        now = time.monotonic()
        if self._answered_since is None:
            self._answered_since = now
        return now - self._answered_since >= self._seconds
