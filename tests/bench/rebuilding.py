"""Rebuilding matching's projection: every company read from the log again, by matching's own handlers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from services.matching import tables
from services.matching.database import open_store
from services.matching.events import HANDLERS
from shared.clock import system_clock
from shared.event_log import open_event_log
from shared.event_log.port import EventLog, Message
from shared.events.envelope import to_message
from shared.events.event import Event
from shared.messaging.consumer import Consumer
from tests.bench.measure import BenchError, Mark
from tests.bench.samples import company_events

COMPANIES, DIFFERENT, PUBLISHED = 100_000, 2_000, 500
ALLOWED_SECONDS, PATIENCE_SECONDS = 60.0, 300.0
TOPIC = "companies"


def measure(folder: Path) -> Mark:
    """Measure over the embedded log in an empty folder; the mark is a minute divided by what it took."""
    with open_event_log(f"sqlite:///{folder / 'log'}") as log:
        log.apply_topics([TOPIC])
        return measure_on(folder, log, "")


def measure_on(folder: Path, log: EventLog, where: str) -> Mark:
    """Measure over a log whose topic stands and is empty; raises BenchError when not all comes in five minutes."""
    _publish(log)
    database = open_store(f"sqlite:///{folder / 'matching.sqlite'}")
    consumer = Consumer(database, tables.messaging, log, "rebuild", {TOPIC: HANDLERS[TOPIC]}, system_clock)
    try:
        start, done = time.monotonic(), 0
        while done < COMPANIES:
            done += consumer.consume_once(1.0)
            if time.monotonic() - start > PATIENCE_SECONDS:
                raise BenchError(f"only {done:,} of {COMPANIES:,} companies were read in five minutes")
        seconds = time.monotonic() - start
    finally:
        consumer.close()
        database.close()
    note = (
        f"{COMPANIES:,} companies in {seconds:.1f} s, {COMPANIES / seconds:,.0f}/s; read, checked in full and "
        "kept by matching's handler, each once; features and reports are not in it; peer: one minute"
    )
    return Mark(f"projection rebuilt{where}", ALLOWED_SECONDS / seconds, 1.0, "minutes", note)


def _publish(log: EventLog) -> None:
    publisher = log.publisher("bench")
    waiting = _messages()
    try:
        while batch := list(islice(waiting, PUBLISHED)):
            while batch:
                taken = set(publisher.publish(batch, timeout=10.0))
                batch = [message for index, message in enumerate(batch) if index not in taken]
    finally:
        publisher.close()


def _messages() -> Iterator[Message]:
    different = list(company_events(min(DIFFERENT, COMPANIES), seed=1))
    for number in range(COMPANIES):
        event: Event = different[number % len(different)]
        id = f"C{number:06}"
        yield to_message(replace(event, aggregate_id=id, state={**(event.state or {}), "id": id}))
