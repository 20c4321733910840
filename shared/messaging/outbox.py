"""The outbox: events are recorded in the transaction of the change they tell of; the relay publishes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.clock import from_text, to_text
from shared.event_log.port import MAX_VALUE_BYTES, Message
from shared.events.envelope import (
    BadEventError,
    decode_state,
    encode_state,
    load_state,
    recorded_message,
    topic_of,
)
from shared.events.event import Event, State
from shared.messaging.tables import MessagingTables
from shared.storage.written_inserts import Insert
from shared.telemetry import traces


class EventTooLargeError(Exception):
    """The event would be larger than the log takes: make its texts shorter."""


@dataclass(slots=True)
class OutboxRow:
    """An event that waits for the relay, as its row says it."""

    position: int
    id: str
    aggregate_id: str
    type: str
    payload: str | None
    time: str
    traceparent: str | None = None

    def event(self) -> Event:
        """Return the event; raises BadEventError when the row's payload is no JSON."""
        state = None if self.payload is None else decode_state(self.payload)
        version = int(self.id.rpartition(":")[2])
        return Event(self.type, self.aggregate_id, version, from_text(self.time), state)

    def message(self) -> Message:
        """Return the message, as `to_message` would write it; raises BadEventError when its type is unknown.

        The event was checked when it was recorded, so its payload goes as it stands.
        """
        version = self.id.rpartition(":")[2]
        message = recorded_message(self.type, self.aggregate_id, version, self.time, self.payload)
        return message if self.traceparent is None else traces.traced(message, self.traceparent)


def record_event(
    connection: Connection, messaging: MessagingTables, event: Event, before: State | None = None
) -> None:
    """Record an event in the transaction of the change that it tells of; the relay publishes it afterwards.

    `before` is the stored state that was changed: newer code beside this one may have written it, and of its
    fields those that this code does not know travel on as they are. A tombstone also removes what the log refused
    of the same aggregate, so that nothing erased stays behind.
    Raises EventTooLargeError above `MAX_VALUE_BYTES` bytes of JSON; BadEventError when the state is not what
    the catalogue's schema says or has fields that it does not know; sqlalchemy.exc.IntegrityError when this
    version of the aggregate waits already.
    """
    topic = topic_of(event)
    payload = None
    if event.state is not None:
        known = load_state(topic, event.state, event.aggregate_id, event.version)
        unknown = set() if event.state == known else set(_unknown_fields(event.state, known))
        strange = sorted(unknown - set(_field_paths(before)))
        if strange:
            raise BadEventError(f"{event.type}: the catalogue does not know the fields {', '.join(strange)}")
        payload = encode_state(_with_unknown_fields(event.state, known) if unknown else known)
        size = len(payload.encode())
        if size > MAX_VALUE_BYTES:
            raise EventTooLargeError(
                f"{event.type} of {event.aggregate_id} would be {size} bytes: "
                f"make its texts shorter, at most {MAX_VALUE_BYTES} bytes are taken"
            )
    outbox = messaging.outbox
    if payload is None:
        connection.execute(
            sa.delete(outbox).where(
                outbox.c.aggregatetype == topic.name,
                outbox.c.aggregateid == event.aggregate_id,
                outbox.c.refused.is_not(None),
            )
        )
    _recording(outbox).execute(
        connection,
        {
            "id": event.id,
            "aggregatetype": topic.name,
            "aggregateid": event.aggregate_id,
            "type": event.type,
            "payload": payload,
            "time": to_text(event.time),
            "traceparent": traces.current(),
        },
    )


def waiting_rows(
    connection: Connection, messaging: MessagingTables, limit: int, after: int = 0
) -> list[OutboxRow]:
    """Read up to `limit` events that wait to be published, in the order they were recorded.

    With `after` only those of a higher position. Such a read may overlook rows: on PostgreSQL a lower position
    can become visible later than a higher one. `waiting_up_to` tells.
    """
    columns = messaging.outbox.c
    rows = connection.execute(
        sa.select(
            columns.position,
            columns.id,
            columns.aggregateid,
            columns.type,
            columns.payload,
            columns.time,
            columns.traceparent,
        )
        .where(columns.refused.is_(None), columns.position > after)
        .order_by(columns.position)
        .limit(limit)
    )
    return [OutboxRow(*row) for row in rows]


def waiting_up_to(connection: Connection, messaging: MessagingTables, position: int) -> set[int]:
    """Return the positions, up to one, of the events that wait to be published."""
    columns = messaging.outbox.c
    query = sa.select(columns.position).where(columns.refused.is_(None), columns.position <= position)
    return set(connection.execute(query).scalars())


def delete_rows(connection: Connection, messaging: MessagingTables, positions: Sequence[int]) -> None:
    """Delete exactly these rows: those that the log has acknowledged."""
    connection.execute(sa.delete(messaging.outbox).where(messaging.outbox.c.position.in_(positions)))


def forget_waiting(connection: Connection, messaging: MessagingTables, topic: str, aggregate_id: str) -> None:
    """Delete all rows of an aggregate, as a newer state or a tombstone makes up for them: each state is whole."""
    outbox = messaging.outbox
    mine = sa.and_(outbox.c.aggregatetype == topic, outbox.c.aggregateid == aggregate_id)
    connection.execute(sa.delete(outbox).where(mine))


def mark_refused(connection: Connection, messaging: MessagingTables, position: int, reason: str) -> None:
    """Keep a row that the log can never take, with the reason; later versions of its aggregate go on."""
    connection.execute(
        sa.update(messaging.outbox).where(messaging.outbox.c.position == position).values(refused=reason)
    )


def outbox_counts(connection: Connection, messaging: MessagingTables) -> tuple[int, int]:
    """Count the rows that wait to be published and those that the log refused."""
    refused = messaging.outbox.c.refused
    waiting, kept = connection.execute(
        sa.select(
            sa.func.count().filter(refused.is_(None)),
            sa.func.count().filter(refused.is_not(None)),
        ).select_from(messaging.outbox)
    ).one()
    return int(waiting), int(kept)


def oldest_waiting(connection: Connection, messaging: MessagingTables) -> str | None:
    """Return the moment (as text) of the oldest row that waits to be published."""
    outbox = messaging.outbox.c
    found: str | None = connection.scalar(sa.select(sa.func.min(outbox.time)).where(outbox.refused.is_(None)))
    return found


def waiting_aggregates(connection: Connection, messaging: MessagingTables) -> set[tuple[str, str]]:
    """Return topic and id of every aggregate of which something waits to be published."""
    outbox = messaging.outbox.c
    query = sa.select(outbox.aggregatetype, outbox.aggregateid).where(outbox.refused.is_(None))
    return {(topic, id) for topic, id in connection.execute(query)}


def drop_published(
    connection: Connection, messaging: MessagingTables, topic: str, published: Callable[[str], int]
) -> dict[str, int]:
    """Drop the rows of a topic that are no newer than what is published; return the newest that stays, by id.

    `published` returns the version of an aggregate that the log ends with, 0 for none.
    """
    outbox = messaging.outbox
    waiting: dict[str, int] = {}
    query = sa.select(outbox.c.position, outbox.c.id, outbox.c.aggregateid).where(
        outbox.c.aggregatetype == topic
    )
    for position, event_id, id in connection.execute(query).all():
        version = int(event_id.rpartition(":")[2])
        if version <= published(id):
            connection.execute(sa.delete(outbox).where(outbox.c.position == position))
        else:
            waiting[id] = max(version, waiting.get(id, 0))
    return waiting


@cache
def _recording(outbox: sa.Table) -> Insert:
    return Insert(outbox, "id", "aggregatetype", "aggregateid", "type", "payload", "time", "traceparent")


def _unknown_fields(given: Any, known: Any, path: str = "") -> list[str]:
    """List the fields of a state that its schema left out, as paths."""
    if isinstance(given, dict) and isinstance(known, dict):
        return [
            found
            for name, value in given.items()
            for found in (
                _unknown_fields(value, known[name], f"{path}{name}.") if name in known else [f"{path}{name}"]
            )
        ]
    if isinstance(given, list) and isinstance(known, list):
        return [
            found
            for one, other in zip(given, known, strict=True)
            for found in _unknown_fields(one, other, path)
        ]
    return []


def _field_paths(state: Any, path: str = "") -> list[str]:
    """List every field of a state as paths."""
    if isinstance(state, dict):
        return [
            found
            for name, value in state.items()
            for found in (f"{path}{name}", *_field_paths(value, f"{path}{name}."))
        ]
    if isinstance(state, list):
        return [found for one in state for found in _field_paths(one, path)]
    return []


def _with_unknown_fields(given: Any, known: Any) -> Any:
    """Return a loaded state with the fields that its schema left out."""
    if isinstance(given, dict) and isinstance(known, dict):
        loaded = {
            name: _with_unknown_fields(given[name], value) if name in given else value
            for name, value in known.items()
        }
        return {**given, **loaded}
    if isinstance(given, list) and isinstance(known, list):
        return [_with_unknown_fields(one, other) for one, other in zip(given, known, strict=True)]
    return known
