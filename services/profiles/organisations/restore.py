"""What a restore needs of profiles: their states as events, and taking up a newer state."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.engine import Connection

from services.profiles.organisations import store
from services.profiles.organisations.domain.codes import KINDS, Status
from services.profiles.organisations.domain.profile_state import State
from services.profiles.organisations.erase import forget
from shared.clock import from_text
from shared.events.event import Event


def current(connection: Connection, topic: str) -> Iterator[Event]:
    """Yield every aggregate of a topic as the event that would tell of its state."""
    for state in store.list_all_profiles(connection, topic):
        yield Event(
            f"{KINDS[topic].aggregate}.{_happened(state)}",
            state["id"],
            state["version"],
            from_text(state["updated_at"]),
            state,
        )


def adopt(connection: Connection, topic: str, event: Event) -> None:
    """Take up the state that an event tells of, in place of the one that is here; a tombstone removes it."""
    if event.state is None:
        forget(connection, topic, event)
    elif store.get_profile(connection, topic, event.aggregate_id) is None:
        store.add_profile(connection, topic, event.state)
    else:
        store.save_profile(connection, topic, event.state)


def _happened(state: State) -> str:
    if state["status"] == Status.WITHDRAWN:
        return "withdrawn"
    return "created" if state["version"] == 1 else "replaced"
