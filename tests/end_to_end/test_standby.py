"""Two relays of one service on PostgreSQL and Kafka: the standby takes over from one that is killed or stopped."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.profiles.database import open_store
from services.profiles.organisations import actions
from services.profiles.tables import messaging
from shared.clock import system_clock
from shared.event_log import open_event_log
from shared.ids import random_ids
from shared.messaging.outbox import outbox_counts
from shared.settings.registry import Settings, for_tests
from shared.storage.engine import Database
from tests.end_to_end.conftest import Process, environment, wait_for
from tests.plugins.kafka_broker import KafkaBroker
from tests.standing_still import stop_still

Start = Callable[..., Process]
HOLDER = sa.text(
    "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid) "
    "WHERE locktype = 'advisory' AND granted AND pg_locks.database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database()) AND application_name LIKE 'relay-%'"
)


@pytest.fixture
def settings(tmp_path: Path, kafka_broker: KafkaBroker, topic_prefix: str, postgres_url: str) -> Settings:
    return for_tests(
        tmp_path, event_log=kafka_broker.url, topic_prefix=topic_prefix, profiles_database=postgres_url
    )


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = open_store(settings)
    yield opened
    opened.close()


@pytest.fixture
def relays(settings: Settings, start: Start, tmp_path: Path) -> dict[str, Process]:
    """Two work processes; the name that each has in the server's listings."""
    return {
        name: start(
            name,
            "work",
            "profiles",
            env=environment(
                tmp_path,
                EVENT_LOG=settings.event_log,
                TOPIC_PREFIX=settings.topic_prefix,
                PROFILES_DATABASE=f"{settings.profiles_database}?application_name={name}",
            ),
        )
        for name in ("relay-one", "relay-two")
    }


def holder(database: Database) -> str | None:
    with database.reading() as connection:
        name: str | None = connection.scalar(HOLDER)
        return name


def submit(database: Database, *ids: str) -> None:
    for id in ids:
        company = {"id": id, "name": f"Company {id}", "description": "Autoclaves."}
        with database.writing() as connection:
            actions.create(connection, "companies", company, system_clock(), random_ids)


def relayed(database: Database) -> bool:
    with database.reading() as connection:
        return outbox_counts(connection, messaging) == (0, 0)


def on_the_topic(settings: Settings, at_least: int) -> list[str]:
    """Read the companies' events in the order of their partitions; more may come for a moment after the last."""
    found: list[str] = []
    with open_event_log(settings.event_log, settings.topic_prefix) as log:
        subscriber = log.subscriber("reader-of-all", ["companies"])
        quiet, deadline = 0, time.monotonic() + 200
        while (len(found) < at_least or quiet < 3) and time.monotonic() < deadline:
            records = subscriber.poll(1.0, 1000)
            quiet = 0 if records else quiet + 1
            found += [dict(record.headers)["ce_id"].decode() for record in records]
        subscriber.close()
    return found


@contextmanager
def measured(what: str) -> Iterator[None]:
    since = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - since:.1f} s")


def test_the_standby_relays_when_the_active_one_is_stopped_or_killed(
    settings: Settings, database: Database, relays: dict[str, Process]
) -> None:
    submit(database, "C0")
    wait_for("the first is relayed", lambda: relayed(database))
    first = wait_for("one of them holds the lock", lambda: holder(database))
    second = next(name for name in relays if name != first)
    wait_for("the other stands by", lambda: relays[second].process.poll() is None)

    stop_still(relays[first].process.pid)
    try:
        submit(database, *(f"C{number}" for number in range(1, 20)))
        with measured("taken over from a stopped process after"):
            wait_for("the standby holds the lock", lambda: holder(database) == second)
            wait_for("the standby relays", lambda: relayed(database))
    finally:
        relays[first].process.send_signal(signal.SIGCONT)
    submit(database, *(f"C{number}" for number in range(20, 40)))
    wait_for("what comes after the waking is relayed", lambda: relayed(database))
    assert holder(database) == second, "the woken one stands by"
    ids = {f"C{number}:1" for number in range(40)}
    read = on_the_topic(settings, 40)
    assert set(read) == ids
    assert len(read) - len(ids) <= 1, "only what was on its way at the stop may come twice"

    relays[second].process.kill()
    submit(database, "C40")
    with measured("taken over from a killed process after"):
        wait_for("the woken one relays", lambda: relayed(database))
    assert holder(database) == first
    assert set(on_the_topic(settings, 41)) == ids | {"C40:1"}
