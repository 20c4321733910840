from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from services.matching.database import open_store
from services.matching.reports.store import reports
from services.matching.work import create_work
from shared.clock import SettableClock
from shared.event_log import open_event_log
from shared.events.catalogue import TOPICS
from shared.events.envelope import to_message
from shared.events.event import Event
from shared.ids import IdSource
from shared.loops import run_loops
from shared.settings.registry import Settings

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def _event(kind: str, aggregate_id: str, **fields: Any) -> Event:
    topic = next(topic for topic in TOPICS.values() if kind in topic.event_types)
    state = {"id": aggregate_id, "version": 1, "updated_at": "2026-03-02T08:00:00Z", **fields}
    return Event(kind, aggregate_id, 1, NOW, dict(topic.schema().load(state)))


def test_events_on_the_log_become_a_report(settings: Settings, clock: SettableClock, ids: IdSource) -> None:
    need = {"id": "n1", "text": "Sterile processing of surgical instruments", "focus_areas": ["amr"]}
    events = [
        _event("request.created", "R1", status="open", partner_id="P1", needs=[need]),
        _event("partner.created", "P1", status="active", name="Hospital"),
        _event(
            "company.created",
            "C1",
            status="active",
            name="One",
            description="Autoclaves for sterile processing",
        ),
    ]
    with open_event_log(settings.event_log, settings.topic_prefix) as log:
        log.apply_topics(list(TOPICS))
        publisher = log.publisher("test")
        messages = [to_message(event) for event in events]
        assert len(publisher.publish(messages, 10)) == len(messages)
        publisher.close()
        stop = threading.Event()
        loops = create_work(settings, log, clock, ids)
        ended: list[int] = []
        runner = threading.Thread(target=lambda: ended.append(run_loops(loops, stop)))
        runner.start()
        database = open_store(settings.matching_database)
        try:

            def made() -> bool:
                with database.reading() as connection:
                    report = reports.get_report(connection, "R1")
                return report is not None and report.stale_since is None

            _wait_until(made)
        finally:
            stop.set()
            runner.join(200)
            database.close()
        assert ended == [0]


def _wait_until(condition: Callable[[], bool], seconds: float = 200) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        threading.Event().wait(0.05)
