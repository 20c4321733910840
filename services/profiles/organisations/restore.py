"""What putting a restored house in order needs of profiles: its states as events, and taking up a newer state."""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.profiles.organisations import erase as erasure
from services.profiles.organisations import store
from services.profiles.organisations.domain.codes import KINDS, WITHDRAWN
from shared.clock import from_text
from shared.events.event import Event


def current(connection: Connection, topic: str) -> Iterator[Event]:
    """Return every aggregate of a topic as the event that would tell of its state."""
    texts = connection.execute(sa.select(store.TABLES[topic].c.state).order_by(store.TABLES[topic].c.id))
    for text in texts.scalars().all():
        state = json.loads(text)
        word = (
            WITHDRAWN if state["status"] == WITHDRAWN else "created" if state["version"] == 1 else "replaced"
        )
        kind = f"{KINDS[topic].aggregate}.{word}"
        yield Event(kind, state["id"], state["version"], from_text(state["updated_at"]), state)


def adopt(connection: Connection, topic: str, event: Event) -> None:
    """Take up the state that an event tells of, in place of the one that is here; a tombstone removes it."""
    if event.state is None:
        erasure.forget(connection, store.BACKBONE, topic, event)
    elif store.find(connection, topic, event.aggregate_id) is None:
        store.insert(connection, topic, event.state)
    else:
        store.update(connection, topic, event.state)
