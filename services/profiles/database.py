"""The database of profiles."""

from __future__ import annotations

from services.profiles.tables import metadata
from shared.settings.registry import Settings
from shared.storage.engine import Database, open_database


def open_store(settings: Settings) -> Database:
    """Open the database that the settings name; its tables are made where they are missing.

    Raises sqlalchemy.exc.SQLAlchemyError or OSError when it cannot be opened.
    """
    return open_database(settings.profiles_database, metadata)
