"""Opening what is there already: operations look at a state and never make one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

import services.matching.tables as matching_tables
import services.notifications.tables as notifications_tables
import services.profiles.tables as profiles_tables
from shared.messaging.tables import Backbone
from shared.settings.registry import Settings, hide_password
from shared.storage.engine import Database, open_database


@dataclass(frozen=True)
class Store:
    """Where a service keeps its things: the setting of its database, its tables, those for events among them."""

    setting: str
    metadata: sa.MetaData
    backbone: Backbone


STORES = {
    "profiles": Store("profiles_database", profiles_tables.metadata, profiles_tables.backbone),
    "matching": Store("matching_database", matching_tables.metadata, matching_tables.backbone),
    "notifications": Store(
        "notifications_database", notifications_tables.metadata, notifications_tables.backbone
    ),
}
"""The store of every service."""


class DatabaseAwayError(Exception):
    """A service's database is not there or does not answer; the message says which and what to do."""


@contextmanager
def opened(settings: Settings, service: str) -> Iterator[Database]:
    """Open a service's database, and close it on leaving.

    Raises DatabaseAwayError when there is none or it does not answer, also in the midst of the block.
    """
    store = STORES[service]
    url: str = getattr(settings, store.setting)
    path = sa.make_url(url).database
    if url.startswith("sqlite:") and not (path and Path(path).is_file()):
        raise DatabaseAwayError(
            f"there is no database at {path}: nothing has run with this HANDSLAG_STATE_DIR or "
            f"HANDSLAG_{store.setting.upper()} yet"
        )
    try:
        database = open_database(url, store.metadata)
        try:
            yield database
        finally:
            database.close()
    except (sa.exc.DBAPIError, OSError) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        words = str(cause).strip().partition("\n")[0]
        raise DatabaseAwayError(f"the database {hide_password(url)} does not answer: {words}") from error
