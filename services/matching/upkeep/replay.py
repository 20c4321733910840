"""Replaying, beside serving, the events that a rebuild asked for: a consumer group of its own does it.

The group that serves goes on with what is new; a key's version decides which of the two has an effect. Work processes
share the partitions, and a process that dies leaves its part to the others.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from services.matching import tables
from services.matching.reports.store.pause import end_replay, get_replay
from shared.clock import Clock
from shared.event_log.port import EventLog, LogUnavailableError
from shared.loops import Loop, due_work
from shared.messaging.consumer import Consumer
from shared.messaging.effects import Handler
from shared.storage.engine import Database

GROUP = "matching-rebuild"
LOOK_SECONDS = 1.0
POLL_SECONDS = 0.5

log = logging.getLogger(__name__)


class Replay:
    """One member of the group that replays events; use it from one thread."""

    def __init__(
        self, database: Database, event_log: EventLog, handlers: Mapping[str, Handler], clock: Clock
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._event_log = event_log
        self._clock = clock
        self._consumer: Consumer | None = None

    def step(self) -> bool:
        """Replay some events while a rebuild wants it, and say whether one does; end the replay when none is left."""
        with self._database.reading() as connection:
            mark = get_replay(connection)
        if mark is None:
            self.close()
            return False
        if self._consumer is None:
            self._consumer = Consumer(
                self._database, tables.messaging, self._event_log, GROUP, self._handlers, self._clock
            )
        if not self._consumer.consume_once(POLL_SECONDS) and self._nothing_left():
            with self._database.writing() as connection:
                end_replay(connection, mark)
            log.info("all events are replayed")
        return not self._consumer.halted

    def close(self) -> None:
        """Leave the group."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def _nothing_left(self) -> bool:
        try:
            return self._event_log.lag(GROUP, list(self._handlers)) == 0
        except LogUnavailableError:
            return False


def replay_loop(
    database: Database, event_log: EventLog, handlers: Mapping[str, Handler], clock: Clock
) -> Loop:
    """Make the loop that looks every second whether a rebuild has begun."""
    replay = Replay(database, event_log, handlers, clock)
    stepping = due_work("matching replay", replay.step, wake=LOOK_SECONDS)

    def run(stop: threading.Event) -> None:
        try:
            stepping.run(stop)
        finally:
            replay.close()

    return Loop(stepping.name, run)
