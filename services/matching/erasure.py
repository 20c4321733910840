"""Taking the words of erased organisations out of what matching keeps: introductions, reports, reviews, answers.

The handler of a tombstone notes the erasure in the tombstone's transaction; a worker does it, a few rows at a time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from services.matching.domain.changes import unknown_changes
from services.matching.domain.erasing import names_company, without_company, without_side
from services.matching.domain.report import canonical_json, content_digest
from services.matching.store import decisions, programmes, projection, stale, tables
from services.matching.store.changes import add_change
from services.matching.store.duplicates import drop_duplicate_reviews_of
from services.matching.store.tables import backbone, erasures, introductions, lifted, reviews
from shared.clock import Clock, to_text
from shared.events.event import Event
from shared.outbox import record_event
from shared.storage import Database
from shared.web.idempotency import empty_answers

BATCH = 20
"""Introductions and reports in one transaction: handlers wait for it."""


def note(connection: Connection, side: str, event: Event) -> None:
    """Note that the organisation of a tombstone is erased; nothing where it is noted already."""
    mine = sa.and_(erasures.c.side == side, erasures.c.id == event.aggregate_id)
    known = connection.execute(sa.select(erasures.c.version).where(mine)).scalar()
    if known is not None and known >= event.version:
        return
    values = {"version": event.version, "at": to_text(event.time), "done": False}
    projection.upsert(connection, erasures, {"side": side, "id": event.aggregate_id}, values)


def forget_request_words(connection: Connection, request_id: str) -> None:
    """Take staff's words out of the decisions on an erased request, and forget the exclusions lifted for it."""
    connection.execute(sa.update(reviews).where(reviews.c.request_id == request_id).values(reason=""))
    connection.execute(sa.delete(lifted).where(lifted.c.request_id == request_id))


def names_erased(connection: Connection, content: Mapping[str, Any]) -> bool:
    """Say whether a report that was made holds words of a company that has been erased since."""
    ids = {one["company"]["id"] for part in ("matches", "excluded") for one in content[part]}
    for some in projection.in_parts(ids):
        query = sa.select(erasures).where(erasures.c.side == "company", erasures.c.id.in_(some))
        for row in connection.execute(query):
            if names_company(content, row.id, row.version):
                return True
    return False


def reviews_of_company(connection: Connection, id: str) -> sa.ColumnElement[bool]:
    """Give the condition that a review is of a company's match, and not of one whose id begins with the same."""
    longer = projection.versions_where(
        connection, tables.companies, tables.companies.c.id.startswith(f"{id}.", autoescape=True)
    )
    of_others = [reviews.c.match_id.startswith(f"{other}.", autoescape=True) for other in longer]
    mine = reviews.c.match_id.startswith(f"{id}.", autoescape=True)
    return sa.and_(mine, *(~other for other in of_others))


def pending(connection: Connection) -> int:
    """Count the erasures that are not done."""
    query = sa.select(sa.func.count()).select_from(erasures).where(~erasures.c.done)
    return int(connection.execute(query).scalar_one())


def newest(connection: Connection) -> str:
    """Give the moment of the newest erasure, as text; empty when there was none."""
    return connection.execute(sa.select(sa.func.max(erasures.c.at))).scalar() or ""


class Eraser:
    """Does the erasures that are noted; one a worker thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._looked_at: dict[tuple[str, str, int], str] = {}

    def step(self) -> bool:
        """Do a piece of a noted erasure, and say whether there was any."""
        with self._database.reading() as connection:
            if not pending(connection):
                return False
        with self._database.writing() as connection:
            query = sa.select(erasures).where(~erasures.c.done).order_by(erasures.c.at, erasures.c.id)
            row = connection.execute(query.limit(1).with_for_update(skip_locked=True)).first()
            if row is None:
                return False
            now = self._clock()
            place, looked_at = (row.side, row.id, row.version), None
            if not _introductions(connection, row, now):
                looked_at = _reports(connection, row, now, self._looked_at.get(place, ""))
                if looked_at is None:
                    _decisions(connection, row)
                    mine = sa.and_(erasures.c.side == row.side, erasures.c.id == row.id)
                    connection.execute(sa.update(erasures).where(mine).values(done=True))
        if looked_at is not None:  # only now: what was not committed is looked at again
            self._looked_at[place] = looked_at
        return True


def _reports(connection: Connection, erased: Row[Any], now: datetime, after: str) -> str | None:
    """Take an erased company out of the next reports that name it, after that of request `after`, frozen ones too.

    Returns the last request that was looked at, None when there was none.
    """
    if erased.side != "company":
        return None
    table = tables.reports
    query = sa.select(table.c.request_id, table.c.version, table.c.content).where(
        table.c.content.contains(f'"id":{json.dumps(erased.id)}', autoescape=True), table.c.request_id > after
    )
    found = connection.execute(query.order_by(table.c.request_id).limit(BATCH).with_for_update()).all()
    for row in found:
        content = json.loads(row.content)
        if names_company(content, erased.id, erased.version):
            new = without_company(content, erased.id, erased.version, to_text(now))
            values = {
                "version": row.version + 1,
                "digest": content_digest(new),
                "best_name": new["matches"][0]["company"]["name"] if new["matches"] else "",
                "content": canonical_json(new),
            }
            connection.execute(sa.update(table).where(table.c.request_id == row.request_id).values(**values))
            told = unknown_changes(row.version, "erased", company_id=erased.id)
            add_change(connection, row.request_id, row.version + 1, to_text(now), told)
    return found[-1].request_id if found else None


def _introductions(connection: Connection, erased: Row[Any], now: datetime) -> int:
    """Make the next states of introductions of which a side is erased; return how many."""
    column = introductions.c[f"{erased.side}_id"]
    found = [
        one
        for one in projection.states_where(connection, introductions, column == erased.id)
        if not one.state[erased.side].get("erased_at") and one.state[erased.side]["version"] <= erased.version
    ][:BATCH]
    for one in found:
        state = without_side(one.state, erased.side, _was_told(connection, one.state), to_text(now))
        outbox = backbone.outbox.c
        waiting = sa.and_(outbox.aggregatetype == "introductions", outbox.aggregateid == one.id)
        connection.execute(sa.delete(backbone.outbox).where(waiting))
        event = Event(f"introduction.{state['status']}", one.id, state["version"], now, state)
        decisions.put_introduction(connection, event)
        record_event(connection, backbone, event, dict(one.state))
        # The partner's other reports say whom it has met, as of the newest moment of that.
        stale.partner_changed(connection, state["partner"]["id"], now, but=state["request_id"])
    return len(found)


def _was_told(connection: Connection, state: Mapping[str, Any]) -> bool:
    mails = tables.deliveries.c.request_id == state["request_id"]
    return any(
        mail.status == "sent" and state["id"] in mail.state["introduction_ids"]
        for mail in projection.states_where(connection, tables.deliveries, mails)
    )


def _decisions(connection: Connection, erased: Row[Any]) -> None:
    """Take staff's words out of the decisions on an erased company, and empty the answers that name either side."""
    if erased.side == "company":
        own = reviews_of_company(connection, erased.id)
        connection.execute(sa.update(reviews).where(own).values(reason=""))
        connection.execute(sa.delete(lifted).where(lifted.c.company_id == erased.id))
        programmes.forget_company(connection, erased.id, erased.at)
    drop_duplicate_reviews_of(connection, erased.side, erased.id)
    empty_answers(connection, tables.idempotency, erased.id)
