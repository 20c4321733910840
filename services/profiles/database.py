"""The database of profiles."""

from __future__ import annotations

from services.profiles.tables import metadata
from shared.storage.engine import Database, open_database


def open_store(url: str) -> Database:
    """Open the database at a SQLAlchemy URL; its tables are made where they are missing.

    Raises sqlalchemy.exc.SQLAlchemyError or OSError when it cannot be opened.
    """
    return open_database(url, metadata)
