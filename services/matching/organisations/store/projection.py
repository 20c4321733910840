"""The projection: the last known state of both sides, of visits and of deliveries, as events brought it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from shared.clock import to_text
from shared.events.event import Event

MOST_IN_LIST = 500
"""Ids in one `IN (…)`: databases limit how many parameters a statement may have."""


@dataclass(frozen=True)
class Stored:
    """One aggregate as it was last heard of; `happened_at` is the moment of that event, as text."""

    id: str
    version: int
    status: str
    happened_at: str
    state: Mapping[str, Any]


def put_state(connection: Connection, table: sa.Table, event: Event, **columns: Any) -> None:
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


def upsert(
    connection: Connection, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Update the row of a key (the table's primary key), or insert it where there is none."""
    statement = _upserting(table, connection.dialect.name, tuple(key), tuple(values))
    connection.execute(statement, {**key, **values})


@lru_cache(maxsize=64)
def _upserting(table: sa.Table, dialect: str, key: tuple[str, ...], values: tuple[str, ...]) -> sa.Executable:
    # Made once: to put a statement together costs as much as to run it.
    new = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    return new.on_conflict_do_update(index_elements=key, set_={name: new.excluded[name] for name in values})


def drop_state(connection: Connection, table: sa.Table, aggregate_id: str) -> None:
    """Forget an aggregate; one that is not there is no error."""
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


def states_where(
    connection: Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]
) -> list[Stored]:
    """Read the aggregates that fulfil every condition, by id."""
    return [
        _stored(row) for row in connection.execute(sa.select(table).where(*conditions).order_by(table.c.id))
    ]


def versions_where(
    connection: Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]
) -> dict[str, int]:
    """Read the versions of the aggregates that fulfil every condition, by id."""
    found = connection.execute(sa.select(table.c.id, table.c.version).where(*conditions))
    return {row.id: row.version for row in found}


def heads_where(
    connection: Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]
) -> dict[str, tuple[int, str]]:
    """Read version and moment, as text, of the aggregates that fulfil every condition, by id."""
    found = connection.execute(sa.select(table.c.id, table.c.version, table.c.happened_at).where(*conditions))
    return {row.id: (row.version, row.happened_at) for row in found}


def mark_of(connection: Connection, table: sa.Table) -> tuple[Any, ...]:
    """Give what is another one whenever an aggregate came, changed or went: how many, their versions, the newest."""
    columns = table.c
    query = sa.select(sa.func.count(), sa.func.sum(columns.version), sa.func.max(columns.happened_at))
    return tuple(connection.execute(query).one())


def in_parts(ids: Iterable[str], most: int = MOST_IN_LIST) -> Iterator[list[str]]:
    """Give ids, each once and in order, in lists that one statement can take."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), most):
        yield ordered[start : start + most]


def _stored(row: Row[Any]) -> Stored:
    return Stored(row.id, row.version, row.status, row.happened_at, json.loads(row.state))
