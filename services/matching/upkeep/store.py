"""Deleting what is derived of events, before a rebuild makes it again."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching import tables

PROJECTION = (
    tables.companies,
    tables.partners,
    tables.requests,
    tables.visits,
    tables.deliveries,
    tables.scoring,
)


def delete_derived(connection: Connection, topics: Collection[str]) -> int:
    """Delete the projection, the versions consumed of `topics` and the open reports' content; return how many reports.

    The call waits until no handler and no save of a report is under way, and keeps others from beginning before the
    transaction ends.
    """
    _wait_for_others(connection)
    still_open = sa.select(tables.scoring.c.request_id).where(tables.scoring.c.open)
    emptied = connection.execute(
        sa.update(tables.reports)
        .where(tables.reports.c.request_id.in_(still_open), tables.reports.c.content.is_not(None))
        .values(content=None)
    ).rowcount
    consumed = tables.backbone.consumed
    connection.execute(sa.delete(consumed).where(consumed.c.topic.in_(topics)))
    for table in PROJECTION:
        connection.execute(sa.delete(table))
    return int(emptied)


def _wait_for_others(connection: Connection) -> None:
    """Take what every handler writes to first (`consumed`), and what every save of a report holds (the pool's row)."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"LOCK TABLE {tables.backbone.consumed.name} IN SHARE ROW EXCLUSIVE MODE"))
    connection.execute(sa.update(tables.pool).values(number=tables.pool.c.number + 1))
