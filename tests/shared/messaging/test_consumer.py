"""The consumer: every event has its effect once, in order per key, and a bad one stops nobody."""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.event_log.port import LogUnavailableError, Message
from shared.messaging.consumer import HALT_AFTER, TRIES
from shared.messaging.dead_letters import count_dead, list_dead
from shared.messaging.effects import FARTHEST

if TYPE_CHECKING:
    from tests.shared.conftest import Service


def bad(key: str) -> Message:
    return Message("companies", key, b"\xff{", (("ce_id", b"\x00"), ("odd", b"\xfe")))


def test_an_event_has_its_effect(service: Service) -> None:
    service.publish(service.company("c-1"), service.erased("c-1", 2))
    assert service.consume() == 2
    assert service.had_effect() == ["c-1:1", "c-1:2"]


def test_events_delivered_three_times_across_restarts_have_one_effect_each(service: Service) -> None:
    events = [service.company(f"c-{n}", version) for version in (1, 2) for n in range(10)]
    for _ in range(3):
        service.publish(*events)
        consumer = service.consumer()
        service.consume(consumer)
        consumer.close()
    again = service.consumer(group="another-group-name")
    assert service.consume(again) == 60
    assert sorted(service.had_effect()) == sorted(event.id for event in events)


def test_an_older_version_that_comes_late_changes_nothing(service: Service) -> None:
    service.publish(service.company("c-1", 3), service.company("c-1", 2), service.company("c-1", 4))
    service.consume()
    assert service.had_effect() == ["c-1:3", "c-1:4"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5)), max_size=25))
def test_whatever_comes_effects_only_go_forward(service: Service, deliveries: list[tuple[str, int]]) -> None:
    before = len(service.had_effect())
    run = f"{time.monotonic_ns()}-"
    service.publish(*(service.company(run + key, version) for key, version in deliveries))
    service.consume()
    highest: dict[str, int] = {}
    expected = []
    for key, version in deliveries:
        if version > highest.get(key, 0):
            highest[key] = version
            expected.append(f"{run}{key}:{version}")
    found = service.had_effect()[before:]
    for key in "abc":
        mine = [one for one in found if one.startswith(run + key)]
        assert mine == [one for one in expected if one.startswith(run + key)]


def test_a_record_that_is_no_event_is_a_dead_letter_after_one_try(service: Service) -> None:
    service.publish(service.company("c-1"), bad("c-1"), service.company("c-1", 2))
    assert service.consume() == 3
    assert service.had_effect() == ["c-1:1", "c-1:2"]
    (letter,) = list_dead(service.database, service.messaging)
    assert (letter.attempts, letter.record.key, letter.record.value) == (1, "c-1", b"\xff{")
    assert letter.record.headers == (("ce_id", b"\x00"), ("odd", b"\xfe"))
    assert letter.record.topic == "companies"
    assert letter.failed_at == "2026-03-02T08:00:00.000000Z"
    assert service.calls == ["c-1:1", "c-1:2"]


def test_an_absurd_version_is_a_dead_letter_and_what_follows_has_its_effect(service: Service) -> None:
    absurd, of_nobody = service.company("c-1", 999_999_999), service.company("c-9", FARTHEST + 1)
    service.publish(
        service.company("c-1"), absurd, service.company("c-1", 2), of_nobody, service.erased("c-1", 3)
    )
    service.consume()
    assert service.had_effect() == ["c-1:1", "c-1:2", "c-1:3"]
    letters = list_dead(service.database, service.messaging, None)
    assert [letter.attempts for letter in letters] == [1, 1]
    reasons = {letter.record.key: letter.reason for letter in letters}
    assert "the version 1000001 is absurd" in reasons["c-9"]


def test_what_has_changed_a_million_times_goes_on(service: Service) -> None:
    service.publish(service.company("c-1", FARTHEST), service.company("c-1", FARTHEST + 1))
    service.consume()
    assert service.had_effect() == [f"c-1:{FARTHEST}", f"c-1:{FARTHEST + 1}"]
    assert count_dead(service.database, service.messaging) == 0


def test_a_handler_that_fails_is_tried_four_times_and_its_changes_do_not_stay(service: Service) -> None:
    service.failing["c-2:1"] = RuntimeError("no such luck")
    service.publish(service.company("c-1"), service.company("c-2"), service.company("c-3"))
    assert service.consume() == 3
    assert service.calls.count("c-2:1") == TRIES == 4
    assert sorted(service.had_effect()) == ["c-1:1", "c-3:1"]
    (letter,) = list_dead(service.database, service.messaging)
    assert (letter.attempts, letter.reason) == (4, "RuntimeError: no such luck")


def test_a_handler_that_recovers_leaves_no_dead_letter(service: Service) -> None:
    service.failing["c-1:1"] = RuntimeError("once")

    def recovering(connection: sa.Connection, event: object) -> None:
        try:
            service.handle(connection, event)  # type: ignore[arg-type]
        finally:
            service.failing.clear()

    service.publish(service.company("c-1"))
    service.consume(service.consumer(handlers={"companies": recovering}))
    assert service.had_effect() == ["c-1:1"]
    assert count_dead(service.database, service.messaging) == 0


def test_a_mistake_in_a_handlers_sql_is_its_own_failure(service: Service) -> None:
    def mistaken(connection: sa.Connection, event: object) -> None:
        connection.execute(sa.text("INSERT INTO nowhere VALUES (1)"))

    service.publish(service.company("c-1"))
    service.consume(service.consumer(handlers={"companies": mistaken}))
    (letter,) = list_dead(service.database, service.messaging)
    assert "nowhere" in letter.reason


@pytest.mark.parametrize("valid", [True, False])
def test_an_event_with_a_key_of_any_length_stops_nobody(service: Service, valid: bool) -> None:
    key = secrets.token_hex(4000)
    long = service.company(key) if valid else Message("companies", key, b"no event", ())
    service.publish(long, service.company("c-1"))
    service.consume()
    assert "c-1:1" in service.had_effect()
    settled = [*service.had_effect(), *list_dead(service.database, service.messaging)]
    assert len(settled) == 2


def away() -> sa.exc.OperationalError:
    return sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))


def test_a_database_that_is_away_pauses_and_makes_no_dead_letter(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.consumer.PAUSE_SECONDS", 0.01)
    service.publish(service.company("c-1"), service.company("c-2"), service.company("c-1", 2))
    service.failing["c-2:1"] = away()
    consumer = service.consumer()
    for _ in range(6):
        consumer.consume_once(0.2)
    assert service.calls.count("c-2:1") >= 5
    assert count_dead(service.database, service.messaging) == 0
    service.failing.clear()
    service.consume(consumer)
    assert sorted(service.had_effect()) == ["c-1:1", "c-1:2", "c-2:1"]
    assert service.log.lag("matching", ["companies"]) == 0


def test_what_could_not_be_committed_is_read_again_as_a_duplicate(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise LogUnavailableError("away")

    service.publish(service.company("c-1"), bad("c-2"))
    consumer = service.consumer()
    with monkeypatch.context() as patch:
        patch.setattr("shared.event_log.embedded.EmbeddedSubscriber.commit", unreachable)
        assert service.consume(consumer) == 2
        consumer.close()
    assert service.consume() == 2
    assert service.had_effect() == ["c-1:1"]
    assert count_dead(service.database, service.messaging) == 1


def test_what_could_not_be_committed_is_committed_later_though_nothing_follows(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise LogUnavailableError("disk full")

    service.publish(*(service.company(f"c-{number}") for number in range(6)))
    consumer = service.consumer()
    with monkeypatch.context() as patch:
        patch.setattr("shared.event_log.embedded.EmbeddedSubscriber.commit", full)
        assert service.consume(consumer) == 6
    assert consumer.consume_once(0.1) == 0
    assert service.log.lag("matching", ["companies"]) == 0
    consumer.close()


def test_consuming_halts_after_a_hundred_dead_letters_in_a_row_and_a_restart_resumes(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.publish(*(bad("c-1") for _ in range(HALT_AFTER + 30)), service.company("c-1"))
    halted = service.consumer()
    with caplog.at_level(logging.ERROR):
        service.consume(halted)
    assert halted.halted
    assert HALT_AFTER == 100 == count_dead(service.database, service.messaging)
    assert "consuming halts after 100 dead letters in a row" in caplog.text
    restarted = service.consumer()
    service.consume(restarted)
    assert not restarted.halted
    assert service.had_effect() == ["c-1:1"]
    assert count_dead(service.database, service.messaging) == 130


def test_an_event_in_between_starts_the_count_again(service: Service) -> None:
    for version in (1, 2, 3):
        service.publish(*(bad("c-1") for _ in range(60)), service.company("c-1", version))
    consumer = service.consumer()
    service.consume(consumer)
    assert not consumer.halted
    assert count_dead(service.database, service.messaging) == 180


def test_a_halted_consumer_goes_on_running_until_it_is_stopped(service: Service) -> None:
    service.publish(*(bad("c-1") for _ in range(HALT_AFTER)))
    consumer, stop = service.consumer(), threading.Event()
    thread = threading.Thread(target=consumer.run, args=(stop,))
    thread.start()
    deadline = time.monotonic() + 200
    while not consumer.halted and time.monotonic() < deadline:
        stop.wait(0.02)
    assert consumer.halted
    assert thread.is_alive()
    stop.set()
    thread.join(200)
    assert not thread.is_alive()


def test_stopping_in_the_middle_of_tries_makes_no_dead_letter(service: Service) -> None:
    service.failing["c-1:1"] = RuntimeError("not yet")
    service.publish(service.company("c-1"))
    consumer, stop = service.consumer(retry_seconds=(60.0, 60.0, 60.0)), threading.Event()
    thread = threading.Thread(target=consumer.run, args=(stop,))
    thread.start()
    deadline = time.monotonic() + 200
    while not service.calls and time.monotonic() < deadline:
        stop.wait(0.02)
    stop.set()
    thread.join(200)
    assert not thread.is_alive()
    assert count_dead(service.database, service.messaging) == 0
    assert service.log.lag("matching", ["companies"]) == 1


def test_two_members_of_a_group_keep_the_order_of_every_key(service: Service) -> None:
    stop = threading.Event()
    events = [service.company(f"c-{n}", version) for version in range(1, 21) for n in range(12)]
    consumers = [service.consumer() for _ in range(2)]
    threads = [threading.Thread(target=one.run, args=(stop,)) for one in consumers]
    threads[0].start()
    for start in range(0, len(events), 24):
        service.publish(*events[start : start + 24])
        if start == 72:
            threads[1].start()
    deadline = time.monotonic() + 200
    while len(service.had_effect()) < len(events) and time.monotonic() < deadline:
        stop.wait(0.05)
    stop.set()
    for thread in threads:
        thread.join(200)
    found = service.had_effect()
    for n in range(12):
        mine = [one for one in found if one.startswith(f"c-{n}:")]
        assert mine == [f"c-{n}:{version}" for version in range(1, 21)]


def test_a_tombstone_empties_the_dead_letters_of_its_key(service: Service) -> None:
    canary = "canary-51bd"
    service.failing["c-1:1"] = RuntimeError(canary)
    service.publish(service.company("c-1", name=canary), service.erased("c-1", 2))
    service.consume()
    (letter,) = list_dead(service.database, service.messaging, status=None)
    assert (letter.status, letter.record.value, letter.reason) == ("superseded", None, "erased")
    with service.database.reading() as connection:
        assert canary not in str(connection.execute(sa.select(service.messaging.dead_letters)).all())
