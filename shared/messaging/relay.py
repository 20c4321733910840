"""The relay: publishes what waits in the outbox, in order, and deletes exactly what the log acknowledged."""

from __future__ import annotations

import logging
import threading

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.event_log.port import (
    EventLog,
    EventLogError,
    Message,
    MessageRefusedError,
    Publisher,
)
from shared.events.envelope import BadEventError
from shared.messaging.outbox import OutboxRow, delete_rows, mark_refused, waiting_rows, waiting_up_to
from shared.messaging.relay_lock import relay_lock
from shared.messaging.tables import MessagingTables
from shared.storage.engine import Database
from shared.telemetry import metrics, traces

BATCH = 500
BATCHES = 4
"""How many batches may be on their way to the log at once: the next is sent while the former are acknowledged."""
IN_FLIGHT_BYTES = 32_000_000
PUBLISH_SECONDS = 5.0
IDLE_SECONDS = 0.05
LONGEST_IDLE_SECONDS = 0.25
PAUSE_SECONDS = 1.0
ALARM_ROUNDS = 12

_log = logging.getLogger(__name__)


class FencedError(Exception):
    """Another relay has started since and is the active one now."""


class Relay:
    """One service's relay. Several may run; one is active, the others stand by.

    Each newly active relay raises the token of `relay_fence`; with an older token nothing is deleted any more.
    """

    def __init__(
        self,
        database: Database,
        messaging: MessagingTables,
        event_log: EventLog,
        service: str,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._database = database
        self._messaging = messaging
        self._event_log = event_log
        self._service = service
        self._idle_seconds = idle_seconds
        self._lock = relay_lock(database)
        self._token: int | None = None
        self._publisher: Publisher | None = None
        self._rounds_without_success = 0
        self._flows = False
        metrics.EVENTS_PUBLISHED.add(0, service)

    def run(self, stop: threading.Event) -> None:
        """Publish until `stop` is set; a log or database that is away only pauses it."""
        pause = self._idle_seconds
        try:
            while not stop.is_set():
                try:
                    idle = min(2 * pause, LONGEST_IDLE_SECONDS) if pause else self._idle_seconds
                    pause = 0.0 if self.relay_once() else idle
                except (EventLogError, sa.exc.DBAPIError, OSError) as error:
                    _log.warning("%s: the outbox waits: %s", self._service, _words(error))
                    pause = PAUSE_SECONDS
                stop.wait(pause)
        finally:
            self.close()

    def relay_once(self, timeout: float = PUBLISH_SECONDS) -> int:
        """Publish a few batches, waiting up to `timeout` seconds for the log; return how many rows are done.

        Returns 0 when nothing waits or another relay is active. Raises EventLogError,
        sqlalchemy.exc.DBAPIError or OSError when a dependency is away: every row that is not done stays.
        """
        if not self._lock.take():
            self._stand_by()
            return 0
        try:
            return self._publish_waiting(timeout)
        except FencedError:
            _log.warning("%s: another relay is active, this one stands by", self._service)
            self._stand_by()
            self._lock.release()
            return 0

    def close(self) -> None:
        """Let the next relay take over; what is not acknowledged stays in the outbox."""
        self._stand_by()
        self._lock.release()

    def _publish_waiting(self, timeout: float) -> int:
        """Send batch after batch, settling meanwhile what is acknowledged of the former, and wait for the last."""
        # A log that did not take all the last time gets one batch, and the time that it needs.
        most, self._flows = (BATCHES if self._flows else 1), False
        done, after = 0, 0
        on_their_way: list[tuple[OutboxRow, Message]] = []
        for number in range(1, most + 1):
            rows = self._read(after, {row.position for row, _ in on_their_way})
            if not rows and not on_their_way:
                break
            last = number == most or len(rows) < BATCH or _size(on_their_way) > IN_FLIGHT_BYTES
            on_their_way, settled = self._publish(on_their_way, rows, timeout if last else 0.0)
            done += settled
            if last:
                self._watch(bool(done))
                break
            after = rows[-1].position
        self._flows = not on_their_way
        return done

    def _read(self, after: int, on_their_way: set[int]) -> list[OutboxRow]:
        """Read the next batch; nothing while a row that a former one overlooked is to go before it."""
        if self._token is None:
            with self._database.writing() as connection:
                self._token = self._raise_token(connection)
        with self._database.reading() as connection:
            self._check_token(connection)
            # It may hold an older version of what would come now, and must not end up behind it in the log.
            if after and not waiting_up_to(connection, self._messaging, after) <= on_their_way:
                return []
            return waiting_rows(connection, self._messaging, BATCH, after)

    def _publish(
        self, on_their_way: list[tuple[OutboxRow, Message]], rows: list[OutboxRow], timeout: float
    ) -> tuple[list[tuple[OutboxRow, Message]], int]:
        """Send rows after those that are on their way, and settle what is acknowledged or refused by the timeout.

        Returns what is on its way still, and how many rows were settled.
        """
        refused: list[tuple[OutboxRow, str]] = []
        ready = list(on_their_way)
        for row in rows:
            try:
                ready.append((row, row.message()))
            except BadEventError as error:
                refused.append((row, str(error)))
        if self._publisher is None:
            self._publisher = self._event_log.publisher(f"handslag-{self._service}")
        taken: list[int] = []
        while ready:
            try:
                taken = self._publisher.publish([message for _, message in ready], timeout)
                break
            except MessageRefusedError as error:
                refused.append((ready.pop(error.index)[0], str(error)))
        acknowledged = set(taken)
        self._settle([ready[index][0] for index in taken], refused)
        left = [one for index, one in enumerate(ready) if index not in acknowledged]
        return left, len(taken) + len(refused)

    def _settle(self, sent: list[OutboxRow], refused: list[tuple[OutboxRow, str]]) -> None:
        if not sent and not refused:
            return
        with self._database.writing() as connection:
            # The row is locked until the deletion commits: a relay that starts now waits, and then reads what is left.
            self._check_token(connection, lock=True)
            delete_rows(connection, self._messaging, [row.position for row in sent])
            for row, reason in refused:
                mark_refused(connection, self._messaging, row.position, reason)
        metrics.EVENTS_PUBLISHED.add(len(sent), self._service)
        if traces.is_on():
            traces.published(self._service, [(row.traceparent, row.time) for row in sent])
        for row, reason in refused:
            _log.error(
                "%s: event %s can never be sent and stays in the outbox: %s",
                self._service,
                row.id,
                reason,
                extra={"event_id": row.id},
            )

    def _watch(self, success: bool) -> None:
        """Say it aloud when the log takes nothing for long; the rows wait all the same."""
        self._rounds_without_success = 0 if success else self._rounds_without_success + 1
        if self._rounds_without_success and self._rounds_without_success % ALARM_ROUNDS == 0:
            _log.error(
                "%s: the log has acknowledged nothing in %d rounds",
                self._service,
                self._rounds_without_success,
            )

    def _raise_token(self, connection: Connection) -> int:
        fence = self._messaging.relay_fence
        raised = connection.execute(sa.update(fence).where(fence.c.id == 1).values(token=fence.c.token + 1))
        if raised.rowcount == 0:
            connection.execute(sa.insert(fence).values(id=1, token=1))
        return int(connection.execute(sa.select(fence.c.token).where(fence.c.id == 1)).scalar_one())

    def _check_token(self, connection: Connection, lock: bool = False) -> None:
        fence = self._messaging.relay_fence
        query = sa.select(fence.c.token).where(fence.c.id == 1)
        token = connection.execute(query.with_for_update() if lock else query).scalar_one()
        if token != self._token:
            raise FencedError

    def _stand_by(self) -> None:
        self._token = None
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None


def _size(on_their_way: list[tuple[OutboxRow, Message]]) -> int:
    return sum(len(message.value or b"") for _, message in on_their_way)


def _words(error: Exception) -> str:
    """Return an error's words without the parameters of its statement: they may be personal data."""
    return str(error.orig) if isinstance(error, sa.exc.DBAPIError) else str(error)
