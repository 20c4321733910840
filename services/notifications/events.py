"""What the service does with each event: it records, nothing more; the workers act on what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy.engine import Connection

from services.notifications.contacts.domain.contact import Side, contact_from_state
from services.notifications.contacts.store import delete_contact, save_contact
from services.notifications.deliveries.store.approvals import delete_introduction, save_introduction
from services.notifications.deliveries.store.removals import add_removals_about, add_removals_to
from services.notifications.mail.domain.introduction import is_erased
from services.notifications.tables import messaging
from shared.clock import Clock
from shared.events.event import Event
from shared.messaging.dead_letters import empty_letters_of

Handler = Callable[[Connection, Event], None]


def make_handlers(clock: Clock) -> Mapping[str, Handler]:
    """Return the handler of each topic; `clock` says when the first event of an approval arrived."""
    return {
        "companies": partial(record_contact, side=Side.COMPANY),
        "partners": partial(record_contact, side=Side.PARTNER),
        "introductions": partial(record_introduction, clock=clock),
    }


def record_contact(connection: Connection, event: Event, side: Side) -> None:
    """Record whom to write to at an organisation; nobody where it has withdrawn, is erased or names nobody."""
    if event.state is None:
        add_removals_to(connection, side, event.aggregate_id)
    contact = None if event.state is None else contact_from_state(event.state)
    if contact is None:
        delete_contact(connection, side, event.aggregate_id)
    else:
        save_contact(connection, side, event.aggregate_id, contact)


def record_introduction(connection: Connection, event: Event, clock: Clock) -> None:
    """Record an introduction as it stands; delete an erased one, and what was said of an erased side."""
    if event.state is None:
        delete_introduction(connection, event.aggregate_id)
        return
    if is_erased(event.state):
        # The mails and the dead letters of the states before this one say what it no longer says.
        add_removals_about(connection, event.aggregate_id)
        empty_letters_of(connection, messaging, "introductions", event.aggregate_id, clock)
    save_introduction(connection, event.state, clock())
