"""What putting a restored house in order needs of matching: introductions as events, and taking up newer ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.store import decisions, projection, tables
from shared.clock import from_text
from shared.events.event import Event

TOPICS = ("introductions",)


def current(connection: Connection, topic: str) -> Iterator[Event]:
    """Give every introduction as the event that would tell of its state."""
    rows = connection.execute(sa.select(tables.introductions).order_by(tables.introductions.c.id)).all()
    for row in rows:
        state = json.loads(row.state)
        moment = from_text(state["updated_at"])
        yield Event(f"introduction.{state['status']}", row.id, row.version, moment, state)


def adopt(connection: Connection, topic: str, event: Event) -> None:
    """Take up the introduction that an event tells of, in place of the one that is here; a tombstone removes it."""
    if event.state is None:
        projection.drop_state(connection, tables.introductions, event.aggregate_id)
    else:
        decisions.put_introduction(connection, event)


def approvals(connection: Connection) -> Mapping[str, set[str]]:
    """Give the ids of all approvals of each request, those of cancelled introductions included."""
    found: dict[str, set[str]] = {}
    for event in current(connection, "introductions"):
        state = event.state or {}
        found.setdefault(state["request_id"], set()).add(state["approval"]["id"])
    reviews = tables.reviews.c
    query = sa.select(reviews.request_id, reviews.approval_id).where(reviews.approval_id.is_not(None))
    for row in connection.execute(query):
        found.setdefault(row.request_id, set()).add(row.approval_id)
    return found
