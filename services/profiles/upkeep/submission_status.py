"""What is shown of submissions that wait for staff: a line of `status`, gauges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from services.profiles.submissions.store import get_waiting
from shared.status import Circumstances, Line, Waiting
from shared.telemetry import metrics

LOOKED_AT_WITHIN = timedelta(days=3)


def look(connection: Connection) -> Waiting:
    """Read how many submissions wait, and since when."""
    return get_waiting(connection)


def submission_lines(found: Waiting, now: Circumstances) -> Iterator[Line]:
    """Say how many submissions wait, and that staff are to look where the oldest has waited long."""
    advice = ""
    if found.longer(LOOKED_AT_WITHIN, now.now):
        advice = (
            "Nobody has looked at these for three days: staff let them in or refuse them at /submissions."
        )
    yield Line("profiles", "submissions", found.number, found.since(now.now), advice)


def submission_samples(
    found: Waiting, now: datetime
) -> Iterator[tuple[metrics.Gauge, tuple[str, ...], float]]:
    """Yield the gauges of submissions."""
    yield metrics.SUBMISSIONS_WAITING, (), float(found.number)
    yield metrics.SUBMISSIONS_OLDEST, (), found.seconds(now)
