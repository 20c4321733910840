"""Reports that another text engine made: they are to be made again."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.tables import reports, scoring
from shared.clock import to_text


def remake_others(connection: Connection, engine_name: str, at: datetime) -> int:
    """Have the reports of open requests that another text engine made made again; return how many.

    `engine_name` is the present engine's, as reports carry it.
    """
    mine = f'"text_engine":{json.dumps(engine_name)}'
    others = sa.select(reports.c.request_id).where(
        reports.c.content.is_not(None), ~reports.c.content.contains(mine, autoescape=True)
    )
    done = connection.execute(
        sa.update(scoring)
        .where(scoring.c.open, scoring.c.stale_since.is_(None), scoring.c.request_id.in_(others))
        .values(wanted=scoring.c.wanted + 1, stale_since=to_text(at))
    )
    return done.rowcount
