"""The statements on the table of submissions, and what of the organisations they are compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.profiles.organisations.domain.codes import COMPANIES, KINDS, PARTNERS, REQUESTS
from services.profiles.submissions.domain.belonging_to import holds_address, is_about
from services.profiles.submissions.domain.likeness import name_key
from services.profiles.submissions.domain.rates import Sent
from services.profiles.submissions.domain.submission import (
    DecidedBy,
    RecordOf,
    Submission,
    SubmissionStatus,
    address_of,
)
from services.profiles.tables import PROFILES, erasures, submissions
from shared.clock import from_text, to_text
from shared.status import Waiting

_COLUMNS = submissions.c
ORGANISATIONS = (COMPANIES, PARTNERS)
SOURCE_LOCK = 0x73656E64  # the advisory locks of sources; those of kept answers have another first number
MOST_AT_ONCE = 200
"""Ids that one statement names: databases take a bounded number."""
Fingerprint = tuple[int, int, str, int, int]


@dataclass(frozen=True)
class Asked:
    """Which submissions are wanted; None or an empty text asks nothing. `page` counts from 1."""

    status: str | None = None
    kind: str | None = None
    source_of: str | None = None
    name: str | None = None
    page: int = 1
    page_size: int = 50


def add_submission(connection: Connection, submission: Submission, token_digest: str) -> None:
    """Add a submission."""
    row = {**_row(submission), "id": submission.id, "token_digest": token_digest}
    connection.execute(sa.insert(submissions).values(row))


def save_submission(connection: Connection, submission: Submission) -> None:
    """Save where a submission stands now."""
    connection.execute(sa.update(submissions).where(_COLUMNS.id == submission.id).values(_row(submission)))


def get_submission(connection: Connection, id: str, lock: bool = False) -> Submission | None:
    """Return a submission, or None."""
    return _one(connection, _COLUMNS.id == id, lock)


def get_followed(connection: Connection, token_digest: str, lock: bool = False) -> Submission | None:
    """Return the submission whose follow link has a token, or None."""
    return _one(connection, _COLUMNS.token_digest == token_digest, lock)


def list_submissions(connection: Connection, asked: Asked) -> list[Submission]:
    """Return one page of submissions: what waits longest first, of others the newest first."""
    waits = asked.status == SubmissionStatus.WAITING
    order = _COLUMNS.received_at if waits else _COLUMNS.received_at.desc()
    query = (
        sa.select(submissions)
        .where(*_conditions(asked))
        .order_by(order, _COLUMNS.id)
        .limit(asked.page_size)
        .offset((asked.page - 1) * asked.page_size)
    )
    return [_read(row) for row in connection.execute(query)]


def count_submissions(connection: Connection, asked: Asked) -> int:
    """Count what is asked for, over all its pages."""
    query = sa.select(sa.func.count()).select_from(submissions).where(*_conditions(asked))
    return int(connection.execute(query).scalar_one())


def count_by_source(connection: Connection, sources: Sequence[str]) -> dict[str, int]:
    """Count the submissions that came from each of some sources."""
    found: dict[str, int] = {}
    wanted = sorted(set(sources))
    for start in range(0, len(wanted), MOST_AT_ONCE):
        query = (
            sa.select(_COLUMNS.source, sa.func.count())
            .where(_COLUMNS.source.in_(wanted[start : start + MOST_AT_ONCE]))
            .group_by(_COLUMNS.source)
        )
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


def list_ids_from(connection: Connection, source: str, until: str = "") -> list[str]:
    """Return the ids of all submissions from one source, in order, that are not withdrawn.

    With `until`, a moment, those that have come in since are left out.
    """
    wanted = [_COLUMNS.source == source, _COLUMNS.status != SubmissionStatus.WITHDRAWN]
    if until:
        wanted.append(_COLUMNS.received_at <= until)
    return list(connection.execute(sa.select(_COLUMNS.id).where(*wanted).order_by(_COLUMNS.id)).scalars())


def lock_source(connection: Connection, source: str) -> None:
    """Have others who count what came from a source wait until this transaction ends.

    On SQLite each transaction that writes is alone as it is.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SOURCE_LOCK, sa.func.hashtext(source))))


def get_sent_since(connection: Connection, source: str, since: datetime) -> Sent:
    """Return how many submissions came from a source since a moment, when the oldest did and how long they are."""
    query = sa.select(
        sa.func.count(),
        sa.func.min(_COLUMNS.received_at),
        sa.func.coalesce(sa.func.sum(sa.func.length(_COLUMNS.sent)), 0),
    ).where(_COLUMNS.source == source, _COLUMNS.received_at > to_text(since))
    number, oldest, characters = connection.execute(query).one()
    return Sent(number, None if oldest is None else from_text(oldest), int(characters))


def get_waiting(connection: Connection) -> Waiting:
    """Return how many submissions wait, and since when the oldest does."""
    query = sa.select(sa.func.count(), sa.func.min(_COLUMNS.received_at)).where(
        _COLUMNS.status == SubmissionStatus.WAITING
    )
    number, oldest = connection.execute(query).one()
    return Waiting(number, oldest)


def delete_decided(connection: Connection, before: str) -> int:
    """Delete what was decided before a moment, and return how many."""
    return connection.execute(sa.delete(submissions).where(_COLUMNS.decided_at < before)).rowcount


def forget_sources(connection: Connection, before: str) -> int:
    """Forget where submissions that came before a moment came from, and return how many."""
    old = _COLUMNS.source.is_not(None) & (_COLUMNS.received_at < before)
    return connection.execute(sa.update(submissions).where(old).values(source=None)).rowcount


def delete_submission(connection: Connection, id: str) -> None:
    """Delete a submission."""
    connection.execute(sa.delete(submissions).where(_COLUMNS.id == id))


def list_with_record(
    connection: Connection, kind: str, record_id: str, lock: bool = False
) -> list[Submission]:
    """List the submissions that made or changed a record."""
    named = _COLUMNS.records.contains(json.dumps(record_id), autoescape=True)
    query = sa.select(submissions).where(named).order_by(_COLUMNS.id)
    found = map(_read, connection.execute(query.with_for_update() if lock else query))
    return [one for one in found if one.has_record(kind, record_id)]


def list_about(
    connection: Connection, kind: str, record_id: str, state: Mapping[str, Any] | None
) -> list[Submission]:
    """List the submissions about an organisation: those that made or changed its record or one of its match requests,
    those that name it, those with its contact's address, those under its name.

    `state` is the organisation's, None where it is gone. A name counts for nothing between two countries.
    """
    own = [(kind, record_id)]
    if kind == PARTNERS:
        requests = PROFILES[REQUESTS].c
        query = sa.select(requests.id).where(requests.partner_id == record_id)
        own += [(REQUESTS, id) for id in connection.execute(query).scalars()]
    found = {one.id: one for topic, id in own for one in list_with_record(connection, topic, id)}
    conditions = [_COLUMNS.partner_id == record_id] if kind == PARTNERS else []
    if state is not None:
        conditions.append(_COLUMNS.name_folded == name_key(state["name"]))
        email = ((state.get("contact") or {}).get("email") or "").lower()
        if email:
            conditions.append(_COLUMNS.email == email)
    if conditions:
        query = sa.select(submissions).where(sa.or_(*conditions))
        for one in map(_read, connection.execute(query)):
            if is_about(one, kind, record_id, state):
                found[one.id] = one
    return [found[id] for id in sorted(found)]


def list_with_address(connection: Connection, address: str) -> list[Submission]:
    """List the submissions that hold a mail address, in any case, in what was sent or in what it changed."""
    wanted = address.lower()
    holds = sa.or_(
        _COLUMNS.email == wanted,
        _COLUMNS.sent.icontains(address, autoescape=True),
        _COLUMNS.records.icontains(address, autoescape=True),
    )
    found = map(_read, connection.execute(sa.select(submissions).where(holds).order_by(_COLUMNS.id)))
    return [one for one in found if holds_address(one, wanted)]


def get_fingerprint(connection: Connection, kind: str) -> Fingerprint:
    """Return what is different after any change of the organisations of a kind: their number, the sum of their
    versions, when the last one changed, and the same numbers of those that are erased.
    """
    table, gone = PROFILES[kind].c, erasures.c
    there = sa.select(
        sa.func.count(), sa.func.coalesce(sa.func.sum(table.version), 0), sa.func.max(table.updated_at)
    )
    number, versions, last = connection.execute(there).one()
    erased = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(gone.version), 0)).where(
        gone.kind == KINDS[kind].aggregate
    )
    erased_number, erased_versions = connection.execute(erased).one()
    return int(number), int(versions), last or "", int(erased_number), int(erased_versions)


def _one(connection: Connection, condition: sa.ColumnElement[bool], lock: bool) -> Submission | None:
    query = sa.select(submissions).where(condition)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return None if row is None else _read(row)


def _conditions(asked: Asked) -> list[sa.ColumnElement[bool]]:
    conditions = []
    if asked.status:
        conditions.append(_COLUMNS.status == asked.status)
    if asked.kind:
        conditions.append(_COLUMNS.kind == asked.kind)
    if asked.source_of:
        its = sa.select(_COLUMNS.source).where(_COLUMNS.id == asked.source_of).scalar_subquery()
        conditions.append(_COLUMNS.source == its)
    if asked.name:
        # Signs alone have no key: as they are, they are in no name's.
        sought = name_key(asked.name) or asked.name
        conditions.append(_COLUMNS.name_folded.contains(sought, autoescape=True))
    return conditions


def _row(submission: Submission) -> dict[str, Any]:
    return {
        "kind": submission.kind,
        "status": submission.status.value,
        "received_at": submission.received_at,
        "source": submission.source,
        "name": submission.name,
        "name_folded": name_key(submission.name),
        "email": address_of(submission.kind, submission.sent),
        "partner_id": submission.partner_id,
        "decided_at": submission.decided_at,
        "decided_by": None if submission.decided_by is None else submission.decided_by.value,
        "reason": submission.reason,
        "records": json.dumps([vars(record) for record in submission.records], ensure_ascii=False),
        "sent": json.dumps(submission.sent, ensure_ascii=False),
    }


def _read(row: sa.Row[Any]) -> Submission:
    return Submission(
        id=row.id,
        kind=row.kind,
        status=SubmissionStatus(row.status),
        received_at=row.received_at,
        sent=json.loads(row.sent),
        source=row.source,
        decided_at=row.decided_at,
        decided_by=None if row.decided_by is None else DecidedBy(row.decided_by),
        reason=row.reason,
        records=tuple(RecordOf(**record) for record in json.loads(row.records)),
    )
