"""Which reports are to be made again, and who is making them.

A request's `wanted` number grows with each change of the request or its partner; the pool's number grows with
each change of any company. A report is saved only if both are as they were when its material was read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.organisations.domain.model import ACTIVE
from services.matching.reports.store.pause import is_not_paused
from services.matching.tables import partners, pool, reports, requests, scoring
from shared.clock import to_text
from shared.storage.rows import in_parts
from shared.telemetry import traces

CLAIM_FOR = timedelta(seconds=20)
"""How long a worker has a claimed request for itself: the claim of a dead worker expires after this."""
FAILED_FOR = timedelta(minutes=1)
"""How long a request rests whose report could not be made."""


@dataclass(frozen=True)
class Claim:
    """A request to be scored, its `wanted` number at that moment, and the span that made it stale first."""

    request_id: str
    wanted: int
    stale_since: str
    traceparent: str | None = None


def track_request(connection: Connection, request_id: str, is_open: bool, at: datetime) -> None:
    """Note that a request changed: an open one is to be scored, another one no more."""
    values = {
        "open": is_open,
        "wanted": scoring.c.wanted + 1,
        "stale_since": sa.func.coalesce(scoring.c.stale_since, to_text(at)) if is_open else sa.null(),
        "traceparent": _first_cause() if is_open else None,
    }
    same = scoring.c.request_id == request_id
    if connection.execute(sa.update(scoring).where(same).values(**values)).rowcount == 0:
        first = {"request_id": request_id, "open": is_open, "wanted": 1, "traceparent": traces.current()}
        connection.execute(sa.insert(scoring).values(**first, stale_since=to_text(at) if is_open else None))


def forget_request(connection: Connection, request_id: str) -> None:
    """Stop keeping track of an erased request."""
    connection.execute(sa.delete(scoring).where(scoring.c.request_id == request_id))


def partner_changed(connection: Connection, partner_id: str, at: datetime, but: str | None = None) -> None:
    """Have the reports of a partner's open requests made again, except that of request `but`."""
    theirs = sa.select(requests.c.id).where(requests.c.partner_id == partner_id)
    conditions = [scoring.c.request_id.in_(theirs), scoring.c.open]
    if but is not None:
        conditions.append(scoring.c.request_id != but)
    since = sa.func.coalesce(scoring.c.stale_since, to_text(at))
    connection.execute(
        sa.update(scoring)
        .where(*conditions)
        .values(wanted=scoring.c.wanted + 1, stale_since=since, traceparent=_first_cause())
    )


def list_open_requests(connection: Connection) -> set[str]:
    """Read the ids of the open requests."""
    return set(connection.execute(sa.select(scoring.c.request_id).where(scoring.c.open)).scalars())


def request_touched(connection: Connection, request_id: str, at: datetime) -> bool:
    """Have the report of an open request made again, and say whether there is such a request."""
    since = sa.func.coalesce(scoring.c.stale_since, to_text(at))
    found = connection.execute(
        sa.update(scoring)
        .where(scoring.c.request_id == request_id, scoring.c.open)
        .values(wanted=scoring.c.wanted + 1, stale_since=since, traceparent=_first_cause())
    )
    return found.rowcount > 0


# Made once: every event about a company runs them.
_COUNT_UP = sa.update(pool).values(number=pool.c.number + 1)
_MARK_FRESH = (
    sa.update(scoring)
    .where(scoring.c.open, scoring.c.stale_since.is_(None))
    .values(stale_since=sa.bindparam("since"), traceparent=sa.bindparam("cause"))
)


def companies_changed(connection: Connection, at: datetime) -> None:
    """Have the reports of all open requests looked at again; a worker makes those that the change can touch.

    The pool's row is written first: a save holds it shared, and thus either sees the new number or is done
    before the reports are marked.
    """
    connection.execute(_COUNT_UP)
    connection.execute(_MARK_FRESH, {"since": to_text(at), "cause": traces.current()})


def policy_changed(connection: Connection, at: datetime) -> None:
    """Have the reports of all open requests made again under another policy; those being made are not current."""
    companies_changed(connection, at)


def get_pool_number(connection: Connection, lock: bool = False) -> int:
    """Read how often any company changed; `lock` keeps it from growing until the transaction ends."""
    query = sa.select(pool.c.number)
    return int(connection.execute(query.with_for_update(read=True) if lock else query).scalar_one())


def get_next_due(connection: Connection, now: datetime) -> Literal["first report", "newer report"] | None:
    """Say what `claim_due` would find first, or None when nothing is due; it takes no lock."""
    row = connection.execute(_due(now).limit(1)).first()
    if row is None:
        return None
    return "newer report" if row.reported else "first report"


def claim_due(connection: Connection, now: datetime, most: int) -> list[Claim]:
    """Take up to `most` requests that are due; other workers pass them by.

    Those without any report come first, then those that became stale first.

    A request is due when it is open, its report is stale, its partner is known and active, and the making of
    reports is not paused.
    """
    due = _due(now).limit(most)
    taken = connection.execute(due.with_for_update(of=scoring, skip_locked=True))
    claims = [Claim(row.request_id, row.wanted, row.stale_since, row.traceparent) for row in taken]
    _claim_until(connection, claims, to_text(now + CLAIM_FOR))
    return claims


def _first_cause() -> sa.ColumnElement[str | None]:
    """Return the span that made a request stale: this thread's own where it was not stale before."""
    return sa.case((scoring.c.stale_since.is_(None), traces.current()), else_=scoring.c.traceparent)


def _due(now: datetime) -> sa.Select[tuple[str, int, str, str | None, bool]]:
    free = sa.or_(scoring.c.claimed_until.is_(None), scoring.c.claimed_until < to_text(now))
    reported = reports.c.request_id.is_not(None).label("reported")
    return (
        sa.select(
            scoring.c.request_id, scoring.c.wanted, scoring.c.stale_since, scoring.c.traceparent, reported
        )
        .join(requests, requests.c.id == scoring.c.request_id)
        .join(partners, partners.c.id == requests.c.partner_id)
        .outerjoin(reports, reports.c.request_id == scoring.c.request_id)
        .where(scoring.c.open, scoring.c.stale_since.is_not(None), free, partners.c.status == ACTIVE)
        .where(is_not_paused(now))
        .order_by(reported, scoring.c.stale_since, scoring.c.request_id)
    )


def still_wanted(connection: Connection, claim: Claim) -> bool:
    """Say whether a claimed request is as it was and still due, and hold it until the transaction ends."""
    same = sa.and_(
        scoring.c.request_id == claim.request_id, scoring.c.open, scoring.c.stale_since.is_not(None)
    )
    query = sa.select(scoring.c.wanted).where(same)
    return connection.execute(query.with_for_update()).scalar() == claim.wanted


def settle(connection: Connection, claim: Claim) -> None:
    """Note that a claimed request's report is up to date."""
    same = scoring.c.request_id == claim.request_id
    done = {"stale_since": None, "claimed_until": None, "failure": None, "traceparent": None}
    connection.execute(sa.update(scoring).where(same).values(**done))


def settle_for_now(connection: Connection, claim: Claim, since: str) -> None:
    """Note that a claimed request's report was up to date until the moment `since` (as text), and is due again."""
    same = scoring.c.request_id == claim.request_id
    done = {"stale_since": since, "claimed_until": None, "failure": None}
    connection.execute(sa.update(scoring).where(same).values(**done))


@dataclass(frozen=True)
class Same:
    """What a request and its report were when it was found that companies changed since cannot touch the report."""

    wanted: int
    digest: str
    as_of: str


def settle_same(
    connection: Connection,
    known: Mapping[str, Same],
    mine: Collection[str],
    now: datetime,
    since: str | None = None,
) -> list[str]:
    """Note which stale reports are up to date without being made: those that still are what is `known` of them.

    Those that another worker has claimed are left to it; `mine` are requests that the caller has claimed. With `since`
    (a moment as text) they were up to date until then, and are due again. Returns the ids of the requests.
    """
    query = (
        sa.select(
            scoring.c.request_id, scoring.c.wanted, scoring.c.claimed_until, reports.c.digest, reports.c.as_of
        )
        .join(reports, reports.c.request_id == scoring.c.request_id)
        .where(scoring.c.open, scoring.c.stale_since.is_not(None), reports.c.content.is_not(None))
        .where(is_not_paused(now))
    )
    done = []
    for row in connection.execute(query.with_for_update(of=scoring, skip_locked=True)):
        free = row.claimed_until is None or row.claimed_until < to_text(now) or row.request_id in mine
        if free and known.get(row.request_id) == Same(row.wanted, row.digest, row.as_of):
            done.append(row.request_id)
    values: dict[str, str | None] = {"stale_since": since, "claimed_until": None, "failure": None}
    if since is None:
        values["traceparent"] = None
    for ids in in_parts(done):
        connection.execute(sa.update(scoring).where(scoring.c.request_id.in_(ids)).values(**values))
    return done


def release(connection: Connection, claims: Sequence[Claim]) -> None:
    """Release claimed requests without a report: they stay due, and stale since when they were."""
    _claim_until(connection, claims, None)


def note_failure(connection: Connection, claim: Claim, now: datetime, failure: str) -> None:
    """Keep why a report could not be made, for staff to see; it is tried again after `FAILED_FOR`."""
    same = scoring.c.request_id == claim.request_id
    values = {"failure": failure, "claimed_until": to_text(now + FAILED_FOR)}
    connection.execute(sa.update(scoring).where(same).values(**values))


def release_all(connection: Connection) -> None:
    """Release every claimed request: for a single worker that starts after one that died."""
    connection.execute(sa.update(scoring).values(claimed_until=None))


def count_due(connection: Connection) -> int:
    """Count the open requests whose report is to be made again, those that wait for their partner included."""
    due = sa.and_(scoring.c.open, scoring.c.stale_since.is_not(None))
    return int(connection.execute(sa.select(sa.func.count()).where(due)).scalar_one())


@dataclass(frozen=True)
class DueCounts:
    """Open requests whose report is to be made again: those that can be made, with the moment since when the
    oldest is stale; those that wait for a partner to be known and active; those of them that failed last.
    """

    to_make: int
    oldest: str | None
    without_partner: int
    failed: int


def get_due_counts(connection: Connection) -> DueCounts:
    """Count the reports that are to be made again, claimed or paused ones included."""
    known = partners.c.status == ACTIVE
    source = scoring.join(requests, requests.c.id == scoring.c.request_id, isouter=True)
    source = source.join(partners, partners.c.id == requests.c.partner_id, isouter=True)
    query = (
        sa.select(
            sa.func.count().filter(known),
            sa.func.min(scoring.c.stale_since).filter(known),
            sa.func.count(),
            sa.func.count(scoring.c.failure),
        )
        .select_from(source)
        .where(scoring.c.open, scoring.c.stale_since.is_not(None))
    )
    to_make, oldest, stale, failed = connection.execute(query).one()
    return DueCounts(int(to_make), oldest, int(stale) - int(to_make), int(failed))


def _claim_until(connection: Connection, claims: Sequence[Claim], until: str | None) -> None:
    for ids in in_parts(claim.request_id for claim in claims):
        connection.execute(
            sa.update(scoring).where(scoring.c.request_id.in_(ids)).values(claimed_until=until)
        )
