"""The statements on introductions, and on the approvals that made them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from services.notifications.deliveries.domain.delivery import Delivery
from services.notifications.mail.domain.introduction import APPROVED, Introduction, introduction_from_state
from services.notifications.tables import approvals, introductions
from shared.clock import from_text, to_text
from shared.telemetry import traces


@dataclass(frozen=True)
class OpenApproval:
    """An approval with introductions that no mail tells of yet."""

    id: str
    size: int
    first_seen: datetime
    traceparent: str | None = None


def list_introductions(connection: Connection, approval_id: str) -> list[Introduction]:
    """Return the introductions that an approval made and no later approval has taken over."""
    rows = connection.execute(
        sa.select(introductions.c.state)
        .where(introductions.c.approval_id == approval_id)
        .order_by(introductions.c.id)
    )
    return [introduction_from_state(json.loads(row.state)) for row in rows]


def list_told_introductions(connection: Connection, delivery: Delivery) -> list[Introduction]:
    """Return the introductions of a delivery that are still approved, by the approval that it is about."""
    return [
        one
        for one in list_introductions(connection, delivery.approval_id)
        if one.id in delivery.introduction_ids and one.status == APPROVED
    ]


def save_introduction(connection: Connection, state: dict[str, Any], now: datetime) -> None:
    """Save an introduction's newest state, and mark its approval as one with something to look at."""
    introduction = introduction_from_state(state)
    delete_introduction(connection, introduction.id)
    connection.execute(
        sa.insert(introductions).values(
            id=introduction.id,
            status=introduction.status,
            approval_id=introduction.approval_id,
            state=json.dumps(state, ensure_ascii=False),
        )
    )
    # Both know ON CONFLICT in the same words, and SQLAlchemy only by dialect.
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    again = {"size": introduction.approval_size, "to_compose": True}
    fresh = {
        "id": introduction.approval_id,
        "first_seen_at": to_text(now),
        "traceparent": traces.current(),
        **again,
    }
    new = insert(approvals).values(fresh)
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_=again))


def delete_introduction(connection: Connection, introduction_id: str) -> None:
    """Delete an introduction."""
    connection.execute(sa.delete(introductions).where(introductions.c.id == introduction_id))


def get_traceparent(connection: Connection, approval_id: str) -> str | None:
    """Return the span in which an approval arrived; None where no traces are made."""
    if not traces.is_on():
        return None
    query = sa.select(approvals.c.traceparent).where(approvals.c.id == approval_id)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def list_open_approvals(connection: Connection, lock: bool = False) -> list[OpenApproval]:
    """Return the approvals with something to look at, oldest first.

    With `lock`, on PostgreSQL, only those that nobody else has locked.
    """
    query = (
        sa.select(approvals).where(approvals.c.to_compose).order_by(approvals.c.first_seen_at, approvals.c.id)
    )
    rows = connection.execute(query.with_for_update(skip_locked=True) if lock else query)
    return [OpenApproval(row.id, row.size, from_text(row.first_seen_at), row.traceparent) for row in rows]


def save_settled(connection: Connection, approval_id: str) -> None:
    """Save that all mails about what has arrived of an approval are made."""
    connection.execute(sa.update(approvals).where(approvals.c.id == approval_id).values(to_compose=False))
