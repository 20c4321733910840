"""What staff decided: reviews of matches, introductions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.introductions.domain.introductions import APPROVED, introduced_matches
from services.matching.organisations.domain.model import ACTIVE, OPEN
from services.matching.organisations.store.projection import (
    Stored,
    get_state,
    list_states,
    save_state,
)
from services.matching.tables import introductions, partners, requests, reviews
from shared.clock import from_text, to_text
from shared.events.event import Event
from shared.ids import joined
from shared.storage.rows import in_parts

ONE_ACT = timedelta(minutes=1)
"""The same words of staff on several matches are one text when they were written within this time."""


@dataclass(frozen=True)
class Review:
    """One decision on one match of one version of a report. `decision`: approved or rejected."""

    report_version: int
    match_id: str
    decision: str
    reason: str
    approval_id: str | None
    at: str


def add_review(connection: Connection, request_id: str, review: Review) -> None:
    """Keep a decision; earlier ones on the same match stay as history."""
    connection.execute(sa.insert(reviews).values(request_id=request_id, **asdict(review)))


def list_reviews_of(connection: Connection, request_id: str) -> list[Review]:
    """Read the decisions on a request's matches, oldest first."""
    query = sa.select(reviews).where(reviews.c.request_id == request_id).order_by(reviews.c.number)
    return [
        Review(row.report_version, row.match_id, row.decision, row.reason, row.approval_id, row.at)
        for row in connection.execute(query)
    ]


def list_decisions_by_request(
    connection: Connection, request_ids: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Read the last decision by match id, by request; an approval that was cancelled is none."""
    found: dict[str, dict[str, str]] = {}
    for part in in_parts(request_ids):
        made: dict[str, list[Mapping[str, Any]]] = {}
        for one in list_states(connection, introductions, introductions.c.request_id.in_(part)):
            made.setdefault(one.state["request_id"], []).append(one.state)
        last: dict[str, dict[str, str]] = {id: {} for id in part}
        query = sa.select(reviews).where(reviews.c.request_id.in_(part)).order_by(reviews.c.number)
        for row in connection.execute(query):
            last[row.request_id][row.match_id] = row.decision
        for id, said in last.items():
            approved = introduced_matches(made.get(id, ()))
            found[id] = {match: one for match, one in said.items() if one != APPROVED or match in approved}
    return found


def list_reviewed_approvals(connection: Connection) -> list[tuple[str, str]]:
    """Read request and approval of every decision that approved."""
    query = sa.select(reviews.c.request_id, reviews.c.approval_id).where(reviews.c.approval_id.is_not(None))
    return [(row.request_id, row.approval_id) for row in connection.execute(query)]


def reviews_of_company(id: str) -> sa.ColumnElement[bool]:
    """Return the condition that a review is of a company's match."""
    # Not by LIKE, for which `acme` and `ACME` are one on SQLite.
    begin = f"{joined(id)}."
    return sa.func.substr(reviews.c.match_id, 1, len(begin)) == begin


def empty_reasons_of_company(connection: Connection, id: str) -> None:
    """Take staff's words out of the decisions on a company's matches, and out of others that were made with them."""
    _empty_reasons(connection, reviews_of_company(id))


def empty_reasons_of_request(connection: Connection, request_id: str) -> None:
    """Take staff's words out of the decisions on a request's matches, and out of others that were made with them."""
    _empty_reasons(connection, reviews.c.request_id == request_id)


def _empty_reasons(connection: Connection, mine: sa.ColumnElement[bool]) -> None:
    query = sa.select(reviews.c.reason, reviews.c.at).where(mine, reviews.c.reason != "").distinct()
    for reason, at in connection.execute(query).all():
        first, last = _one_act(at)
        together = sa.and_(reviews.c.reason == reason, reviews.c.at.between(first, last))
        connection.execute(sa.update(reviews).where(together).values(reason=""))


def list_with_note_of(connection: Connection, note: str, at: str) -> list[Stored]:
    """Read the introductions whose approval has the note of one that was approved at `at`: written once for several."""
    if not note:
        return []
    first, last = _one_act(at)
    words = json.dumps(note, ensure_ascii=False)
    found = list_states(connection, introductions, introductions.c.state.contains(words, autoescape=True))
    return [
        one
        for one in found
        if one.state["approval"].get("note") == note and first <= one.state["approval"]["at"] <= last
    ]


def _one_act(at: str) -> tuple[str, str]:
    """Return the span in which the same words are those of one act, such as the approval of a plan of many reports."""
    moment = from_text(at)
    return to_text(moment - ONE_ACT), to_text(moment + ONE_ACT)


def list_open_or_decided(connection: Connection, most: int) -> tuple[dict[str, str], int]:
    """Read which requests of active partners are open or decided on, and how many there are.

    Gives the partner's id by the request's id: up to `most`, the newest change first.
    """
    decided_on = sa.exists().where(reviews.c.request_id == requests.c.id)
    source = requests.join(partners, partners.c.id == requests.c.partner_id)
    wanted = sa.and_(partners.c.status == ACTIVE, sa.or_(requests.c.status == OPEN, decided_on))
    total = connection.execute(sa.select(sa.func.count()).select_from(source).where(wanted)).scalar_one()
    query = sa.select(requests.c.id, requests.c.partner_id).select_from(source).where(wanted)
    rows = connection.execute(query.order_by(requests.c.happened_at.desc(), requests.c.id).limit(most))
    return {row.id: row.partner_id for row in rows}, int(total)


def save_introduction_state(connection: Connection, event: Event) -> None:
    """Keep an introduction as its event says."""
    state: Mapping[str, Any] = event.state or {}
    columns = {
        "request_id": state["request_id"],
        "company_id": state["company"]["id"],
        "partner_id": state["partner"]["id"],
    }
    save_state(connection, introductions, event, **columns)


def get_introduction(connection: Connection, introduction_id: str) -> Stored | None:
    """Read one introduction, or None."""
    return get_state(connection, introductions, introduction_id)


def list_introductions_of(connection: Connection, request_id: str) -> list[Stored]:
    """Read the introductions made on a request's report, cancelled ones included, by id."""
    return list_states(connection, introductions, introductions.c.request_id == request_id)


def list_introductions(
    connection: Connection, wanted: Mapping[str, str | None], page: int, page_size: int
) -> tuple[list[Stored], int]:
    """Read a page (from 1) of the introductions, the newest change first, and how many there are.

    `wanted` asks for values of `status`, `request_id`, `company_id`, `partner_id`; None asks nothing.
    """
    asked = [introductions.c[name] == value for name, value in wanted.items() if value is not None]
    count = connection.execute(
        sa.select(sa.func.count()).select_from(introductions).where(*asked)
    ).scalar_one()
    query = (
        sa.select(introductions)
        .where(*asked)
        .order_by(introductions.c.happened_at.desc(), introductions.c.id)
        .limit(page_size)
        .offset((page - 1) * page_size)
    )
    found = [
        Stored(row.id, row.version, row.status, row.happened_at, json.loads(row.state))
        for row in connection.execute(query)
    ]
    return found, int(count)
