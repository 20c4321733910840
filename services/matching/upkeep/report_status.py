"""What is shown of the reports that are to be made: lines of `status`, gauges, what the others wait for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from services.matching.reports.store.due import DueCounts, count_due
from services.matching.reports.store.unread import count_unread
from shared.status import START, Circumstances, Line, Waiting
from shared.telemetry import metrics

REPORTS_TO_MAKE = "reports to make"
TEXTS_TO_READ = "texts to read closely"
REPORTED_WITHIN = timedelta(minutes=5)


def waiting(connection: Connection) -> Mapping[str, int]:
    """Count the reports to make, those that wait for their partner included, and whose texts are to be read closely."""
    return {REPORTS_TO_MAKE: count_due(connection), TEXTS_TO_READ: count_unread(connection)}


def report_lines(found: DueCounts, now: Circumstances) -> Iterator[Line]:
    """Say how many reports are to be made, failed or wait, and what to do about it."""
    to_make, advice = Waiting(found.to_make, found.oldest), ""
    if found.to_make and not now.works:
        advice = f"Nobody makes these reports. {START.format('matching')}"
    elif REPORTS_TO_MAKE in now.still and to_make.longer(REPORTED_WITHIN, now.now):
        advice = "The work process of matching runs and makes none: look at its log, and start it anew."
    yield Line("matching", REPORTS_TO_MAKE, found.to_make, "", advice)
    failed = "" if not found.failed else (
        "These reports could not be made and are tried again each minute. The log of matching's work process says "
        "why; a request that is changed is tried at once."
    )  # fmt: skip
    yield Line("matching", "reports failed", found.failed, "", failed)
    if found.without_partner:
        yield Line(
            "matching", "reports waiting", found.without_partner, "their partners are unknown or withdrawn"
        )


def report_samples(found: DueCounts, now: datetime) -> Iterator[tuple[metrics.Gauge, tuple[str, ...], float]]:
    """Return the gauges of the reports to make."""
    yield metrics.STALE_REQUESTS, (), found.to_make
    yield metrics.STALE_OLDEST, (), Waiting(found.to_make, found.oldest).seconds(now)
    yield metrics.WAITING_REQUESTS, (), found.without_partner
    yield metrics.FAILED_REPORTS, (), found.failed


def to_make(found: DueCounts) -> int:
    """Return how many reports can be made."""
    return found.to_make
