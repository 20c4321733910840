"""Reading and writing the service's tables: contacts, introductions and approvals, deliveries.

Each function takes a connection of the transaction that it is part of. The mail queue has a module of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from services.notifications.contacts.domain.contact import (
    Contact,
    Introduction,
    Side,
    introduction_from_state,
)
from services.notifications.deliveries.domain.delivery import Delivery
from services.notifications.tables import (
    approvals,
    backbone,
    contacts,
    deliveries,
    introductions,
    mail_removals,
    told,
)
from shared.clock import from_text, to_text
from shared.events.event import Event
from shared.messaging.outbox import record_event
from shared.telemetry import traces


@dataclass(frozen=True)
class OpenApproval:
    """An approval with introductions that no mail tells of yet."""

    id: str
    size: int
    first_seen: datetime
    traceparent: str | None = None


def save_contact(connection: Connection, side: Side, organisation_id: str, contact: Contact | None) -> None:
    """Keep whom to write to at an organisation, or with None forget them."""
    connection.execute(sa.delete(contacts).where(_contact_of(side, organisation_id)))
    if contact is not None:
        row = {"side": side, "organisation_id": organisation_id, **asdict(contact)}
        connection.execute(sa.insert(contacts).values(row))


def read_contact(connection: Connection, side: Side, organisation_id: str) -> Contact | None:
    """Give whom to write to at an organisation, if that is known."""
    row = connection.execute(sa.select(contacts).where(_contact_of(side, organisation_id))).one_or_none()
    return None if row is None else Contact(row.name, row.email, row.language)


def save_introduction(connection: Connection, state: dict[str, Any], now: datetime) -> None:
    """Keep an introduction's newest state, and note that its approval has something to look at."""
    introduction = introduction_from_state(state)
    connection.execute(sa.delete(introductions).where(introductions.c.id == introduction.id))
    connection.execute(
        sa.insert(introductions).values(
            id=introduction.id,
            status=introduction.status,
            approval_id=introduction.approval_id,
            state=json.dumps(state, ensure_ascii=False),
        )
    )
    size, upsert = introduction.approval_size, _upserting(connection, approvals)
    fresh = {"id": introduction.approval_id, "size": size, "first_seen_at": to_text(now), "to_compose": True}
    fresh["traceparent"] = traces.current()
    again = {"size": size, "to_compose": True}
    connection.execute(upsert.values(fresh).on_conflict_do_update(index_elements=["id"], set_=again))


def remove_introduction(connection: Connection, introduction_id: str) -> None:
    """Forget an introduction."""
    connection.execute(sa.delete(introductions).where(introductions.c.id == introduction_id))


def open_approvals(connection: Connection, hold: bool = True) -> list[OpenApproval]:
    """List the approvals with something to look at, oldest first.

    On PostgreSQL those that nobody else holds, held for this transaction; all of them without `hold`.
    """
    query = (
        sa.select(approvals).where(approvals.c.to_compose).order_by(approvals.c.first_seen_at, approvals.c.id)
    )
    rows = connection.execute(query.with_for_update(skip_locked=True) if hold else query)
    return [OpenApproval(row.id, row.size, from_text(row.first_seen_at), row.traceparent) for row in rows]


def traceparent_of(connection: Connection, approval_id: str) -> str | None:
    """Give the span in which an approval arrived; None where no traces are made."""
    if not traces.is_on():
        return None
    query = sa.select(approvals.c.traceparent).where(approvals.c.id == approval_id)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def settle_approval(connection: Connection, approval_id: str) -> None:
    """Note that all mails about what has arrived of an approval are made."""
    connection.execute(sa.update(approvals).where(approvals.c.id == approval_id).values(to_compose=False))


def introductions_of(connection: Connection, approval_id: str) -> list[Introduction]:
    """List the introductions that an approval made and no later approval has taken over."""
    rows = connection.execute(
        sa.select(introductions.c.state)
        .where(introductions.c.approval_id == approval_id)
        .order_by(introductions.c.id)
    )
    return [introduction_from_state(json.loads(row.state)) for row in rows]


def introductions_told_by(connection: Connection, delivery: Delivery) -> list[Introduction]:
    """List the introductions of a delivery that are still approved, by the approval that it is about."""
    return [
        one
        for one in introductions_of(connection, delivery.approval_id)
        if one.id in delivery.introduction_ids and one.status == "approved"
    ]


def add_delivery(connection: Connection, delivery: Delivery) -> None:
    """Keep a new delivery and record its event in the outbox."""
    connection.execute(sa.insert(deliveries).values(**_row(delivery), created_at=delivery.updated_at))
    _link(connection, delivery)
    _record(connection, delivery)


def save_delivery(connection: Connection, delivery: Delivery) -> None:
    """Keep a delivery's next version and record its event in the outbox."""
    connection.execute(sa.update(deliveries).where(deliveries.c.id == delivery.id).values(_row(delivery)))
    connection.execute(sa.delete(told).where(told.c.delivery_id == delivery.id))
    _link(connection, delivery)
    _record(connection, delivery)


def put_delivery(connection: Connection, delivery: Delivery) -> None:
    """Keep a delivery as it is, new or not, without telling anyone: for one that is told of already."""
    row = _row(delivery)
    new = _upserting(connection, deliveries).values(**row, created_at=delivery.updated_at)
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_=row))
    connection.execute(sa.delete(told).where(told.c.delivery_id == delivery.id))
    _link(connection, delivery)


def count_attempt(connection: Connection, delivery: Delivery) -> None:
    """Keep a delivery's number of attempts without telling anyone."""
    query = sa.update(deliveries).where(deliveries.c.id == delivery.id)
    connection.execute(query.values(attempts=delivery.attempts))


def read_delivery(connection: Connection, delivery_id: str, lock: bool = False) -> Delivery | None:
    """Give a delivery by its id; with `lock` nobody else changes it until the transaction ends."""
    query = sa.select(deliveries).where(deliveries.c.id == delivery_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else delivery_of(row)


def deliveries_of(connection: Connection, approval_id: str) -> list[Delivery]:
    """List the deliveries of an approval."""
    query = sa.select(deliveries).where(deliveries.c.approval_id == approval_id).order_by(deliveries.c.id)
    return [delivery_of(row) for row in connection.execute(query)]


def waiting_with_contact(connection: Connection, limit: int, hold: bool = True) -> list[Delivery]:
    """List waiting deliveries whose recipient's contact is known by now; `hold` as for `open_approvals`."""
    known = sa.and_(
        contacts.c.side == deliveries.c.side, contacts.c.organisation_id == deliveries.c.organisation_id
    )
    query = (
        sa.select(deliveries)
        .join(contacts, known)
        .where(deliveries.c.status == "waiting")
        .order_by(deliveries.c.created_at, deliveries.c.id)
        .limit(limit)
    )
    held = query.with_for_update(skip_locked=True, of=deliveries) if hold else query
    return [delivery_of(row) for row in connection.execute(held)]


def list_deliveries(
    connection: Connection, status: str | None, request_id: str | None, limit: int, offset: int
) -> tuple[list[Delivery], int]:
    """List deliveries, newest first, and count all that the filters let through."""
    query = sa.select(deliveries)
    if status:
        query = query.where(deliveries.c.status == status)
    if request_id:
        query = query.where(deliveries.c.request_id == request_id)
    total = connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
    page = query.order_by(deliveries.c.created_at.desc(), deliveries.c.id).limit(limit).offset(offset)
    return [delivery_of(row) for row in connection.execute(page)], int(total)


def count_deliveries(connection: Connection) -> dict[str, int]:
    """Count the deliveries by status."""
    query = sa.select(deliveries.c.status, sa.func.count().label("number")).group_by(deliveries.c.status)
    return {row.status: int(row.number) for row in connection.execute(query)}


def note_removals(connection: Connection, side: Side, organisation_id: str) -> None:
    """Note that the mails to an erased organisation must leave the built-in mailbox."""
    known = sa.select(mail_removals.c.delivery_id)
    sent = sa.select(deliveries.c.id).where(
        deliveries.c.side == side,
        deliveries.c.organisation_id == organisation_id,
        deliveries.c.id.not_in(known),
    )
    connection.execute(sa.insert(mail_removals).from_select(["delivery_id"], sent))


def note_removals_of(connection: Connection, introduction_id: str) -> None:
    """Note that the mails that tell of an introduction must leave the built-in mailbox."""
    known = sa.select(mail_removals.c.delivery_id)
    telling = sa.select(told.c.delivery_id).where(
        told.c.introduction_id == introduction_id, told.c.delivery_id.not_in(known)
    )
    connection.execute(sa.insert(mail_removals).from_select(["delivery_id"], telling))


def read_removals(connection: Connection, limit: int) -> list[str]:
    """List deliveries whose mails must leave the built-in mailbox."""
    return list(connection.execute(sa.select(mail_removals.c.delivery_id).limit(limit)).scalars())


def drop_removals(connection: Connection, delivery_ids: Sequence[str]) -> None:
    """Note that these mails have left the built-in mailbox."""
    connection.execute(sa.delete(mail_removals).where(mail_removals.c.delivery_id.in_(delivery_ids)))


def delivery_of(row: sa.Row[Any]) -> Delivery:
    """Read a delivery from its row."""
    fields = {name: getattr(row, name) for name in Delivery.__dataclass_fields__}
    return Delivery(**{**fields, "introduction_ids": tuple(json.loads(row.introduction_ids))})


def _row(delivery: Delivery) -> dict[str, Any]:
    return {**asdict(delivery), "introduction_ids": json.dumps(delivery.introduction_ids)}


def _link(connection: Connection, delivery: Delivery) -> None:
    rows = [{"delivery_id": delivery.id, "introduction_id": one} for one in delivery.introduction_ids]
    connection.execute(sa.insert(told).values(rows))


def _record(connection: Connection, delivery: Delivery) -> None:
    kind, at = f"delivery.{delivery.status}", from_text(delivery.updated_at)
    record_event(connection, backbone, Event(kind, delivery.id, delivery.version, at, delivery.state()))


def _contact_of(side: str, organisation_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(contacts.c.side == side, contacts.c.organisation_id == organisation_id)


def _upserting(connection: Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    # Both know ON CONFLICT in the same words, and SQLAlchemy only by dialect.
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
