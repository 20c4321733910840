"""What staff said of two organisations that may be one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from services.matching.duplicates.domain.decisions import Decision, DuplicateReview
from services.matching.organisations.domain.sides import Side
from services.matching.tables import duplicate_reviews
from shared.storage.rows import upsert


def list_reviews(connection: Connection, side: Side) -> list[DuplicateReview]:
    """Read the decisions on one side, the newest first."""
    columns = duplicate_reviews.c
    query = sa.select(duplicate_reviews).where(columns.side == side)
    rows = connection.execute(query.order_by(columns.at.desc(), columns.id, columns.other_id))
    return [_review(row) for row in rows]


def get_review(connection: Connection, side: Side, id: str, other_id: str) -> DuplicateReview | None:
    """Read the decision on two, `id` before `other_id`, or None."""
    query = sa.select(duplicate_reviews).where(_is(side, id, other_id))
    row = connection.execute(query).first()
    return _review(row) if row else None


def save_review(connection: Connection, one: DuplicateReview) -> None:
    """Keep a decision, in place of an earlier one on the same two."""
    key = {"side": one.side, "id": one.id, "other_id": one.other_id}
    upsert(connection, duplicate_reviews, key, {"decision": one.decision, "reason": one.reason, "at": one.at})


def delete_review(connection: Connection, side: Side, id: str, other_id: str) -> None:
    """Delete a decision; one that is not there is no error."""
    connection.execute(sa.delete(duplicate_reviews).where(_is(side, id, other_id)))


def delete_reviews_of(connection: Connection, side: Side, id: str) -> None:
    """Delete every decision that names an erased organisation: the reasons are staff's words about it."""
    columns = duplicate_reviews.c
    mine = sa.and_(columns.side == side, sa.or_(columns.id == id, columns.other_id == id))
    connection.execute(sa.delete(duplicate_reviews).where(mine))


def _is(side: Side, id: str, other_id: str) -> sa.ColumnElement[bool]:
    columns = duplicate_reviews.c
    return sa.and_(columns.side == side, columns.id == id, columns.other_id == other_id)


def _review(row: Row[Any]) -> DuplicateReview:
    return DuplicateReview(Side(row.side), row.id, row.other_id, Decision(row.decision), row.reason, row.at)
