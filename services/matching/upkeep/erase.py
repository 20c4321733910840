"""Erasing the words of erased organisations in what matching keeps: introductions, reports, reviews, answers.

The handler of a tombstone notes the erasure in the tombstone's transaction; a worker does it, a few rows at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.duplicates.store import delete_reviews_of
from services.matching.introductions import store as decisions
from services.matching.introductions.domain.introductions import SENT, without_note, without_side
from services.matching.organisations.domain.sides import Side
from services.matching.organisations.store import erasures, projection
from services.matching.organisations.store.erasures import Erased
from services.matching.programmes import store as programmes
from services.matching.reports.domain.changes import Cause, unknown_changes
from services.matching.reports.domain.erased_words import names_company, without_company
from services.matching.reports.store import due, lifted, reports
from services.matching.reports.store.change_log import add_change
from services.matching.tables import introductions, messaging
from shared.clock import Clock, to_text
from shared.events.event import Event
from shared.loops import Loop, due_work
from shared.messaging.answers_given import empty_answers
from shared.messaging.outbox import forget_waiting, record_event
from shared.storage.engine import Database

BATCH = 20
"""Introductions and reports in one transaction: handlers wait for it."""


def forget_request_words(connection: Connection, request_id: str) -> None:
    """Take staff's words out of the decisions on an erased request, and forget the exclusions lifted for it."""
    decisions.empty_reasons_of_request(connection, request_id)
    lifted.delete_of_request(connection, request_id)


class Eraser:
    """Does the erasures that are noted; one a worker thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._looked_at: dict[tuple[str, str, int], str] = {}

    def step(self) -> bool:
        """Do a piece of a noted erasure, and say whether there was any."""
        with self._database.reading() as connection:
            if not erasures.count(connection):
                return False
        with self._database.writing() as connection:
            erased = erasures.get_next(connection, lock=True)
            if erased is None:
                return False
            now = self._clock()
            place, looked_at = (erased.side, erased.id, erased.version), None
            if not _introductions(connection, erased, now):
                looked_at = _reports(connection, erased, now, self._looked_at.get(place, ""))
                if looked_at is None:
                    _decisions(connection, erased)
                    erasures.save_done(connection, erased)
        if looked_at is not None:  # only now: what was not committed is looked at again
            self._looked_at[place] = looked_at
        return True


def erasing_loop(database: Database, clock: Clock) -> Loop:
    """Make the loop that does noted erasures."""
    return due_work("matching erasure", Eraser(database, clock).step, wake=1.0)


def _reports(connection: Connection, erased: Erased, now: datetime, after: str) -> str | None:
    """Take an erased company out of the next reports that name it, after that of request `after`, frozen ones too.

    Returns the last request that was looked at, None when there was none.
    """
    if erased.side != Side.COMPANY:
        return None
    found = reports.list_next_naming(connection, erased.id, after, BATCH, lock=True)
    for request_id, version, report in found:
        if names_company(report, erased.id, erased.version):
            new = without_company(report, erased.id, erased.version, to_text(now))
            reports.save_content(connection, version + 1, new)
            told = unknown_changes(version, Cause.ERASED, company_id=erased.id)
            add_change(connection, request_id, version + 1, to_text(now), told)
    return found[-1][0] if found else None


def _introductions(connection: Connection, erased: Erased, now: datetime) -> int:
    """Make the next states of introductions of which a side is erased; return how many."""
    column = introductions.c[f"{erased.side}_id"]
    found = [
        one
        for one in projection.list_states(connection, introductions, column == erased.id)
        if not one.state[erased.side].get("erased_at") and one.state[erased.side]["version"] <= erased.version
    ][:BATCH]
    for one in found:
        state = without_side(one.state, erased.side, _was_told(connection, one.state), to_text(now))
        _keep(connection, one.state, state, now)
        approval = one.state["approval"]
        for other in decisions.list_with_note_of(connection, approval.get("note", ""), approval["at"]):
            _keep(connection, other.state, without_note(other.state, to_text(now)), now)
        # The partner's other reports say whom it has met, as of the newest moment of that.
        due.partner_changed(connection, state["partner"]["id"], now, but=state["request_id"])
    return len(found)


def _keep(connection: Connection, before: Mapping[str, Any], state: Mapping[str, Any], now: datetime) -> None:
    """Keep an introduction's next state, and have it published in place of all that still waits to be."""
    forget_waiting(connection, messaging, "introductions", state["id"])
    event = Event(f"introduction.{state['status']}", state["id"], state["version"], now, dict(state))
    decisions.save_introduction_state(connection, event)
    record_event(connection, messaging, event, dict(before))


def _was_told(connection: Connection, state: Mapping[str, Any]) -> bool:
    mails = tables.deliveries.c.request_id == state["request_id"]
    return any(
        mail.status == SENT and state["id"] in mail.state["introduction_ids"]
        for mail in projection.list_states(connection, tables.deliveries, mails)
    )


def _decisions(connection: Connection, erased: Erased) -> None:
    """Take staff's words out of the decisions on an erased company, and empty the answers that name either side."""
    if erased.side == Side.COMPANY:
        decisions.empty_reasons_of_company(connection, erased.id)
        lifted.delete_of_company(connection, erased.id)
        programmes.delete_company(connection, erased.id, erased.at)
    delete_reviews_of(connection, erased.side, erased.id)
    empty_answers(connection, tables.idempotency, erased.id)
