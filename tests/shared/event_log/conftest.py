"""Both event logs, empty, each with topics of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.event_log import open_event_log
from shared.event_log.port import EventLog

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


@pytest.fixture
def log(open_log: OpenLog) -> EventLog:
    return open_log()
