"""The erasures of organisations that tombstones told of, and whether their words are out of what is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.organisations.domain.sides import Side
from services.matching.tables import erasures
from shared.clock import to_text
from shared.events.event import Event
from shared.storage.rows import in_parts, upsert


@dataclass(frozen=True)
class Erased:
    """An organisation of a side, erased up to a version of it; `at` the moment, as text."""

    side: Side
    id: str
    version: int
    at: str


def add(connection: Connection, side: Side, event: Event) -> None:
    """Note that the organisation of a tombstone is erased; nothing where that is noted already."""
    known = connection.execute(sa.select(erasures.c.version).where(_is(side, event.aggregate_id))).scalar()
    if known is not None and known >= event.version:
        return
    values = {"version": event.version, "at": to_text(event.time), "done": False}
    upsert(connection, erasures, {"side": side, "id": event.aggregate_id}, values)


def count(connection: Connection) -> int:
    """Count the erasures that are not done."""
    query = sa.select(sa.func.count()).select_from(erasures).where(~erasures.c.done)
    return int(connection.execute(query).scalar_one())


def get_newest_moment(connection: Connection) -> str:
    """Read the moment of the newest erasure, as text; empty when there was none."""
    return connection.execute(sa.select(sa.func.max(erasures.c.at))).scalar() or ""


def get_next(connection: Connection, lock: bool = False) -> Erased | None:
    """Read the oldest erasure that is not done, or None.

    With `lock` the erasure is held until the transaction ends, and one that another transaction holds is passed by.
    """
    query = sa.select(erasures).where(~erasures.c.done).order_by(erasures.c.at, erasures.c.id).limit(1)
    row = connection.execute(query.with_for_update(skip_locked=True) if lock else query).first()
    return None if row is None else Erased(Side(row.side), row.id, row.version, row.at)


def save_done(connection: Connection, erased: Erased) -> None:
    """Note that an erasure is done."""
    connection.execute(sa.update(erasures).where(_is(erased.side, erased.id)).values(done=True))


def list_versions(connection: Connection, side: Side, ids: Iterable[str]) -> dict[str, int]:
    """Read up to which version the organisations among `ids` are erased, by id."""
    found: dict[str, int] = {}
    for some in in_parts(ids):
        query = sa.select(erasures).where(erasures.c.side == side, erasures.c.id.in_(some))
        found |= {row.id: row.version for row in connection.execute(query)}
    return found


def _is(side: Side, id: str) -> sa.ColumnElement[bool]:
    return sa.and_(erasures.c.side == side, erasures.c.id == id)
