"""Opening what is there already: operations look at a state and never make one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from shared.settings.registry import hide_password
from shared.storage.engine import Database, open_database


class DatabaseAwayError(Exception):
    """A service's database is not there or does not answer; the message says which and what to do."""


@contextmanager
def opened(url: str, metadata: sa.MetaData, setting: str) -> Iterator[Database]:
    """Open a database that a setting names, and close it on leaving.

    Raises DatabaseAwayError when there is none or it does not answer, also in the midst of the block.
    """
    path = sa.make_url(url).database
    if url.startswith("sqlite:") and not (path and Path(path).is_file()):
        raise DatabaseAwayError(
            f"there is no database at {path}: nothing has run with this HANDSLAG_STATE_DIR or "
            f"HANDSLAG_{setting.upper()} yet"
        )
    try:
        database = open_database(url, metadata)
        try:
            yield database
        finally:
            database.close()
    except (sa.exc.DBAPIError, OSError) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        words = str(cause).strip().partition("\n")[0]
        raise DatabaseAwayError(f"the database {hide_password(url)} does not answer: {words}") from error
