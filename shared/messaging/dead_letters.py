"""Dead letters: records that could not have their effect, kept byte for byte until staff settle them.

A letter is `dead` until it is `replayed` (it had its effect), `superseded` (a newer version had it, or the
aggregate is erased) or `discarded` (staff gave it up, with a reason). A tombstone empties the letters of its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.clock import Clock, system_clock, to_text
from shared.event_log.port import Headers, Record, read_headers, write_headers
from shared.events.envelope import BadEventError, from_record
from shared.messaging.effects import Handler, apply_once, is_dependency_away
from shared.messaging.tables import MessagingTables
from shared.storage.engine import Database

Status = Literal["dead", "replayed", "superseded", "discarded"]


class NoSuchDeadLetterError(Exception):
    """There is no dead letter with this id, or it is settled already."""


class ReplayFailedError(Exception):
    """The replay failed; the letter stays dead, with the new reason."""


@dataclass(frozen=True)
class DeadLetter:
    """One letter; `failed_at` and `settled_at` are moments as text, `note` says why it was discarded."""

    id: int
    record: Record
    reason: str
    attempts: int
    failed_at: str
    status: Status
    settled_at: str | None
    note: str


def bury(
    connection: Connection,
    messaging: MessagingTables,
    record: Record,
    reason: str,
    attempts: int,
    clock: Clock,
) -> int:
    """Keep a record as a dead letter and return its id; one that is kept already is not kept twice."""
    table = messaging.dead_letters
    place = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp_ms": record.timestamp_ms,
    }
    same_place = [table.c[name] == value for name, value in place.items()]
    kept: int | None = connection.scalar(sa.select(table.c.id).where(*same_place))
    if kept is not None:
        return kept
    inserted = connection.execute(
        sa.insert(table).values(
            **place,
            key=record.key.encode(errors="surrogateescape"),
            value=record.value,
            headers=write_headers(record.headers),
            reason=_storable(reason),
            attempts=attempts,
            failed_at=to_text(clock()),
            status="dead",
            note="",
        )
    )
    return int(inserted.inserted_primary_key[0])  # type: ignore[index]


def empty_letters_of(
    connection: Connection, messaging: MessagingTables, topic: str, key: str, clock: Clock
) -> None:
    """Erase what the dead letters of an erased aggregate say; those still dead are superseded."""
    table = messaging.dead_letters
    mine = (table.c.topic == topic, table.c.key == key.encode(errors="surrogateescape"))
    connection.execute(
        sa.update(table)
        .where(*mine, table.c.status == "dead")
        .values(status="superseded", settled_at=to_text(clock()))
    )
    connection.execute(
        sa.update(table).where(*mine).values(value=None, headers="[]", reason="erased", note="")
    )


def list_dead(
    database: Database, messaging: MessagingTables, status: Status | None = "dead", limit: int = 1000
) -> list[DeadLetter]:
    """List up to `limit` letters of a status (None: of every status), oldest first."""
    table = messaging.dead_letters
    query = sa.select(table).order_by(table.c.id).limit(limit)
    with database.reading() as connection:
        rows = connection.execute(query if status is None else query.where(table.c.status == status)).all()
    return [_letter(row) for row in rows]


def count_dead(database: Database, messaging: MessagingTables) -> int:
    """Count the letters that wait to be settled."""
    table = messaging.dead_letters
    with database.reading() as connection:
        return int(
            connection.execute(
                sa.select(sa.func.count()).select_from(table).where(table.c.status == "dead")
            ).scalar_one()
        )


def show(database: Database, messaging: MessagingTables, id: int) -> DeadLetter:
    """Return one letter; raises NoSuchDeadLetterError."""
    with database.reading() as connection:
        return _letter(_find(connection, messaging, id))


def replay(
    database: Database,
    messaging: MessagingTables,
    handlers: Mapping[str, Handler],
    id: int,
    clock: Clock = system_clock,
) -> Status:
    """Hand a dead letter to its topic's handler again, under the same rules; return how it was settled.

    Raises NoSuchDeadLetterError; ReplayFailedError when it fails again (the letter notes the new reason);
    sqlalchemy.exc.OperationalError when the database is away (nothing is changed).
    """
    try:
        with database.writing() as connection:
            letter = _dead(connection, messaging, id)
            status = _replay_one(connection, messaging, letter.record, handlers, clock)
            _settle(connection, messaging, id, status, "", clock)
            return status
    except NoSuchDeadLetterError:
        raise
    except Exception as error:
        if is_dependency_away(error):
            raise
        reason = describe(error)
        with database.writing() as connection:
            _note_failure(connection, messaging, id, reason, clock)
        raise ReplayFailedError(f"dead letter {id} failed again: {reason}") from error


def discard(
    database: Database, messaging: MessagingTables, id: int, reason: str, clock: Clock = system_clock
) -> None:
    """Discard a dead letter; its row stays, with staff's reason.

    Raises NoSuchDeadLetterError, and ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("say why the dead letter is discarded")
    with database.writing() as connection:
        _dead(connection, messaging, id)
        _settle(connection, messaging, id, "discarded", reason, clock)


def describe(error: BaseException) -> str:
    """Return an error's kind and words, without the parameters of a database statement: they may be personal."""
    if isinstance(error, BadEventError):
        return str(error)
    cause: object = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return f"{type(error).__name__}: {cause}"[:2000]


def _replay_one(
    connection: Connection,
    messaging: MessagingTables,
    record: Record,
    handlers: Mapping[str, Handler],
    clock: Clock,
) -> Status:
    event = from_record(record)
    if record.topic not in handlers:
        raise BadEventError(f"nothing here handles topic {record.topic!r}")
    if not apply_once(connection, messaging, record.topic, event, handlers[record.topic]):
        return "superseded"
    if event.state is None:
        empty_letters_of(connection, messaging, record.topic, record.key, clock)
    return "replayed"


def _find(connection: Connection, messaging: MessagingTables, id: int, lock: bool = False) -> sa.Row[Any]:
    table = messaging.dead_letters
    query = sa.select(table).where(table.c.id == id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NoSuchDeadLetterError(f"there is no dead letter {id}")
    return row


def _dead(connection: Connection, messaging: MessagingTables, id: int) -> DeadLetter:
    # The row is locked, so that two replays at once wait for each other.
    letter = _letter(_find(connection, messaging, id, lock=True))
    if letter.status != "dead":
        raise NoSuchDeadLetterError(f"dead letter {id} is settled already: {letter.status}")
    return letter


def _settle(
    connection: Connection, messaging: MessagingTables, id: int, status: Status, note: str, clock: Clock
) -> None:
    table = messaging.dead_letters
    connection.execute(
        sa.update(table)
        .where(table.c.id == id)
        .values(status=status, settled_at=to_text(clock()), note=_storable(note))
    )


def _note_failure(
    connection: Connection, messaging: MessagingTables, id: int, reason: str, clock: Clock
) -> None:
    table = messaging.dead_letters
    connection.execute(
        sa.update(table)
        .where(table.c.id == id, table.c.status == "dead")
        .values(reason=_storable(reason), attempts=table.c.attempts + 1, failed_at=to_text(clock()))
    )


def _storable(text: str) -> str:
    """Make a text that any database takes: no NUL, no lone surrogates."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()


def _letter(row: sa.Row[Any]) -> DeadLetter:
    headers: Headers = read_headers(row.headers)
    record = Record(
        topic=row.topic,
        partition=row.partition,
        offset=row.offset,
        key=bytes(row.key).decode(errors="surrogateescape"),
        value=None if row.value is None else bytes(row.value),
        headers=headers,
        timestamp_ms=row.timestamp_ms,
    )
    return DeadLetter(
        row.id, record, row.reason, row.attempts, row.failed_at, row.status, row.settled_at, row.note
    )
