"""The consumer: hands each event to its topic's handler, once, in order per key."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.clock import Clock
from shared.event_log.port import EventLog, EventLogError, Record, Subscriber
from shared.events.envelope import BadEventError, from_record
from shared.events.event import Event
from shared.messaging.dead_letters import bury, describe, empty_letters_of
from shared.messaging.effects import Handler, apply_in_order, is_dependency_away
from shared.messaging.tables import MessagingTables
from shared.storage.engine import Database
from shared.telemetry import metrics, traces

BATCH = 100
TRIES = 4
RETRY_SECONDS = (0.05, 0.2, 0.6)
"""The pauses before the second, third and fourth try of a handler that failed."""
HALT_AFTER = 100
POLL_SECONDS = 1.0
PAUSE_SECONDS = 1.0
STEP_SECONDS = 1.5
"""How long a batch may take before the rest is read again: a member that does not poll loses its partitions."""

_log = logging.getLogger(__name__)


class Consumer:
    """One member of a consumer group; use it from one thread.

    `halted` becomes True after `HALT_AFTER` dead letters in a row: it then handles nothing until it is made anew.
    """

    def __init__(
        self,
        database: Database,
        messaging: MessagingTables,
        event_log: EventLog,
        group: str,
        handlers: Mapping[str, Handler],
        clock: Clock,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
    ) -> None:
        self._database = database
        self._messaging = messaging
        self._event_log = event_log
        self._group = group
        self._handlers = dict(handlers)
        self._clock = clock
        self._retry_seconds = retry_seconds
        self._subscriber: Subscriber | None = None
        self._stop = threading.Event()
        self._dead_in_a_row = 0
        self._to_commit: list[Record] = []
        self.halted = False
        metrics.RECORDS_CONSUMED.add(0, group)
        metrics.RECORDS_BURIED.add(0, group)
        metrics.CONSUMER_SECONDS.ready(group)

    def run(self, stop: threading.Event) -> None:
        """Consume until `stop` is set; a log or database that is away only pauses it."""
        self._stop = stop
        try:
            while not stop.is_set():
                if self.halted:
                    stop.wait()
                    return
                self.consume_once(POLL_SECONDS)
        finally:
            self.close()

    def consume_once(self, timeout: float) -> int:
        """Wait up to `timeout` seconds for records and handle them; return how many are done with.

        A record is done with when it had its effect, was a duplicate or became a dead letter. When the
        database is away, the rest is read again by a later call.
        """
        if self.halted:
            return 0
        if self._subscriber is None:
            self._subscriber = self._event_log.subscriber(self._group, sorted(self._handlers))
        records = self._subscriber.poll(timeout, BATCH)
        done = self._handle(records) if records else 0
        if done or self._to_commit:
            self._commit(records[:done])
        for record in _first_of_each_place(records[done:]):
            self._subscriber.seek_back(record)
        if self.halted:
            self.close()
        return done

    def close(self) -> None:
        """Leave the group."""
        if self._subscriber is not None:
            self._subscriber.close()
            self._subscriber = None
            self._to_commit = []

    def _handle(self, records: Sequence[Record]) -> int:
        """Handle records in their order and return how many are done with."""
        begun = time.monotonic()
        until = begun + STEP_SECONDS
        done = 0
        try:
            while done < len(records) and not self.halted and time.monotonic() < until:
                together, failure = self._attempt(records[done:])
                done += together
                if failure is not None:
                    self._handle_alone(records[done], failure)
                    done += 1
        except _LaterError as error:
            if not self._stop.is_set():
                _log.warning("%s: consuming waits: %s", self._group, error)
                self._stop.wait(PAUSE_SECONDS)
        metrics.CONSUMER_SECONDS.observe(time.monotonic() - begun, self._group)
        metrics.RECORDS_CONSUMED.add(done, self._group)
        return done

    def _attempt(self, records: Sequence[Record]) -> tuple[int, Exception | None]:
        """Handle records up to the first that fails, in one transaction; return how many, and the failure.

        Raises _LaterError when the database is away: then none of them had its effect.
        """
        events, unreadable = _read(records)
        handler_of = self._handlers.__getitem__
        if traces.is_on():
            handler_of = _in_spans(self._group, handler_of, records, events)
        done, fresh = 0, False
        try:
            if events:
                with self._database.writing() as connection:
                    for had_effect in apply_in_order(connection, self._messaging, events, handler_of):
                        topic, event = events[done]
                        if had_effect and event.state is None:
                            empty_letters_of(
                                connection, self._messaging, topic, event.aggregate_id, self._clock
                            )
                        done, fresh = done + 1, fresh or had_effect
        except Exception as error:
            if is_dependency_away(error) or isinstance(error, OSError):
                raise _LaterError(f"the database is away: {describe(error)}") from error
            # Where the first failed, or the commit, what follows handles the first record alone.
            if not 0 < done < len(events):
                return 0, error
            before, failure = self._attempt(records[:done])  # all was rolled back: those before it once more
            return before, failure or error
        if fresh:
            self._dead_in_a_row = 0
        return done, unreadable

    def _handle_alone(self, record: Record, failure: Exception) -> None:
        """Try a record that failed once until it is handled or a dead letter; raises _LaterError."""
        tries = 1
        error: Exception | None = failure
        while error is not None and tries < TRIES and not isinstance(error, BadEventError):
            _log.warning(
                "%s: try %d of %s failed: %s",
                self._group,
                tries,
                _place(record),
                describe(error),
                extra=_named(record),
            )
            if self._stop.wait(self._retry_seconds[tries - 1]):
                raise _LaterError("stopping")
            _, error = self._attempt([record])
            tries += 1
        if error is not None:
            self._bury(record, error, tries)

    def _bury(self, record: Record, error: Exception, tries: int) -> None:
        reason = describe(error)
        try:
            with self._database.writing() as connection:
                letter = bury(connection, self._messaging, record, reason, tries, self._clock)
        except (sa.exc.DBAPIError, OSError) as away:
            raise _LaterError(f"the database is away: {describe(away)}") from away
        metrics.RECORDS_BURIED.add(1, self._group)
        _log.error(
            "%s: %s became dead letter %d: %s",
            self._group,
            _place(record),
            letter,
            reason,
            extra=_named(record),
        )
        self._dead_in_a_row += 1
        if self._dead_in_a_row >= HALT_AFTER:
            self.halted = True
            _log.error(
                "%s: consuming halts after %d dead letters in a row: mend the cause and restart",
                self._group,
                self._dead_in_a_row,
            )

    def _commit(self, records: Sequence[Record]) -> None:
        """Note records as handled, and those before them that could not be noted; else it is tried at the next poll."""
        assert self._subscriber is not None
        handled = [*self._to_commit, *records]
        try:
            self._subscriber.commit(handled)
        except EventLogError as error:
            # Reversed: the first of each place from the end is the last one of it.
            self._to_commit = _first_of_each_place(handled[::-1])
            if records:
                _log.warning("%s: noting what is handled waits: %s", self._group, error)
        else:
            self._to_commit = []


class _LaterError(Exception):
    """The record at hand is read again later; nothing of it was kept."""


def _read(records: Sequence[Record]) -> tuple[list[tuple[str, Event]], Exception | None]:
    """Read the events, each with its topic, up to the first record that is none; and why it is none."""
    events: list[tuple[str, Event]] = []
    for record in records:
        try:
            events.append((record.topic, from_record(record)))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this record's failure, and is told
            return events, error
    return events, None


def _in_spans(
    group: str,
    handler_of: Callable[[str], Handler],
    records: Sequence[Record],
    events: Sequence[tuple[str, Event]],
) -> Callable[[str], Handler]:
    """Have each handler run in a span that continues the trace of its event."""
    parents = {
        id(event): traces.traceparent_of(record.headers)
        for record, (_, event) in zip(records, events, strict=False)
    }

    def traced(topic: str) -> Handler:
        def handle(connection: Connection, event: Event) -> None:
            with traces.carried_on(f"{group} handle {event.type}", parents[id(event)], "consumer"):
                handler_of(topic)(connection, event)

        return handle

    return traced


def _named(record: Record) -> dict[str, str]:
    """Return what a line in the log says of a record beside its place: the event's id and its trace."""
    headers = {name: value.decode("ascii", "replace") for name, value in record.headers}
    traceparent = traces.traceparent_of(record.headers)
    found = {
        "event_id": headers.get("ce_id", "")[:200],
        "trace_id": (traceparent or "").partition("-")[2][:32],
    }
    return {name: value for name, value in found.items() if value}


def _first_of_each_place(records: Sequence[Record]) -> list[Record]:
    first: dict[tuple[str, int], Record] = {}
    for record in records:
        first.setdefault((record.topic, record.partition), record)
    return list(first.values())


def _place(record: Record) -> str:
    return f"{record.topic}/{record.partition}@{record.offset}"
