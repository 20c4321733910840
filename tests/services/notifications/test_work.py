"""The working side as a whole, over the embedded event log: from events to mails and back to events."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.notifications.mail.mailbox import Mailbox
from services.notifications.work import create_work
from shared.clock import SettableClock
from shared.event_log import open_event_log
from shared.event_log.port import EventLog
from shared.events.catalogue import TOPICS
from shared.events.envelope import from_record, to_message
from shared.events.event import Event
from shared.ids import IdSource
from shared.loops import run_loops
from shared.settings.registry import Settings, for_tests
from shared.words.addresses import AddressError
from tests.services.notifications.post_office import wait_until
from tests.services.notifications.world import introduction_state

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def publish(log: EventLog, kind: str, aggregate_id: str, **fields: object) -> None:
    """Publish an event three times, as a log that repeats itself would."""
    stamp = {"id": aggregate_id, "version": 1, "updated_at": "2026-03-02T08:00:00.000000Z"}
    event = Event(kind, aggregate_id, 1, AT, {**stamp, **fields})
    publisher = log.publisher("test")
    messages = [to_message(event)] * 3
    assert publisher.publish(messages, 10) == [0, 1, 2]
    publisher.close()


def organisation(email: str) -> dict[str, object]:
    return {"status": "active", "name": "A name", "language": "sv", "contact": {"email": email}}


def test_events_become_one_mail_a_side_and_come_back_as_deliveries(
    settings: Settings,
    clock: SettableClock,
    ids: IdSource,
    state_dir: Path,
) -> None:
    mailbox = Mailbox(state_dir / "mailbox")
    stop = threading.Event()
    with open_event_log(settings.event_log, settings.topic_prefix) as log:
        log.apply_topics(list(TOPICS))
        publish(log, "introduction.approved", "R-P1.C1", **introduction_state("C1", "P1", "A1", 1))
        publish(log, "company.created", "C1", **organisation("c@c1.example"))
        publish(log, "partner.created", "P1", **organisation("p@p1.example"))
        working = threading.Thread(target=run_loops, args=(create_work(settings, log, clock, ids), stop))
        working.start()
        told: dict[str, str] = {}
        reader = log.subscriber("test", ["deliveries"])

        def all_sent() -> bool:
            for record in reader.poll(0.1, 100):
                event = from_record(record)
                assert event.state is not None
                told[event.state["organisation_id"]] = event.state["status"]
            return told == {"C1": "sent", "P1": "sent"}

        try:
            wait_until(all_sent)
        finally:
            stop.set()
            working.join(200)
            reader.close()
        assert not working.is_alive()
    assert sorted(mail.to for mail in mailbox.mails()) == [
        "Företaget C1 <c@c1.example>",
        "Sykehus P1 <p@p1.example>",
    ]


@pytest.mark.parametrize(
    ("wrong", "kind"), [({"smtp": "smtp://"}, ValueError), ({"mail_from": "Nobody <nobody>"}, AddressError)]
)
def test_settings_that_no_mail_can_go_with_are_refused_at_the_start(
    state_dir: Path, clock: SettableClock, wrong: dict[str, str], kind: type[Exception]
) -> None:
    settings = for_tests(state_dir, **wrong)
    with open_event_log(settings.event_log) as log, pytest.raises(kind):
        create_work(settings, log, clock)
