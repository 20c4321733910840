"""Rebuilding what is derived of the event log: the projection and the reports of open requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from services.matching.reports.store.pause import want_replay
from services.matching.upkeep.store import delete_derived
from shared.storage.engine import Database


def rebuild(
    database: Database,
    topics: Sequence[str],
    rewind: Callable[[], None] = lambda: None,
    now: datetime | None = None,
) -> int:
    """Delete the projection, the versions consumed of its `topics` and the open reports; return how many reports.

    Decisions (policies, reviews, introductions, lifted exclusions) and the reports of closed requests are
    kept; so are the versions of open reports: one that says the same again keeps its number.

    `rewind` puts the consumer group that replays (`replay.GROUP`) to the beginning of all topics: it is called last
    in the transaction, so that all is as before if it raises. The work processes do the rest, those that run or one
    that is started later, and make no report before all is replayed; without `now` no process is told to.
    """
    with database.writing() as connection:
        emptied = delete_derived(connection, tuple(topics))
        if now is not None:
            want_replay(connection, now)
        rewind()
    return emptied
