"""Making again what is derived: the projection and the reports of open requests, from the event log."""

from __future__ import annotations

import sqlalchemy as sa

from services.matching.handlers import HANDLERS
from services.matching.store import tables
from shared.storage import Database

PROJECTION = (
    tables.companies,
    tables.partners,
    tables.requests,
    tables.visits,
    tables.deliveries,
    tables.scoring,
)


def rebuild(database: Database) -> int:
    """Forget the projection, the versions consumed of its topics and the open reports; return how many reports.

    Decisions (policies, reviews, introductions, lifted exclusions) and the reports of closed requests are
    kept; so are the versions of open reports: one that says the same again keeps its number.

    The caller stops matching's `work` process first, has the consumer group `matching` read all its topics
    from their beginning again, and starts the process: consumer and worker then do the rest.
    """
    still_open = sa.select(tables.scoring.c.request_id).where(tables.scoring.c.open)
    consumed = tables.backbone.consumed
    with database.writing() as connection:
        emptied = connection.execute(
            sa.update(tables.reports)
            .where(tables.reports.c.request_id.in_(still_open), tables.reports.c.content.is_not(None))
            .values(content=None)
        ).rowcount
        connection.execute(sa.delete(consumed).where(consumed.c.topic.in_(list(HANDLERS))))
        for table in PROJECTION:
            connection.execute(sa.delete(table))
        connection.execute(sa.update(tables.pool).values(number=tables.pool.c.number + 1))
    return int(emptied)
