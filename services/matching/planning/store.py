"""What plans are made of: open requests' reports, members, capacities, introductions, rejections. Reads only."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions.domain.introductions import APPROVED, REJECTED
from services.matching.organisations.domain.model import ACTIVE, OPEN, Company, company_from_state
from services.matching.organisations.store import projection
from services.matching.planning.domain.fairness import Member, Met
from services.matching.planning.domain.introducing import Standing
from services.matching.programmes.domain.planned import planned_from
from services.matching.programmes.domain.problem import by_id
from services.matching.reports.domain.report import Report
from services.matching.reports.store.reports import read_content
from services.matching.scoring.domain.history import PastIntroduction
from services.matching.scoring.store import get_active_policy
from services.matching.tables import introductions, reports, requests, reviews
from shared.clock import from_text
from shared.storage import rows
from shared.words.membership import MEMBERS, Membership


@dataclass(frozen=True)
class OpenReport:
    """The report of an open request: its version and its content; `title` is the request's."""

    request_id: str
    version: int
    title: str
    content: Report


def list_open_reports(connection: Connection, only: Collection[str] = ()) -> list[OpenReport]:
    """Read the reports of open requests, by id; `only` those among these ids, where any are named."""
    query = (
        sa.select(reports.c.request_id, reports.c.version, reports.c.content, requests.c.state)
        .join(requests, requests.c.id == reports.c.request_id)
        .where(requests.c.status == OPEN, reports.c.content.is_not(None))
        .order_by(reports.c.request_id)
    )
    parts = list(rows.in_parts(only)) if only else [None]
    return [
        OpenReport(
            row.request_id, row.version, json.loads(row.state).get("title") or "", read_content(row.content)
        )
        for part in parts
        for row in connection.execute(query if part is None else query.where(reports.c.request_id.in_(part)))
    ]


def get_standing(connection: Connection, found: Iterable[OpenReport], at: datetime) -> Standing:
    """Read what stands beside some reports, as of `at`."""
    listed = list(found)
    companies = {match.company.id for one in listed for match in one.content.matches}
    partners = {one.content.partner.id for one in listed}
    return Standing(
        at,
        _capacities(connection, tables.companies, companies),
        _capacities(connection, tables.partners, partners),
        list_introductions(connection),
        list_rejected_matches(connection, [one.request_id for one in listed]),
        get_active_policy(connection).rest_days,
    )


def list_introductions(connection: Connection, company_id: str | None = None) -> list[PastIntroduction]:
    """Read the introductions that stand, all or one company's, by id; an erased side is still counted, by its id."""
    query = sa.select(introductions).where(introductions.c.status == APPROVED).order_by(introductions.c.id)
    if company_id is not None:
        query = query.where(introductions.c.company_id == company_id)
    return [
        PastIntroduction(
            row.partner_id, row.company_id, from_text(json.loads(row.state)["approval"]["at"]), row.request_id
        )
        for row in connection.execute(query)
    ]


def list_rejected_matches(connection: Connection, request_ids: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Read the matches whose latest review is a rejection, as (request id, match id)."""
    latest: dict[tuple[str, str], str] = {}
    for part in rows.in_parts(request_ids):
        query = sa.select(reviews).where(reviews.c.request_id.in_(part)).order_by(reviews.c.number)
        for row in connection.execute(query):
            latest[row.request_id, row.match_id] = row.decision
    return frozenset(one for one, decision in latest.items() if decision == REJECTED)


def list_companies(connection: Connection, ids: Iterable[str]) -> dict[str, Company]:
    """Read the active companies among `ids`, by id."""
    return {
        one: company_from_state(stored.state)
        for one, stored in projection.get_states(connection, tables.companies, ids).items()
        if stored.status == ACTIVE
    }


def _capacities(connection: Connection, table: sa.Table, ids: Iterable[str]) -> dict[str, int | None]:
    return {
        one: stored.state.get("capacity")
        for one, stored in projection.get_states(connection, table, ids).items()
        if stored.status == ACTIVE
    }


def list_members(connection: Connection) -> list[Member]:
    """Read the active companies that are members, by id."""
    return [
        Member(one.id, one.state.get("name") or one.id, membership)
        for one in projection.list_states(connection, tables.companies, tables.companies.c.status == ACTIVE)
        if (membership := one.state.get("membership") or Membership.MEMBER.value) in MEMBERS
    ]


def list_small_members(connection: Connection) -> list[Company]:
    """Read the active companies that are small members, by id."""
    named = tables.companies.c.state.contains(json.dumps(Membership.SMALL_MEMBER), autoescape=True)
    found = projection.list_states(connection, tables.companies, tables.companies.c.status == ACTIVE, named)
    return [
        company_from_state(one.state)
        for one in found
        if one.state.get("membership") == Membership.SMALL_MEMBER
    ]


def list_sessions(connection: Connection) -> list[Met]:
    """Read which company is in a placed session of a programme, and on which day; by visit, session and company."""
    found = []
    rows = connection.execute(sa.select(tables.programmes.c.content).order_by(tables.programmes.c.visit_id))
    for (content,) in rows:
        planned = planned_from(json.loads(content))
        wanted = by_id(planned.problem)
        for session, at in planned.programme.placements.items():
            found += [Met(company, date.fromisoformat(at.date)) for company in wanted[session].companies]
    return found
