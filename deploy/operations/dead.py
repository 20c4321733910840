"""`handslag dead`: the dead letters of all services under one name each, SERVICE:NUMBER."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.operations.databases import opened_database
from deploy.services import SERVICES
from shared.clock import Clock
from shared.messaging import dead_letters
from shared.messaging.dead_letters import DeadLetter, NoSuchDeadLetterError, ReplayFailedError
from shared.settings.registry import Settings


@dataclass(frozen=True)
class LetterName:
    """Which dead letter of which service; written SERVICE:NUMBER."""

    service: str
    number: int

    def __str__(self) -> str:
        return f"{self.service}:{self.number}"


@dataclass(frozen=True)
class Replayed:
    """What came of a replay: `replayed`, `superseded` or `failed`, then with the reason."""

    name: LetterName
    outcome: str
    reason: str = ""


def read_name(text: str) -> LetterName:
    """Read SERVICE:NUMBER; raises ValueError that says how a dead letter is named."""
    service, _, number = text.partition(":")
    if service not in SERVICES or not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise ValueError(
            f"{text!r} names no dead letter: write SERVICE:NUMBER as `handslag dead list` does, "
            "for example matching:7"
        )
    return LetterName(service, int(number))


def list_letters(settings: Settings, services: Sequence[str]) -> Iterator[tuple[LetterName, DeadLetter]]:
    """List the letters of some services that wait to be settled, oldest first; raises DatabaseAwayError."""
    for name in services:
        service = SERVICES[name]
        with opened_database(settings, service) as database:
            for letter in dead_letters.list_dead(database, service.parts.messaging):
                yield LetterName(name, letter.id), letter


def find_letter(settings: Settings, name: LetterName) -> DeadLetter:
    """Return a letter, settled or not; raises NoSuchDeadLetterError, DatabaseAwayError."""
    service = SERVICES[name.service]
    with opened_database(settings, service) as database:
        return dead_letters.show(database, service.parts.messaging, name.number)


def replay_letters(settings: Settings, names: Sequence[LetterName], clock: Clock) -> Iterator[Replayed]:
    """Replay letters in their order and tell what came of each; one that fails stops no other.

    Raises NoSuchDeadLetterError for the only one that is named when there is none, DatabaseAwayError.
    """
    for name in names:
        service = SERVICES[name.service]
        with opened_database(settings, service) as database:
            try:
                handlers = service.parts.handlers(clock)
                status = dead_letters.replay(database, service.parts.messaging, handlers, name.number, clock)
            except ReplayFailedError as error:
                yield Replayed(name, "failed", str(error))
            except NoSuchDeadLetterError as error:
                if len(names) == 1:
                    raise
                yield Replayed(name, "failed", str(error))  # somebody else settled it meanwhile
            else:
                yield Replayed(name, status)


def discard_letter(settings: Settings, name: LetterName, reason: str, clock: Clock) -> None:
    """Discard a letter; raises NoSuchDeadLetterError, DatabaseAwayError, and ValueError without a reason."""
    service = SERVICES[name.service]
    with opened_database(settings, service) as database:
        dead_letters.discard(database, service.parts.messaging, name.number, reason, clock)


def summary(name: LetterName, letter: DeadLetter) -> dict[str, Any]:
    """Return what a list says of a letter: where it came from and why it is dead, nothing of what it says."""
    record = letter.record
    return {
        "id": str(name),
        "topic": record.topic,
        "key": _text(record.key),
        "partition": record.partition,
        "offset": record.offset,
        "status": letter.status,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "failed_at": letter.failed_at,
        "settled_at": letter.settled_at,
        "note": letter.note,
    }


def details(name: LetterName, letter: DeadLetter) -> dict[str, Any]:
    """Return all of a letter; bytes that are no UTF-8 are shown as escapes."""
    value = letter.record.value
    headers = [[header, _bytes_text(content)] for header, content in letter.record.headers]
    return {
        **summary(name, letter),
        "headers": headers,
        "value": None if value is None else _bytes_text(value),
    }


def as_text(shown: Mapping[str, Any]) -> str:
    """Write `details` for people, the value as indented JSON where it is JSON."""
    lines = [f"{label:<11} {text}" for label, text in shown.items() if label not in {"headers", "value"}]
    lines += [f"{'header':<11} {header}: {content}" for header, content in shown["headers"]]
    return "\n".join([*lines, "", _pretty(shown["value"])])


def _pretty(value: str | None) -> str:
    if value is None:
        return "(no value: the tombstone of an erased aggregate, or emptied by one)"
    try:
        return json.dumps(json.loads(value), ensure_ascii=False, indent=2)
    except ValueError:
        return value


def _text(text: str) -> str:
    return text.encode(errors="surrogateescape").decode(errors="backslashreplace")


def _bytes_text(content: bytes) -> str:
    return content.decode(errors="backslashreplace")
