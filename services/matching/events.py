"""What matching does with events: a handler for each topic, in the transaction of the caller.

A handler brings the projection up to an event's state and marks the reports that the event touches; a worker makes
such reports again. No handler relies on the order between topics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.duplicates.domain.naming import mail_domain
from services.matching.organisations.domain.model import OPEN
from services.matching.organisations.domain.sides import Side
from services.matching.organisations.store import erasures, projection
from services.matching.programmes import store as programmes
from services.matching.reports.store import due, reports
from services.matching.upkeep.erase import forget_request_words
from shared.events.event import Event


def company_changed(connection: Connection, event: Event) -> None:
    """Keep a company without its contact, or forget an erased one; all open reports are made again."""
    if event.state is None:
        projection.delete_state(connection, tables.companies, event.aggregate_id)
        erasures.add(connection, Side.COMPANY, event)
    else:
        projection.save_state(connection, tables.companies, _without_contact(event))
    due.companies_changed(connection, event.time)


def partner_changed(connection: Connection, event: Event) -> None:
    """Keep a partner without its contact, or forget an erased one; the reports of its requests are made again.

    Of an erased partner the reports go too: they hold its words.
    """
    if event.state is None:
        projection.delete_state(connection, tables.partners, event.aggregate_id)
        theirs = projection.list_versions(
            connection, tables.requests, tables.requests.c.partner_id == event.aggregate_id
        )
        for request_id in theirs:
            reports.delete_report(connection, request_id)
        erasures.add(connection, Side.PARTNER, event)
    else:
        projection.save_state(connection, tables.partners, _without_contact(event))
    due.partner_changed(connection, event.aggregate_id, event.time)


def request_changed(connection: Connection, event: Event) -> None:
    """Keep a match request and have its report made while it is open; forget an erased one with its report."""
    if event.state is None:
        projection.delete_state(connection, tables.requests, event.aggregate_id)
        reports.delete_report(connection, event.aggregate_id)
        due.forget_request(connection, event.aggregate_id)
        forget_request_words(connection, event.aggregate_id)
        return
    columns = {"partner_id": event.state["partner_id"], "visit_id": event.state.get("visit_id")}
    projection.save_state(connection, tables.requests, event, **columns)
    due.track_request(connection, event.aggregate_id, event.state["status"] == OPEN, event.time)


def visit_changed(connection: Connection, event: Event) -> None:
    """Keep a visit, or forget an erased one; pages show it, no score reads it."""
    if event.state is None:
        projection.delete_state(connection, tables.visits, event.aggregate_id)
        programmes.delete_programme(connection, event.aggregate_id)
    else:
        projection.save_state(connection, tables.visits, event)


def delivery_changed(connection: Connection, event: Event) -> None:
    """Keep what became of a mail, or forget an erased one; pages show it beside its match."""
    if event.state is None:
        projection.delete_state(connection, tables.deliveries, event.aggregate_id)
    else:
        projection.save_state(connection, tables.deliveries, event, request_id=event.state["request_id"])


HANDLERS: Mapping[str, Callable[[Connection, Event], None]] = {
    "companies": company_changed,
    "partners": partner_changed,
    "requests": request_changed,
    "visits": visit_changed,
    "deliveries": delivery_changed,
}
"""The handler of each topic that matching reads."""


def _without_contact(event: Event) -> Event:
    """Take out the contact but for its mail domain: matching never keeps personal data."""
    state = {name: value for name, value in (event.state or {}).items() if name != "contact"}
    contact = (event.state or {}).get("contact") or {}
    if domain := mail_domain(contact.get("email") or ""):
        state["contact_domain"] = domain
    return Event(event.type, event.aggregate_id, event.version, event.time, state)
