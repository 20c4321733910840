"""The work process: relay, consumer and workers of one service, or of all of them."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable

from deploy.runtime.watching import watch_work
from deploy.services import chosen
from shared.clock import Clock, system_clock
from shared.event_log import event_log_of
from shared.event_log.port import AccessRefusedError, EventLog, LogUnavailableError
from shared.events.catalogue import TOPICS
from shared.ids import IdSource, random_ids
from shared.loops import Loop, run_loops
from shared.settings.registry import Settings

log = logging.getLogger(__name__)

TOPIC_RETRY_SECONDS = 2.0


def work(
    service: str,
    settings: Settings,
    stop: threading.Event,
    clock: Clock = system_clock,
    ids: IdSource = random_ids,
    ready: Callable[[], None] = lambda: None,
) -> int:
    """Do the work of a service, or of `all`, until `stop` is set; returns the process's exit code.

    Topics that are missing are made first; while the event log is away it waits for it.
    """
    with event_log_of(settings) as event_log:
        if not _topics_stand(event_log, stop):
            return 0
        loops: list[Loop] = [
            loop
            for member in chosen(service)
            for loop in member.parts.create_work(settings, event_log, clock, ids)
        ]
        ready()
        return run_loops(loops, stop)


def work_until_signalled(service: str, settings: Settings) -> int:
    """Do the work of a service, or of `all`, until SIGTERM or SIGINT; returns the process's exit code."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    watch_work(service, settings)
    return work(service, settings, stop)


def _topics_stand(event_log: EventLog, stop: threading.Event) -> bool:
    said = ""
    while not stop.is_set():
        try:
            event_log.apply_topics(list(TOPICS))
        except LogUnavailableError as error:
            if str(error) != said:
                refused = isinstance(error, AccessRefusedError)
                log.log(logging.ERROR if refused else logging.WARNING, "waiting for the event log: %s", error)
            said = str(error)
            stop.wait(TOPIC_RETRY_SECONDS)
        else:
            return True
    return False
