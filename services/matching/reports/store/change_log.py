"""What each version of a report changed beside the one before it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.tables import report_changes

KEPT = 50
"""Versions of a report whose changes are kept, the newest."""


@dataclass(frozen=True)
class StoredChange:
    """The change that made a version of a report; `content` as `domain.changes` gives it."""

    version: int
    at: str
    content: Mapping[str, Any]


def add_change(
    connection: Connection, request_id: str, version: int, at: str, content: Mapping[str, Any]
) -> None:
    """Keep what a version changed, and forget those of long ago."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    values = {"request_id": request_id, "version": version, "at": at, "content": text}
    connection.execute(sa.insert(report_changes).values(**values))
    old = sa.and_(report_changes.c.request_id == request_id, report_changes.c.version <= version - KEPT)
    connection.execute(sa.delete(report_changes).where(old))


def list_change_log(connection: Connection, request_id: str, most: int = KEPT) -> list[StoredChange]:
    """Read the changes of a report, the newest first."""
    query = sa.select(report_changes).where(report_changes.c.request_id == request_id)
    rows = connection.execute(query.order_by(report_changes.c.version.desc()).limit(most))
    return [StoredChange(row.version, row.at, json.loads(row.content)) for row in rows]


def delete_changes(connection: Connection, request_id: str) -> None:
    """Forget the changes of a report that is forgotten."""
    connection.execute(sa.delete(report_changes).where(report_changes.c.request_id == request_id))
