"""How much there is, for the landing page and `handslag status`."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.reports.store import due
from services.matching.reports.store.reports import count_by_verdict


@dataclass(frozen=True)
class Counts:
    """Active companies and partners, open requests, their reports by verdict, introductions that stand."""

    companies: int
    partners: int
    requests: int
    with_matches: int
    without_match: int
    stale: int
    introductions: int


def count_all(connection: Connection) -> Counts:
    """Count what there is."""
    verdicts = count_by_verdict(connection)
    return Counts(
        companies=_count(connection, tables.companies, "active"),
        partners=_count(connection, tables.partners, "active"),
        requests=_count(connection, tables.requests, "open"),
        with_matches=verdicts.get("matches", 0),
        without_match=verdicts.get("no_good_match", 0),
        stale=due.stale_count(connection),
        introductions=_count(connection, tables.introductions, "approved"),
    )


def _count(connection: Connection, table: sa.Table, status: str) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.status == status)
    return int(connection.execute(query).scalar_one())
