"""Making again what is derived: the projection and the reports of open requests, from the event log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.handlers import HANDLERS
from services.matching.store import tables
from services.matching.store.holds import want_rereading
from shared.storage import Database

PROJECTION = (
    tables.companies,
    tables.partners,
    tables.requests,
    tables.visits,
    tables.deliveries,
    tables.scoring,
)


def rebuild(
    database: Database, rewind: Callable[[], None] = lambda: None, now: datetime | None = None
) -> int:
    """Forget the projection, the versions consumed of its topics and the open reports; return how many reports.

    Decisions (policies, reviews, introductions, lifted exclusions) and the reports of closed requests are
    kept; so are the versions of open reports: one that says the same again keeps its number.

    `rewind` puts the consumer group that reads again (`rereading.GROUP`) to the beginning of all topics: it is
    called last in the transaction, so that all is as before if it raises. The work processes do the rest, those
    that run or one that is started later, and make no report before all is read; without `now` nobody is told to.
    """
    still_open = sa.select(tables.scoring.c.request_id).where(tables.scoring.c.open)
    consumed = tables.backbone.consumed
    with database.writing() as connection:
        _wait_for_others(connection)
        emptied = connection.execute(
            sa.update(tables.reports)
            .where(tables.reports.c.request_id.in_(still_open), tables.reports.c.content.is_not(None))
            .values(content=None)
        ).rowcount
        connection.execute(sa.delete(consumed).where(consumed.c.topic.in_(list(HANDLERS))))
        for table in PROJECTION:
            connection.execute(sa.delete(table))
        if now is not None:
            want_rereading(connection, now)
        rewind()
    return int(emptied)


def _wait_for_others(connection: Connection) -> None:
    """Wait until no handler and no save is under way, and keep others from beginning before the end.

    Every handler writes to `consumed` first, and every save of a report holds the pool's row.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"LOCK TABLE {tables.backbone.consumed.name} IN SHARE ROW EXCLUSIVE MODE"))
    connection.execute(sa.update(tables.pool).values(number=tables.pool.c.number + 1))
