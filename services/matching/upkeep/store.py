"""Forgetting what is derived of events, so that it can be made again from them; finding what names an organisation."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

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
    consumed = tables.messaging.consumed
    connection.execute(sa.delete(consumed).where(consumed.c.topic.in_(topics)))
    for table in PROJECTION:
        connection.execute(sa.delete(table))
    return int(emptied)


def _wait_for_others(connection: Connection) -> None:
    """Take what every handler writes to first (`consumed`), and what every save of a report holds (the pool's row)."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text(f"LOCK TABLE {tables.messaging.consumed.name} IN SHARE ROW EXCLUSIVE MODE")
        )
    connection.execute(sa.update(tables.pool).values(number=tables.pool.c.number + 1))


def list_reports_naming(connection: Connection, id: str) -> list[dict[str, Any]]:
    """List the reports whose content names an organisation, by request, their content read."""
    table = tables.reports
    naming = table.c.content.contains(f'"id":{json.dumps(id)}', autoescape=True)
    query = sa.select(table.c.request_id, table.c.version, table.c.made_at, table.c.content).where(naming)
    rows = connection.execute(query.order_by(table.c.request_id)).mappings()
    return [{**row, "content": json.loads(row["content"])} for row in rows]


def list_reasons(connection: Connection, wanted: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """List the decisions that fulfil a condition and have staff's words, oldest first."""
    table = tables.reviews
    names = ("request_id", "match_id", "report_version", "decision", "reason", "at")
    query = sa.select(*(table.c[name] for name in names)).where(wanted, table.c.reason != "")
    return [dict(row) for row in connection.execute(query.order_by(table.c.number)).mappings()]


def list_lifted_of_company(connection: Connection, company_id: str) -> list[dict[str, Any]]:
    """List the exclusions of a company that are lifted."""
    return _lifted_where(connection, tables.lifted.c.company_id == company_id)


def list_lifted_of_requests(connection: Connection, request_ids: Iterable[str]) -> list[dict[str, Any]]:
    """List the exclusions that are lifted for some requests."""
    return _lifted_where(connection, tables.lifted.c.request_id.in_(list(request_ids)))


def _lifted_where(connection: Connection, wanted: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.select(tables.lifted).where(wanted)).mappings()]
