"""The statements on contacts."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.notifications.contacts.domain.contact import Contact, Side
from services.notifications.tables import contacts
from shared.storage.rows import upsert


def get_contact(connection: Connection, side: Side, organisation_id: str) -> Contact | None:
    """Return whom to write to at an organisation, or None where that is not known."""
    row = connection.execute(sa.select(contacts).where(_contact_of(side, organisation_id))).one_or_none()
    return None if row is None else Contact(row.name, row.email, row.language)


def save_contact(connection: Connection, side: Side, organisation_id: str, contact: Contact) -> None:
    """Save whom to write to at an organisation."""
    upsert(connection, contacts, {"side": side.value, "organisation_id": organisation_id}, asdict(contact))


def delete_contact(connection: Connection, side: Side, organisation_id: str) -> None:
    """Delete whom to write to at an organisation."""
    connection.execute(sa.delete(contacts).where(_contact_of(side, organisation_id)))


def _contact_of(side: Side, organisation_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(contacts.c.side == side.value, contacts.c.organisation_id == organisation_id)
