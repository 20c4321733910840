"""The refusal of a database that is too new; it needs no database library, so that every command can say it."""

from __future__ import annotations


class NewerDatabaseError(Exception):
    """Newer code has brought the database to where this code cannot use it; the message says what to do."""
