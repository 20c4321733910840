"""Forgetting: decided submissions after a while, and where submissions came from."""

from __future__ import annotations

from datetime import timedelta

from services.profiles.submissions import store
from services.profiles.submissions.domain.submission import DECIDED_KEPT, SOURCE_KEPT
from shared.clock import Clock, to_text
from shared.loops import Loop, due_work
from shared.storage.engine import Database

LOOK_EVERY = timedelta(hours=1)


def forget_old(database: Database, clock: Clock) -> int:
    """Delete what was decided thirty days ago, forget sources as old, and return how many rows that were."""
    now = clock()
    with database.writing() as connection:
        deleted = store.delete_decided(connection, to_text(now - DECIDED_KEPT))
        return deleted + store.forget_sources(connection, to_text(now - SOURCE_KEPT))


def forgetting_submissions(database: Database, clock: Clock) -> Loop:
    """Make the loop of a work process that forgets old submissions every hour."""

    def step() -> bool:
        forget_old(database, clock)
        return False

    return due_work("forgetting submissions", step, LOOK_EVERY.total_seconds())
