"""What the service does with each event: it records, nothing more; the workers act on what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy.engine import Connection

from services.notifications.contacts.domain.contact import Side, contact_from_state, is_erased
from services.notifications.deliveries.store import records as store
from services.notifications.tables import backbone
from shared.clock import Clock
from shared.events.event import Event
from shared.messaging.dead_letters import empty_letters_of

Handler = Callable[[Connection, Event], None]


def make_handlers(clock: Clock) -> Mapping[str, Handler]:
    """Return a handler per topic; `clock` says when an approval was first heard of."""
    return {
        "companies": partial(keep_contact, side="company"),
        "partners": partial(keep_contact, side="partner"),
        "introductions": partial(keep_introduction, clock=clock),
    }


def keep_contact(connection: Connection, event: Event, side: Side) -> None:
    """Keep whom to write to at an organisation; forget them when it has withdrawn, is erased or names nobody."""
    if event.state is None:
        store.note_removals(connection, side, event.aggregate_id)
    contact = None if event.state is None else contact_from_state(event.state)
    store.save_contact(connection, side, event.aggregate_id, contact)


def keep_introduction(connection: Connection, event: Event, clock: Clock) -> None:
    """Keep an introduction as it stands; forget it when it is erased, and what was said of an erased side."""
    if event.state is None:
        store.remove_introduction(connection, event.aggregate_id)
        return
    if is_erased(event.state):
        # The mails and the dead letters of the states before this one say what it no longer says.
        store.note_removals_of(connection, event.aggregate_id)
        empty_letters_of(connection, backbone, "introductions", event.aggregate_id, clock)
    store.save_introduction(connection, event.state, clock())
