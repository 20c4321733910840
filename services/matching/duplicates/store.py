"""What staff said of two organisations that may be one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.tables import duplicate_reviews
from shared.storage.rows import upsert

Side = Literal["company", "partner"]
SIDES: tuple[Side, ...] = get_args(Side)
Decision = Literal["keep_first", "keep_second", "not_same"]


@dataclass(frozen=True)
class DuplicateReview:
    """One decision, `id` before `other_id`; `reason` is staff's, `at` the moment, as text."""

    side: Side
    id: str
    other_id: str
    decision: Decision
    reason: str
    at: str

    @property
    def keep(self) -> str | None:
        """The id that stands for both; None: they are not the same."""
        return {"keep_first": self.id, "keep_second": self.other_id}.get(self.decision)

    @property
    def withdraw(self) -> str | None:
        """The id that is to be withdrawn; None: neither."""
        return {"keep_first": self.other_id, "keep_second": self.id}.get(self.decision)


def list_duplicate_reviews(connection: Connection, side: Side) -> list[DuplicateReview]:
    """Read the decisions on one side, the newest first."""
    query = sa.select(duplicate_reviews).where(duplicate_reviews.c.side == side)
    columns = duplicate_reviews.c
    rows = connection.execute(query.order_by(columns.at.desc(), columns.id, columns.other_id))
    return [DuplicateReview(side, row.id, row.other_id, row.decision, row.reason, row.at) for row in rows]


def get_duplicate_review(
    connection: Connection, side: Side, id: str, other_id: str
) -> DuplicateReview | None:
    """Read the decision on two, `id` before `other_id`, or None."""
    columns = duplicate_reviews.c
    same = sa.and_(columns.side == side, columns.id == id, columns.other_id == other_id)
    row = connection.execute(sa.select(duplicate_reviews).where(same)).first()
    return DuplicateReview(side, id, other_id, row.decision, row.reason, row.at) if row else None


def put_duplicate_review(connection: Connection, one: DuplicateReview) -> None:
    """Keep a decision, in place of an earlier one on the same two."""
    key = {"side": one.side, "id": one.id, "other_id": one.other_id}
    upsert(connection, duplicate_reviews, key, {"decision": one.decision, "reason": one.reason, "at": one.at})


def drop_duplicate_review(connection: Connection, side: Side, id: str, other_id: str) -> None:
    """Take a decision back; one that is not there is no error."""
    columns = duplicate_reviews.c
    same = sa.and_(columns.side == side, columns.id == id, columns.other_id == other_id)
    connection.execute(sa.delete(duplicate_reviews).where(same))


def drop_duplicate_reviews_of(connection: Connection, side: str, id: str) -> None:
    """Forget every decision that names an erased organisation: the reasons are staff's words about it."""
    columns = duplicate_reviews.c
    mine = sa.and_(columns.side == side, sa.or_(columns.id == id, columns.other_id == id))
    connection.execute(sa.delete(duplicate_reviews).where(mine))
