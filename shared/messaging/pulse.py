"""The loop that lets erased bytes leave the topics of a service that is idle."""

from __future__ import annotations

import logging

from shared.event_log.port import EventLog, EventLogError
from shared.events.catalogue import TOPICS
from shared.loops import Loop, due_work

IDLE_SECONDS = 3600.0
LOOK_SECONDS = 600.0

_log = logging.getLogger(__name__)


def pulsing(event_log: EventLog, service: str) -> Loop:
    """Make the loop that has a service's own topics pulse once they have been idle for an hour.

    The log itself knows what is idle: with several processes of the service there is still one pulse an hour.
    """
    topics = [name for name, topic in TOPICS.items() if topic.service == service]

    def step() -> bool:
        try:
            event_log.pulse(topics, IDLE_SECONDS)
        except EventLogError as error:
            _log.warning("%s: the pulse waits: %s", service, error)
        return False

    return due_work(f"{service} pulse", step, wake=LOOK_SECONDS)
