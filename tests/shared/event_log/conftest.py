"""Both event logs, empty, each with topics of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.event_log import open_event_log
from shared.event_log.port import EventLog
from tests.plugins.kafka_broker import OwnBroker, new_broker

OpenLog = Callable[[], EventLog]


@pytest.fixture(params=["embedded", "kafka"])
def open_log(request: pytest.FixtureRequest, tmp_path: Path, topic_prefix: str) -> Iterator[OpenLog]:
    """Opens the same log again at each call, as another process would."""
    kafka = request.param == "kafka"
    url = request.getfixturevalue("kafka_broker").url if kafka else f"sqlite:///{tmp_path}/log"
    opened: list[EventLog] = []

    def open_one() -> EventLog:
        opened.append(open_event_log(url, topic_prefix))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def _mortal_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnBroker]:
    broker = new_broker(tmp_path_factory.mktemp("mortal"))
    yield broker
    broker.put_right()
    broker.stop()


@pytest.fixture
def mortal_broker(_mortal_broker: OwnBroker) -> OwnBroker:
    """A broker to be killed and stopped: it runs when a test begins, whatever the one before did to it."""
    _mortal_broker.put_right()
    return _mortal_broker


@pytest.fixture
def log(open_log: OpenLog) -> EventLog:
    return open_log()
