"""The relay: publishes what waits in the outbox, in order, and deletes exactly what the log acknowledged."""

from __future__ import annotations

import logging
import threading

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.backbone import Backbone
from shared.event_log.port import (
    EventLog,
    EventLogError,
    Message,
    MessageRefusedError,
    Publisher,
)
from shared.events.envelope import BadEventError, to_message
from shared.outbox import OutboxRow, delete_rows, mark_refused, waiting_rows
from shared.relay_lock import relay_lock
from shared.storage import Database

BATCH = 500
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
        backbone: Backbone,
        event_log: EventLog,
        service: str,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._database = database
        self._backbone = backbone
        self._event_log = event_log
        self._service = service
        self._idle_seconds = idle_seconds
        self._lock = relay_lock(database)
        self._token: int | None = None
        self._publisher: Publisher | None = None
        self._rounds_without_success = 0

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
        """Publish one batch, waiting up to `timeout` seconds for the log; return how many rows are done.

        Returns 0 when nothing waits or another relay is active. Raises EventLogError,
        sqlalchemy.exc.DBAPIError or OSError when a dependency is away: every row stays.
        """
        if not self._lock.take():
            self._stand_by()
            return 0
        try:
            rows = self._read()
            return self._publish(rows, timeout) if rows else 0
        except FencedError:
            _log.warning("%s: another relay is active, this one stands by", self._service)
            self._stand_by()
            self._lock.release()
            return 0

    def close(self) -> None:
        """Let the next relay take over; what is not acknowledged stays in the outbox."""
        self._stand_by()
        self._lock.release()

    def _read(self) -> list[OutboxRow]:
        if self._token is None:
            with self._database.writing() as connection:
                self._token = self._raise_token(connection)
        with self._database.reading() as connection:
            self._check_token(connection)
            return waiting_rows(connection, self._backbone, BATCH)

    def _publish(self, rows: list[OutboxRow], timeout: float) -> int:
        refused: list[tuple[OutboxRow, str]] = []
        ready: list[OutboxRow] = []
        messages: list[Message] = []
        for row in rows:
            try:
                messages.append(to_message(row.event()))
                ready.append(row)
            except BadEventError as error:
                refused.append((row, str(error)))
        taken: list[int] = []
        if self._publisher is None:
            self._publisher = self._event_log.publisher(f"handslag-{self._service}")
        while messages:
            try:
                taken = self._publisher.publish(messages, timeout)
                break
            except MessageRefusedError as error:
                refused.append((ready.pop(error.index), str(error)))
                del messages[error.index]
        self._settle([ready[index] for index in taken], refused)
        self._watch(bool(taken or refused))
        return len(taken) + len(refused)

    def _settle(self, sent: list[OutboxRow], refused: list[tuple[OutboxRow, str]]) -> None:
        if not sent and not refused:
            return
        with self._database.writing() as connection:
            # The row is locked until the deletion commits: a relay that starts now waits, and then reads what is left.
            self._check_token(connection, lock=True)
            delete_rows(connection, self._backbone, [row.position for row in sent])
            for row, reason in refused:
                mark_refused(connection, self._backbone, row.position, reason)
        for row, reason in refused:
            _log.error(
                "%s: event %s can never be sent and stays in the outbox: %s",
                self._service,
                row.id,
                reason,
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
        fence = self._backbone.relay_fence
        raised = connection.execute(sa.update(fence).where(fence.c.id == 1).values(token=fence.c.token + 1))
        if raised.rowcount == 0:
            connection.execute(sa.insert(fence).values(id=1, token=1))
        return int(connection.execute(sa.select(fence.c.token).where(fence.c.id == 1)).scalar_one())

    def _check_token(self, connection: Connection, lock: bool = False) -> None:
        fence = self._backbone.relay_fence
        query = sa.select(fence.c.token).where(fence.c.id == 1)
        token = connection.execute(query.with_for_update() if lock else query).scalar_one()
        if token != self._token:
            raise FencedError

    def _stand_by(self) -> None:
        self._token = None
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None


def _words(error: Exception) -> str:
    """Give an error's words without the parameters of its statement: they may be personal data."""
    return str(error.orig) if isinstance(error, sa.exc.DBAPIError) else str(error)
