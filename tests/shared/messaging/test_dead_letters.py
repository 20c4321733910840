"""Dead letters are listed, replayed under the same rules, or given up with a reason."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from shared.event_log.port import Message
from shared.messaging.dead_letters import (
    NoSuchDeadLetterError,
    ReplayFailedError,
    discard,
    list_dead,
    replay,
    show,
)

if TYPE_CHECKING:
    from tests.shared.conftest import Service


def dead_letter(service: Service, version: int = 1) -> int:
    """Make c-1 at a version a dead letter and mend its cause."""
    event = service.company("c-1", version)
    service.failing[event.id] = RuntimeError("broken")
    service.publish(event)
    service.consume()
    service.failing.clear()
    return list_dead(service.database, service.messaging)[-1].id


def replay_it(service: Service, id: int) -> str:
    return replay(service.database, service.messaging, {"companies": service.handle}, id, service.clock)


def test_a_replay_has_the_effect_and_settles_the_letter(service: Service) -> None:
    id = dead_letter(service)
    assert replay_it(service, id) == "replayed"
    assert service.had_effect() == ["c-1:1"]
    letter = show(service.database, service.messaging, id)
    assert (letter.status, letter.settled_at) == ("replayed", "2026-03-02T08:00:00.000000Z")
    assert list_dead(service.database, service.messaging) == []
    with pytest.raises(NoSuchDeadLetterError, match="settled already: replayed"):
        replay_it(service, id)
    assert service.had_effect() == ["c-1:1"]


def test_a_replayed_event_that_is_delivered_again_is_a_duplicate(service: Service) -> None:
    replay_it(service, dead_letter(service))
    service.publish(service.company("c-1"))
    service.consume()
    assert service.had_effect() == ["c-1:1"]


def test_a_letter_whose_key_has_a_newer_version_is_superseded(service: Service) -> None:
    id = dead_letter(service)
    service.publish(service.company("c-1", 2))
    service.consume()
    assert replay_it(service, id) == "superseded"
    assert service.had_effect() == ["c-1:2"]


def test_a_replay_that_fails_leaves_the_letter_dead_with_the_new_reason(service: Service) -> None:
    id = dead_letter(service)
    service.failing["c-1:1"] = ValueError("still broken")
    with pytest.raises(ReplayFailedError, match="ValueError: still broken"):
        replay_it(service, id)
    letter = show(service.database, service.messaging, id)
    assert (letter.status, letter.reason, letter.attempts) == ("dead", "ValueError: still broken", 5)
    assert service.had_effect() == []


def test_a_replay_while_the_database_is_away_changes_nothing(service: Service) -> None:
    id = dead_letter(service)
    before = show(service.database, service.messaging, id)
    service.failing["c-1:1"] = sa.exc.OperationalError("", {}, sqlite3.OperationalError("database is locked"))
    with pytest.raises(sa.exc.OperationalError):
        replay_it(service, id)
    assert show(service.database, service.messaging, id) == before


def test_a_discarded_letter_stays_with_its_reason(service: Service) -> None:
    id = dead_letter(service)
    with pytest.raises(ValueError, match="say why"):
        discard(service.database, service.messaging, id, " ", service.clock)
    discard(service.database, service.messaging, id, "a test of the sender", service.clock)
    letter = show(service.database, service.messaging, id)
    assert (letter.status, letter.note) == ("discarded", "a test of the sender")
    with pytest.raises(NoSuchDeadLetterError):
        discard(service.database, service.messaging, id, "again", service.clock)


def test_an_unknown_letter_is_said(service: Service) -> None:
    with pytest.raises(NoSuchDeadLetterError, match="no dead letter 77"):
        show(service.database, service.messaging, 77)


def test_the_bytes_of_a_letter_are_those_of_the_record(service: Service) -> None:
    every_byte = bytes(range(256))
    service.publish(Message("companies", "å\u0000 key", every_byte, (("a", every_byte), ("a", b""))))
    service.consume()
    (letter,) = list_dead(service.database, service.messaging)
    assert letter.record.value == every_byte
    assert letter.record.headers == (("a", every_byte), ("a", b""))
    assert letter.record.key == "å\u0000 key"
    with pytest.raises(ReplayFailedError, match="a header stands there twice"):
        replay_it(service, letter.id)
