"""A stand-in for staff on sample data: approves the best match of each report."""

from __future__ import annotations

import hashlib

from services.matching.introductions import store as decisions
from services.matching.introductions.actions import approve
from services.matching.introductions.domain.introductions import best_matches
from services.matching.reports.domain.report import Report
from services.matching.reports.store import reports
from shared.clock import Clock
from shared.ids import IdSource
from shared.service import ReportsMade
from shared.storage.engine import Database

NOTE = "Approved by the stand-in reviewer of the sample."


def all_reports(database: Database) -> list[Report]:
    """Read the content of every report, by request id."""
    found = []
    with database.reading() as connection:
        for request_id in reports.list_request_ids(connection):
            report = reports.get_report(connection, request_id)
            if report is not None:
                found.append(report.content)
    return found


def reports_made(database: Database) -> ReportsMade:
    """Count reports and matches; the digest is of all reports' digests, by request id."""
    found = all_reports(database)
    digest = hashlib.sha256("".join(report.digest for report in found).encode()).hexdigest()
    return ReportsMade(len(found), sum(len(report.matches) for report in found), digest)


def approve_best(database: Database, clock: Clock, ids: IdSource, most: int | None = None) -> int:
    """Approve the best match of each report that has one and nothing introduced yet; returns how many.

    `most` limits how many reports are looked at.
    """
    approved = 0
    with database.reading() as connection:
        request_ids = reports.list_request_ids(connection)
    for request_id in request_ids:
        if most is not None and approved >= most:
            break
        with database.writing() as connection:
            report = reports.get_report(connection, request_id)
            if report is None or decisions.list_introductions_of(connection, request_id):
                continue
            best = best_matches(report.content, 1)
            if best:
                decided = approve(connection, request_id, report.version, best, NOTE, clock, ids)
                approved += len(decided.introductions)
    return approved


def has_introductions(database: Database) -> bool:
    """Say whether anything was ever approved."""
    with database.reading() as connection:
        return decisions.list_introductions(connection, {}, page=1, page_size=1)[1] > 0
