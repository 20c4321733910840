"""Statements that are written out once: from statement to driver SQLAlchemy takes longer than SQLite does after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_Written = tuple[str, tuple[str, ...] | None]
"""A statement in a driver's words, and the names of its values in their places; None: the driver takes names."""


class Insert:
    """The INSERT of one row into a table, always of the same columns, whose values the driver takes as they are."""

    def __init__(self, table: sa.Table, *columns: str) -> None:
        self._statement = sa.insert(table).inline()
        self._columns = columns
        self._written: dict[str, _Written] = {}

    def execute(self, connection: Connection, row: Mapping[str, Any]) -> None:
        """Insert a row; raises sqlalchemy.exc.DBAPIError as any statement does, KeyError for a missing column."""
        text, places = self._written.get(connection.dialect.name) or self._write(connection.dialect)
        if places is None:
            connection.exec_driver_sql(text, {name: row[name] for name in self._columns})
        else:
            connection.exec_driver_sql(text, tuple(row[name] for name in places))

    def _write(self, dialect: sa.Dialect) -> _Written:
        compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
        places = tuple(compiled.positiontup or ()) if compiled.positional else None
        self._written[dialect.name] = str(compiled), places
        return self._written[dialect.name]
