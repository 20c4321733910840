"""Rows by their primary key, and lists of ids in parts that one statement can take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

MOST_IN_LIST = 500
"""Ids in one `IN (…)`: databases limit how many parameters a statement may have."""


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


def in_parts(ids: Iterable[str], most: int = MOST_IN_LIST) -> Iterator[list[str]]:
    """Return ids, each once and in order, in lists that one statement can take."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), most):
        yield ordered[start : start + most]
