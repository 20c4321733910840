"""The projection: the last known state of both sides, of visits and of deliveries, as events brought it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from shared.clock import to_text
from shared.events.event import Event
from shared.storage.rows import in_parts, upsert


@dataclass(frozen=True)
class Stored:
    """One aggregate as it was last heard of; `happened_at` is the moment of that event, as text."""

    id: str
    version: int
    status: str
    happened_at: str
    state: Mapping[str, Any]


def save_state(connection: Connection, table: sa.Table, event: Event, **columns: Any) -> None:
    """Keep an event's state, in place of an earlier one; `columns` are the table's own filter columns."""
    if event.state is None:
        raise ValueError(f"{event.id} is a tombstone: it has no state to keep")
    values = {
        "version": event.version,
        "status": event.state["status"],
        "happened_at": to_text(event.time),
        "state": json.dumps(event.state, ensure_ascii=False),
        **columns,
    }
    upsert(connection, table, {"id": event.aggregate_id}, values)


def delete_state(connection: Connection, table: sa.Table, aggregate_id: str) -> None:
    """Delete an aggregate; one that is not there is no error."""
    connection.execute(sa.delete(table).where(table.c.id == aggregate_id))


def get_state(connection: Connection, table: sa.Table, aggregate_id: str) -> Stored | None:
    """Read one aggregate, or None."""
    row = connection.execute(sa.select(table).where(table.c.id == aggregate_id)).first()
    return _stored(row) if row else None


def get_states(connection: Connection, table: sa.Table, ids: Iterable[str]) -> dict[str, Stored]:
    """Read the aggregates among `ids` that are there, by id."""
    found: dict[str, Stored] = {}
    for part in in_parts(ids):
        for row in connection.execute(sa.select(table).where(table.c.id.in_(part))):
            found[row.id] = _stored(row)
    return found


def list_states(connection: Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> list[Stored]:
    """Read the aggregates that fulfil every condition, by id."""
    return [
        _stored(row) for row in connection.execute(sa.select(table).where(*conditions).order_by(table.c.id))
    ]


def list_versions(
    connection: Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]
) -> dict[str, int]:
    """Read the versions of the aggregates that fulfil every condition, by id."""
    found = connection.execute(sa.select(table.c.id, table.c.version).where(*conditions))
    return {row.id: row.version for row in found}


def list_heads(
    connection: Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]
) -> dict[str, tuple[int, str]]:
    """Read version and moment, as text, of the aggregates that fulfil every condition, by id."""
    found = connection.execute(sa.select(table.c.id, table.c.version, table.c.happened_at).where(*conditions))
    return {row.id: (row.version, row.happened_at) for row in found}


def get_mark(connection: Connection, table: sa.Table) -> tuple[Any, ...]:
    """Return a mark that changes whenever an aggregate comes, changes or goes: count, versions, newest moment."""
    columns = table.c
    query = sa.select(sa.func.count(), sa.func.sum(columns.version), sa.func.max(columns.happened_at))
    return tuple(connection.execute(query).one())


def _stored(row: Row[Any]) -> Stored:
    return Stored(row.id, row.version, row.status, row.happened_at, json.loads(row.state))
