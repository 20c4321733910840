"""The programmes, one a visit, with a version that grows with each change; and what a programme is made from.

A programme is canonical JSON of ids and times.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions import store as decisions
from services.matching.introductions.domain.introductions import APPROVED, REJECTED
from services.matching.organisations.domain.model import ACTIVE, PLANNED, WITHDRAWN
from services.matching.organisations.domain.procurement import TENDER_OPEN
from services.matching.organisations.store import projection
from services.matching.organisations.store.projection import Stored
from services.matching.programmes.domain.planned import Planned, planned_from, without_company
from services.matching.programmes.domain.settings import MATCHES
from services.matching.programmes.domain.wanted_sessions import Meeting, is_anothers
from services.matching.reports.domain.report import canonical_json
from services.matching.reports.store import reports
from services.matching.tables import programmes, visits
from shared.ids import heads_of


@dataclass(frozen=True)
class StoredProgramme:
    """A visit's programme as it stands."""

    visit_id: str
    version: int
    updated_at: str
    planned: Planned


@dataclass(frozen=True)
class VisitLine:
    """A visit in the list of programmes; `programme_version` 0: none is made."""

    visit_id: str
    title: str
    starts_on: str
    ends_on: str
    programme_version: int


def get_programme(connection: Connection, visit_id: str, lock: bool = False) -> StoredProgramme | None:
    """Read a visit's programme, or None; `lock` keeps others from changing it until the transaction ends."""
    query = sa.select(programmes).where(programmes.c.visit_id == visit_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        return None
    return StoredProgramme(row.visit_id, row.version, row.updated_at, planned_from(json.loads(row.content)))


def add_programme(connection: Connection, visit_id: str, planned: Planned, at: str) -> bool:
    """Keep a visit's first programme; False, and nothing is kept, where it has one."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    new = insert(programmes).values(visit_id=visit_id, **_values(1, planned, at)).on_conflict_do_nothing()
    return connection.execute(new.returning(programmes.c.visit_id)).first() is not None


def save_programme(connection: Connection, visit_id: str, version: int, planned: Planned, at: str) -> None:
    """Keep a visit's programme as another version in place of the one that it has."""
    mine = programmes.c.visit_id == visit_id
    connection.execute(sa.update(programmes).where(mine).values(**_values(version, planned, at)))


def _values(version: int, planned: Planned, at: str) -> dict[str, Any]:
    return {"version": version, "content": canonical_json(planned.to_json()), "updated_at": at}


def delete_programme(connection: Connection, visit_id: str) -> None:
    """Delete the programme of an erased visit."""
    connection.execute(sa.delete(programmes).where(programmes.c.visit_id == visit_id))


def delete_company(connection: Connection, company_id: str, at: str) -> None:
    """Take an erased company out of all programmes."""
    said = json.dumps(company_id)[1:-1]
    # By its id, in the id of its place, and in the ids of its sessions, which may be cut short.
    cut = (json.dumps(head)[1:-1] for head in heads_of(company_id))
    texts = f'"{said}"', f':{said}"', f'.{said}"', f".{said}.", *(f".{head}." for head in cut)
    named = sa.or_(*(programmes.c.content.contains(text, autoescape=True) for text in texts))
    query = sa.select(programmes.c.visit_id).where(named).order_by(programmes.c.visit_id)
    for visit_id in list(connection.execute(query).scalars()):
        stored = get_programme(connection, visit_id, lock=True)
        if stored is not None:
            left = without_company(stored.planned, company_id)
            save_programme(connection, visit_id, stored.version + 1, left, at)


def list_visits(connection: Connection, page: int, page_size: int) -> tuple[list[VisitLine], int]:
    """Read a page (from 1) of the planned visits with the versions of their programmes, the newest change first."""
    wanted = visits.c.status == PLANNED
    count = connection.execute(sa.select(sa.func.count()).select_from(visits).where(wanted)).scalar_one()
    query = (
        sa.select(visits.c.id, visits.c.state, programmes.c.version)
        .join(programmes, programmes.c.visit_id == visits.c.id, isouter=True)
        .where(wanted)
        .order_by(visits.c.happened_at.desc(), visits.c.id)
        .limit(page_size)
        .offset((page - 1) * page_size)
    )
    lines = []
    for row in connection.execute(query):
        state = json.loads(row.state)
        lines.append(
            VisitLine(row.id, state["title"], state["starts_on"], state["ends_on"], row.version or 0)
        )
    return lines, int(count)


MIDDLING = 50.0
"""The score of an introduction whose report no longer names the company."""


@dataclass(frozen=True)
class Material:
    """What a programme is made from, as it stands now.

    `others` are the ids of match requests that name the visit and are another partner's.
    """

    visit: Stored
    meetings: tuple[Meeting, ...]
    others: tuple[str, ...] = ()


def get_material(connection: Connection, visit_id: str, source: str) -> Material | None:
    """Read a visit and the meetings that its introductions, or its reports' matches, ask for; or None."""
    visit = projection.get_state(connection, tables.visits, visit_id)
    if visit is None:
        return None
    found = projection.list_states(connection, tables.requests, tables.requests.c.visit_id == visit_id)
    requests = [request for request in found if request.status != WITHDRAWN]
    others = tuple(one.id for one in requests if is_anothers(one.state, visit.state))
    meetings = [
        meeting
        for request in requests
        if request.id not in others
        for meeting in _meetings(connection, request, source)
    ]
    return Material(visit, tuple(meetings), others)


def _meetings(connection: Connection, request: Stored, source: str) -> list[Meeting]:
    report = reports.get_report(connection, request.id)
    matches = report.content.matches if report else ()
    scores: dict[str, float] = {}
    for match in matches:
        scores[match.company.id] = max(match.score, scores.get(match.company.id, 0.0))
    chosen: dict[str, tuple[str, set[str]]] = {}
    if source == MATCHES:
        latest = {one.match_id: one.decision for one in decisions.list_reviews_of(connection, request.id)}
        for match in matches:
            if latest.get(match.id) != REJECTED and not match.company.erased_at:
                chosen.setdefault(match.company.id, (match.role, set()))[1].add(match.need_id)
    else:
        for one in decisions.list_introductions_of(connection, request.id):
            if one.status == APPROVED and not one.state["company"].get("erased_at"):
                chosen[one.state["company"]["id"]] = (one.state["role"], set(one.state["need_ids"]))
    companies = projection.get_states(connection, tables.companies, chosen)
    partner = projection.get_state(connection, tables.partners, request.state["partner_id"])
    return [
        Meeting(
            request_id=request.id,
            company_id=id,
            role=role,
            score=scores.get(id, MIDDLING),
            needs=tuple(
                text
                for need in request.state["needs"]
                if need["id"] in need_ids
                for text in (need.get("title", ""), need["text"])
            ),
            tender_open=request.state.get("procurement_stage") == TENDER_OPEN,
            company_languages=_languages(companies[id]),
            partner_languages=_languages(partner) if partner else (),
        )
        for id, (role, need_ids) in sorted(chosen.items())
        if id in companies and companies[id].status == ACTIVE
    ]


def _languages(side: Stored) -> tuple[str, ...]:
    return tuple(
        one
        for one in dict.fromkeys([side.state.get("language", ""), *side.state.get("languages", [])])
        if one
    )
