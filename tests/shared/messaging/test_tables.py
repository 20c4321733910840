"""From the outbox through relay and log to the effect, over both event logs."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shared.event_log import open_event_log
from shared.messaging.outbox import outbox_counts
from shared.messaging.relay import Relay

if TYPE_CHECKING:
    from tests.shared.conftest import Service


@pytest.mark.parametrize("kind", ["embedded", "kafka"])
def test_what_is_recorded_has_its_effect_once_and_in_order(
    kind: str, service: Service, request: pytest.FixtureRequest, tmp_path: Path, topic_prefix: str
) -> None:
    kafka = kind == "kafka"
    url = request.getfixturevalue("kafka_broker").url if kafka else f"sqlite:///{tmp_path}/log"
    with open_event_log(url, topic_prefix) as log:
        service.log = log
        log.apply_topics(["companies"])
        stop = threading.Event()
        relay = Relay(service.database, service.messaging, log, "profiles")
        loops = [threading.Thread(target=work, args=(stop,)) for work in (relay.run, service.consumer().run)]
        for loop in loops:
            loop.start()
        events = [service.company(f"c-{n}", version) for version in range(1, 6) for n in range(20)]
        for event in events:
            service.record(event)
        deadline = time.monotonic() + 200
        while len(service.had_effect()) < len(events) and time.monotonic() < deadline:
            stop.wait(0.05)
        stop.set()
        for loop in loops:
            loop.join(200)
        assert not any(loop.is_alive() for loop in loops)
    found = service.had_effect()
    for n in range(20):
        mine = [one for one in found if one.startswith(f"c-{n}:")]
        assert mine == [f"c-{n}:{version}" for version in range(1, 6)]
    with service.database.reading() as connection:
        assert outbox_counts(connection, service.messaging) == (0, 0)
