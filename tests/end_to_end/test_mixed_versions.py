"""Old and new code in one consumer group, while events of older and newer writers flow: the same effects, whoever takes
them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.matching import tables
from services.matching.database import open_store
from services.matching.events import HANDLERS
from shared.clock import system_clock
from shared.event_log import open_event_log
from shared.event_log.port import EventLog, Message
from shared.events.catalogue import TOPICS
from shared.events.event import Event
from shared.messaging.consumer import Consumer
from shared.messaging.dead_letters import count_dead
from shared.messaging.effects import Handler
from shared.storage.engine import Database
from tests.end_to_end.conftest import wait_for
from tests.golden.describe import Description, restricted
from tests.plugins.kafka_broker import KafkaBroker

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
RELEASED = sorted(path.parent.name for path in GOLDEN.glob("v*/schemas.json"))
KEYS, LEAST, MOST = 30, 6, 200
LATER = {"came_later": {"deep": [1]}}


@pytest.fixture
def log(kafka_broker: KafkaBroker, topic_prefix: str) -> Iterator[EventLog]:
    with open_event_log(kafka_broker.url, topic_prefix) as opened:
        opened.apply_topics(list(TOPICS))
        yield opened


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    opened = open_store(postgres_url)
    yield opened
    opened.close()


def handlers_of(schemas: Mapping[str, Description], taken: list[str]) -> dict[str, Handler]:
    """Matching's handlers as a released version has them: they see the fields of its catalogue, and no other."""

    def of_then(topic: str) -> Handler:
        def handle(connection: sa.Connection, event: Event) -> None:
            state = None if event.state is None else restricted(event.state, schemas[topic]["state"])
            taken.append(f"{topic}/{event.id}")
            HANDLERS[topic](connection, replace(event, state=state))

        return handle

    return {topic: of_then(topic) for topic in HANDLERS}


def handlers_of_now(taken: list[str]) -> dict[str, Handler]:
    def of_now(topic: str) -> Handler:
        def handle(connection: sa.Connection, event: Event) -> None:
            taken.append(f"{topic}/{event.id}")
            HANDLERS[topic](connection, event)

        return handle

    return {topic: of_now(topic) for topic in HANDLERS}


@contextmanager
def member(database: Database, log: EventLog, handlers: Mapping[str, Handler]) -> Iterator[None]:
    """A member of the group while the block runs."""
    stop = threading.Event()
    consumer = Consumer(database, tables.messaging, log, "matching", handlers, system_clock)
    thread = threading.Thread(target=consumer.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(200)
    assert not thread.is_alive()


def written(version: str, topic: str, key: str, number: int) -> tuple[Message, dict[str, Any]]:
    """An event as a writer of a released version, of this one or of a later one sends it, by turns."""
    aggregate = TOPICS[topic].aggregate
    sample = json.loads((GOLDEN / version / f"{aggregate}.created.json").read_text(encoding="utf-8"))
    state = {**sample["value"], "id": key, "version": number}
    headers = sample["headers"] | {
        "ce_id": f"{key}:{number}", "ce_subject": key, "ce_aggregateversion": str(number)
    }  # fmt: skip
    if number % 3 == 0:
        headers["ce_type"] = f"{aggregate}.put_on_hold"
        state |= LATER
        if state.get("needs"):
            state["needs"] = [{**need, **LATER} for need in state["needs"]]
    encoded = tuple((name, text.encode()) for name, text in headers.items())
    return Message(topic, key, json.dumps(state, ensure_ascii=False).encode(), encoded), state


@pytest.mark.parametrize("version", RELEASED)
def test_whoever_takes_an_event_its_effect_is_the_same(
    version: str, log: EventLog, database: Database
) -> None:
    schemas = json.loads((GOLDEN / version / "schemas.json").read_text(encoding="utf-8"))
    old: list[str] = []
    new: list[str] = []
    publisher = log.publisher("writers")
    last: dict[tuple[str, str], dict[str, Any]] = {}

    def publish(number: int) -> None:
        sent = {
            (topic, f"{TOPICS[topic].aggregate}-{key}"): written(
                version, topic, f"{TOPICS[topic].aggregate}-{key}", number
            )
            for topic in ("companies", "partners", "requests")
            for key in range(KEYS)
        }
        messages = [message for message, _ in sent.values()]
        assert len(publisher.publish(messages, 60.0)) == len(messages)
        last.update({place: state for place, (_, state) in sent.items()})

    def arrived(number: int) -> bool:
        table = tables.messaging.consumed
        query = sa.select(sa.func.count()).where(table.c.version == number)
        with database.reading() as connection:
            return connection.scalar(query) == len(last)

    with member(database, log, handlers_of(schemas, old)):
        publish(1)
        wait_for("the old code has the first", lambda: arrived(1))
        with member(database, log, handlers_of_now(new)):
            number = 1
            while (not new or number < LEAST) and number < MOST:
                number += 1
                publish(number)
                wait_for("all have their effect", partial(arrived, number))
            number += 1
            publish(number)  # both leave while these are on their way
    with member(database, log, handlers_of_now(new)):
        wait_for("the last have their effect", lambda: arrived(number))
    publisher.close()

    print(f"{len(old)} taken by the code of {version}, {len(new)} by this one")
    assert old
    assert new
    effects = old + new
    assert len(effects) == len(set(effects)), "an event had its effect twice"
    with database.reading() as connection:
        for (topic, key), sent in last.items():
            table = {"companies": tables.companies, "partners": tables.partners}.get(topic, tables.requests)
            row = connection.execute(sa.select(table).where(table.c.id == key)).one()
            said = restricted({n: v for n, v in sent.items() if n != "contact"}, schemas[topic]["state"])
            kept = restricted(json.loads(row.state), schemas[topic]["state"])
            assert (row.version, kept) == (number, said)
    assert count_dead(database, tables.messaging) == 0
