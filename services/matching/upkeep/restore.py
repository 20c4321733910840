"""Restoring matching: introductions as events, and newer introductions taken up from events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions import store as decisions
from services.matching.organisations.store import projection
from shared.clock import from_text
from shared.events.event import Event


def current(connection: Connection, topic: str) -> Iterator[Event]:
    """Return every introduction as the event that would tell of its state."""
    for one in projection.list_states(connection, tables.introductions):
        moment = from_text(one.state["updated_at"])
        yield Event(f"introduction.{one.state['status']}", one.id, one.version, moment, dict(one.state))


def adopt(connection: Connection, topic: str, event: Event) -> None:
    """Take up the introduction that an event tells of, in place of the one that is here; a tombstone removes it."""
    if event.state is None:
        projection.delete_state(connection, tables.introductions, event.aggregate_id)
    else:
        decisions.save_introduction_state(connection, event)


def approvals(connection: Connection) -> Mapping[str, set[str]]:
    """Return the ids of all approvals of each request, those of cancelled introductions included."""
    found: dict[str, set[str]] = {}
    for event in current(connection, "introductions"):
        state = event.state or {}
        found.setdefault(state["request_id"], set()).add(state["approval"]["id"])
    for request_id, approval_id in decisions.list_reviewed_approvals(connection):
        found.setdefault(request_id, set()).add(approval_id)
    return found
