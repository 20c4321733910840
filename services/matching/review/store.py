"""How much there is, for the landing page and `handslag status`."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions.domain.introductions import APPROVED
from services.matching.organisations.domain.model import ACTIVE, OPEN
from services.matching.reports.domain.verdict import MATCHES, NO_GOOD_MATCH
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
        companies=_count(connection, tables.companies, ACTIVE),
        partners=_count(connection, tables.partners, ACTIVE),
        requests=_count(connection, tables.requests, OPEN),
        with_matches=verdicts.get(MATCHES, 0),
        without_match=verdicts.get(NO_GOOD_MATCH, 0),
        stale=due.count_due(connection),
        introductions=_count(connection, tables.introductions, APPROVED),
    )


def _count(connection: Connection, table: sa.Table, status: str) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.status == status)
    return int(connection.execute(query).scalar_one())
