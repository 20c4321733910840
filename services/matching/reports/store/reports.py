"""The reports, one a request: kept as canonical JSON, with a version that grows when the content changes."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.organisations.domain.sides import Side
from services.matching.organisations.store import erasures
from services.matching.reports.domain.changes import Cause, changes_between, unknown_changes
from services.matching.reports.domain.erased_words import names_company
from services.matching.reports.domain.report import Report, canonical_json
from services.matching.reports.store.change_log import add_change, delete_changes
from services.matching.tables import partners, reports, requests, scoring
from shared.storage.rows import upsert
from shared.telemetry import traces


@dataclass(frozen=True)
class StoredReport:
    """A report as it stands.

    `status` is that of its request; `stale_since` is None when it is up to date; `failure` says why it could
    not be made again, None when nothing failed.
    """

    request_id: str
    version: int
    made_at: str
    status: str
    stale_since: str | None
    failure: str | None
    content: Report
    traceparent: str | None = None
    """The span that made it, where traces are made."""


@dataclass(frozen=True)
class ReportLine:
    """A request in the list of reports; `version` is 0 and `verdict` empty until its report is made."""

    request_id: str
    title: str
    partner_id: str
    partner_name: str
    country: str
    need: str
    status: str
    version: int
    verdict: str
    match_count: int
    best_name: str
    as_of: str
    stale_since: str | None


@dataclass(frozen=True)
class ReportFilter:
    """Which reports to list; None asks nothing. `status` is the request's, `verdict` the report's."""

    status: str | None = None
    partner_id: str | None = None
    verdict: str | None = None


def save_report(connection: Connection, report: Report, made_at: str, touched: Collection[str] = ()) -> int:
    """Save a report and return its version: the old one where it says the same, otherwise the next.

    What a next version changes is kept too; `touched` are companies that are known to have changed since.
    """
    request_id = report.request_id
    query = sa.select(reports.c.version, reports.c.digest, reports.c.content)
    old = connection.execute(query.where(reports.c.request_id == request_id)).first()
    version = 1 if old is None else old.version + (old.digest != report.digest)
    if old is not None and old.digest != report.digest:
        changed = (
            unknown_changes(old.version, Cause.REBUILT)
            if old.content is None
            else changes_between(read_content(old.content), report, old.version, touched)
        )
        add_change(connection, request_id, version, made_at, changed)
    values = {**_values(version, report), "made_at": made_at, "traceparent": traces.current()}
    upsert(connection, reports, {"request_id": request_id}, values)
    return version


def list_next_naming(
    connection: Connection, company_id: str, after: str, most: int, lock: bool = False
) -> list[tuple[str, int, Report]]:
    """Read up to `most` reports that may name a company, those after that of request `after`, by request.

    Returns request id, version and report, of frozen reports too. `lock` keeps others from changing the reports until
    the transaction ends.
    """
    named = reports.c.content.contains(f'"id":{json.dumps(company_id)}', autoescape=True)
    query = sa.select(reports).where(named, reports.c.request_id > after).order_by(reports.c.request_id)
    query = query.limit(most)
    rows = connection.execute(query.with_for_update() if lock else query)
    return [(row.request_id, row.version, read_content(row.content)) for row in rows]


def save_content(connection: Connection, version: int, report: Report) -> None:
    """Save a report as this version of the one that is there, made when that was."""
    same = reports.c.request_id == report.request_id
    values = _values(version, report)
    connection.execute(sa.update(reports).where(same).values(**values))


def get_report(connection: Connection, request_id: str, lock: bool = False) -> StoredReport | None:
    """Read a report, or None where there is none yet (or a rebuild is making it again).

    `lock` keeps others from changing or locking it until the transaction ends.
    """
    query = (
        sa.select(reports, requests.c.status, scoring.c.stale_since, scoring.c.failure)
        .join(requests, requests.c.id == reports.c.request_id, isouter=True)
        .join(scoring, scoring.c.request_id == reports.c.request_id, isouter=True)
        .where(reports.c.request_id == request_id, reports.c.content.is_not(None))
    )
    row = connection.execute(query.with_for_update(of=reports) if lock else query).first()
    if row is None:
        return None
    return StoredReport(
        request_id=request_id,
        version=row.version,
        made_at=row.made_at,
        status=row.status or "unknown",
        stale_since=row.stale_since,
        failure=row.failure,
        content=read_content(row.content),
        traceparent=row.traceparent,
    )


def delete_report(connection: Connection, request_id: str) -> None:
    """Delete the report of an erased request, with what its versions changed."""
    delete_changes(connection, request_id)
    connection.execute(sa.delete(reports).where(reports.c.request_id == request_id))


def list_reports(
    connection: Connection, chosen: ReportFilter, page: int, page_size: int
) -> tuple[list[ReportLine], int]:
    """Read a page (from 1) of the requests with their reports, the newest change first, and how many there are."""
    source = requests.join(partners, partners.c.id == requests.c.partner_id, isouter=True)
    source = source.join(reports, reports.c.request_id == requests.c.id, isouter=True)
    source = source.join(scoring, scoring.c.request_id == requests.c.id, isouter=True)
    wanted: list[sa.ColumnElement[bool]] = []
    if chosen.status is not None:
        wanted.append(requests.c.status == chosen.status)
    if chosen.partner_id is not None:
        wanted.append(requests.c.partner_id == chosen.partner_id)
    if chosen.verdict is not None:
        wanted.append(reports.c.verdict == chosen.verdict)
    count = connection.execute(sa.select(sa.func.count()).select_from(source).where(*wanted)).scalar_one()
    query = (
        sa.select(
            requests.c.id, requests.c.state, requests.c.status, requests.c.partner_id,
            partners.c.state.label("partner_state"), reports.c.version, reports.c.verdict, reports.c.match_count,
            reports.c.best_name, reports.c.as_of, scoring.c.stale_since,
        )
        .select_from(source)
        .where(*wanted)
        .order_by(requests.c.happened_at.desc(), requests.c.id)
        .limit(page_size)
        .offset((page - 1) * page_size)
    )  # fmt: skip
    return [_line(row) for row in connection.execute(query)], int(count)


def list_request_ids(connection: Connection) -> list[str]:
    """List the requests that have a report, one that is being made again included, by id."""
    return list(connection.execute(sa.select(reports.c.request_id).order_by(reports.c.request_id)).scalars())


def count_open(connection: Connection) -> int:
    """Count the reports of open requests: those that a rebuild would make again."""
    still_open = sa.select(scoring.c.request_id).where(scoring.c.open)
    query = sa.select(sa.func.count()).where(reports.c.request_id.in_(still_open))
    return int(connection.execute(query).scalar_one())


def count_emptied(connection: Connection) -> int:
    """Count the reports that are empty, those apart whose request was closed meanwhile: they stay so."""
    closed = sa.exists().where(scoring.c.request_id == reports.c.request_id, ~scoring.c.open)
    query = sa.select(sa.func.count()).where(reports.c.content.is_(None), ~closed)
    return int(connection.execute(query).scalar_one())


def count_by_verdict(connection: Connection) -> dict[str, int]:
    """Count the reports of open requests by verdict; requests without a report count under the empty text."""
    verdict = sa.func.coalesce(reports.c.verdict, "")
    source = scoring.join(reports, reports.c.request_id == scoring.c.request_id, isouter=True)
    query = sa.select(verdict, sa.func.count()).select_from(source).where(scoring.c.open).group_by(verdict)
    return {row[0]: row[1] for row in connection.execute(query)}


def read_content(text: str) -> Report:
    """Read a report from what its row holds."""
    return Report.from_json(json.loads(text))


def _values(version: int, report: Report) -> dict[str, Any]:
    return {
        "version": version,
        "digest": report.digest,
        "as_of": report.as_of,
        "verdict": report.verdict,
        "match_count": len(report.matches),
        "best_name": report.matches[0].company.name if report.matches else "",
        "content": canonical_json(report),
    }


def _line(row: Any) -> ReportLine:
    request = json.loads(row.state)
    partner = json.loads(row.partner_state) if row.partner_state else {}
    needs = request.get("needs") or [{}]
    return ReportLine(
        request_id=row.id,
        title=request.get("title") or "",
        partner_id=row.partner_id,
        partner_name=partner.get("name") or "",
        country=partner.get("country") or "",
        need=needs[0].get("title") or needs[0].get("text") or "",
        status=row.status,
        version=row.version or 0,
        verdict=row.verdict or "",
        match_count=row.match_count or 0,
        best_name=row.best_name or "",
        as_of=row.as_of or "",
        stale_since=row.stale_since,
    )


def names_erased(connection: Connection, report: Report) -> bool:
    """Say whether a report that was made holds words of a company that has been erased since."""
    ids = {one.company.id for part in (report.matches, report.excluded) for one in part}
    erased = erasures.list_versions(connection, Side.COMPANY, ids)
    return any(names_company(report, id, version) for id, version in erased.items())
