"""Matching's own database: the projection of both sides, the reports, and the decisions of staff."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from services.matching import tables
from shared.storage.engine import Database, open_database


def open_store(url: str) -> Database:
    """Open matching's database at a SQLAlchemy URL; its tables are made where they are missing.

    Raises sqlalchemy.exc.SQLAlchemyError or OSError when it cannot be opened.
    """
    database = open_database(url, tables.metadata)
    try:
        with database.writing() as connection:
            if connection.execute(sa.select(tables.pool.c.number)).first() is None:
                connection.execute(sa.insert(tables.pool).values(id=1, number=0))
    except IntegrityError:
        # Another process opened the new database at the same moment and was first: the row is there.
        with database.reading() as connection:
            connection.execute(sa.select(tables.pool.c.number)).one()
    return database
