"""The worker that has the vectors of texts made, apart from the reports, and the reports made again when it has.

A report never waits for vectors: texts that lack some are read by their words, and their organisation is noted before
the report is saved. Here organisations take turns of a few passages each. That an organisation waits no more is noted
with what makes its reports due again, so that nothing is lost when a process ends in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.organisations.domain.model import ACTIVE, OPEN, company_from_state, request_from_state
from services.matching.organisations.store import projection
from services.matching.reports.domain.turns import Texts, Turn, Unread, next_in_turn
from services.matching.reports.store import due
from services.matching.reports.store.unread import delete_unread, list_unread
from services.matching.scoring.domain.features import texts_of_company, texts_of_needs
from services.matching.text.domain.concept_engine import TextEngine
from services.matching.text.domain.embedding_engine import EmbeddingEngine
from shared.clock import Clock
from shared.loops import Loop, due_work
from shared.storage.engine import Database

AT_ONCE = 8
"""Passages that are embedded in one turn."""
TOGETHER_WITHIN = timedelta(seconds=2)
"""How long organisations that were read wait for others, so that reports are made again once for many of them.

It doubles each time, up to `TOGETHER_AT_MOST`, while others wait to be read: many that come at once cost little more.
"""
TOGETHER_AT_MOST = timedelta(seconds=16)


class CloserReading:
    """Has vectors made in turns; one a worker thread."""

    def __init__(self, database: Database, clock: Clock, engine: TextEngine) -> None:
        self._database = database
        self._clock = clock
        self._engine = engine
        self._last: Turn = ("", "")
        self._read: dict[Unread, datetime] = {}
        self._together = TOGETHER_WITHIN

    def step(self) -> bool:
        """Embed some passages of the organisation whose turn it is, and say whether any waits.

        Without an embedding nobody waits for it.
        """
        with self._database.reading() as connection:
            waiting = list_unread(connection)
        there = set(waiting)
        self._read = {one: at for one, at in self._read.items() if one in there}
        left = [one for one in waiting if one not in self._read]
        if not isinstance(self._engine, EmbeddingEngine):
            self._mark(left)
        elif self._read and (not left or self._is_time()):
            self._together = min(self._together * 2, TOGETHER_AT_MOST) if left else TOGETHER_WITHIN
            self._mark(list(self._read))
        elif left:
            self._read_on(next_in_turn(left, self._last), self._engine)
        return bool(waiting)

    def _is_time(self) -> bool:
        return self._clock() - min(self._read.values()) >= self._together

    def _read_on(self, one: Unread, engine: EmbeddingEngine) -> None:
        self._last = one.turn
        with self._database.reading() as connection:
            texts = _texts(connection, one)
        if engine.read_on(texts, AT_ONCE):
            self._read[one] = self._clock()

    def _mark(self, read: Sequence[Unread]) -> None:
        if not read:
            return
        now = self._clock()
        with self._database.writing() as connection:
            done = delete_unread(connection, read)
            if any(one.side is Texts.COMPANY for one in done):
                due.companies_changed(connection, now)
            for one in done:
                if one.side is Texts.REQUEST:
                    due.request_touched(connection, one.id, now)
        for one in read:
            self._read.pop(one, None)


def _texts(connection: Connection, one: Unread) -> list[str]:
    """Return what is to be embedded; nothing of who is gone meanwhile."""
    table = tables.companies if one.side is Texts.COMPANY else tables.requests
    stored = projection.get_state(connection, table, one.id)
    if stored is None or stored.status not in {ACTIVE, OPEN}:
        return []
    if one.side is Texts.COMPANY:
        return texts_of_company(company_from_state(stored.state))
    return texts_of_needs(request_from_state(stored.state).needs)


def closer_reading_loop(database: Database, clock: Clock, engine: TextEngine) -> Loop:
    """Make the loop that reads texts closely, in turns."""
    return due_work("matching closer reading", CloserReading(database, clock, engine).step)
