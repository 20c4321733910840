"""The work process of profiles."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from services.profiles.work import create_work
from shared.clock import SettableClock
from shared.event_log import open_event_log
from shared.event_log.port import Record
from shared.events.envelope import from_record
from shared.events.event import Event
from shared.ids import IdSource
from shared.loops import run_loops
from shared.settings.registry import Settings
from tests.services.profiles.caller import Caller, Profile


def test_what_was_submitted_arrives_on_its_topic_and_leaves_the_outbox(
    staff: Caller,
    company: Profile,
    settings: Settings,
    clock: SettableClock,
    ids: IdSource,
    events: Callable[[], list[Event]],
) -> None:
    state = staff.post("companies", company).json
    stop = threading.Event()
    with open_event_log(settings.event_log, settings.topic_prefix, clock) as log:
        log.apply_topics(["companies", "partners", "visits", "requests"])
        loops = create_work(settings, log, clock, ids)
        worker = threading.Thread(target=run_loops, args=(loops, stop))
        worker.start()
        try:
            deadline = time.monotonic() + 200
            while events() and time.monotonic() < deadline:
                time.sleep(0.02)
        finally:
            stop.set()
            worker.join(200)
        subscriber = log.subscriber("test", ["companies"])
        records: list[Record] = []
        while not records and time.monotonic() < deadline:
            records = subscriber.poll(0.5, 10)
        subscriber.close()
    assert events() == []
    (event,) = [from_record(record) for record in records]
    assert (event.type, event.id, event.state) == ("company.created", "C1:1", state)
