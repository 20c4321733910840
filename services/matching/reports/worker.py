"""The worker that makes stale reports again: it reads a snapshot, computes outside of any transaction, and saves
a report only if what it read is still so.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.organisations.domain.model import (
    MatchRequest,
    Partner,
    partner_from_state,
    request_from_state,
)
from services.matching.organisations.store import projection
from services.matching.reports.domain.make_report import make_report
from services.matching.reports.domain.report import Report
from services.matching.reports.domain.turns import Texts, Unread
from services.matching.reports.settled import SettledReports
from services.matching.reports.store import due, engine_change, reports
from services.matching.reports.store.due import Claim
from services.matching.reports.store.lifted import get_lifted
from services.matching.reports.store.pause import is_paused
from services.matching.reports.store.unread import add_unread, list_unread
from services.matching.scoring import store as policies
from services.matching.scoring.domain.features import (
    CompanyFeatures,
    NeedFeatures,
    lack_vectors,
    need_features,
)
from services.matching.scoring.domain.history import History, PastIntroduction
from services.matching.scoring.domain.policy import ScoringPolicy
from services.matching.scoring.feature_cache import FeatureCache
from services.matching.text.domain.concept_engine import TextEngine, standard_engine
from shared.clock import Clock, from_text, to_text
from shared.loops import Loop, due_work
from shared.storage.engine import Database
from shared.telemetry import metrics, traces

log = logging.getLogger(__name__)

MOST_AT_ONCE = 20
"""Requests in one pass: few enough that a change of a company throws little work away."""
OVERDUE = timedelta(seconds=2)
"""How long a report may be stale before it is saved although companies changed while it was made: it stays due, but
a stream of changes must not keep staff from seeing any report."""
MOST_LOOKS = 10
"""How often in a row a pass waits for companies that keep coming before it is done all the same."""


@dataclass(frozen=True)
class Case:
    """One claimed request with all that its report is made of, apart from the companies."""

    claim: Claim
    request: MatchRequest
    partner: Partner
    history: History
    lifted: frozenset[tuple[str, str]]
    as_of: str


@dataclass(frozen=True)
class Snapshot:
    """What one pass read at a moment: the companies as they were at the pool's `number`, the policy, and the cases.

    Those who were `waiting` to be read closely then are noted already, or what was read of them is outdated by now.
    """

    at: str
    number: int
    policy: ScoringPolicy
    companies: CompanyFeatures
    moments: Mapping[str, datetime]
    waiting: frozenset[Unread]
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Made:
    """A report, with the features of the needs that it was made of, and their reach."""

    report: Report
    needs: NeedFeatures
    reach: tuple[float, ...]


class Scorer:
    """Makes stale reports again; one a worker thread."""

    def __init__(self, database: Database, clock: Clock, engine: TextEngine | None = None) -> None:
        self._database = database
        self._clock = clock
        self._companies = FeatureCache(engine or standard_engine())
        self._settled = SettledReports()
        self._seen: int | None = None
        self._looks = 0
        for outcome in ("saved", "outdated", "failed"):
            metrics.REPORTS_MADE.add(0, outcome)

    def step(self) -> bool:
        """Make due reports again, and say whether there were any.

        Does nothing while companies keep arriving (the pool's number is another one than at the last look),
        at most `MOST_LOOKS` times in a row; a request without any report does not wait for that.
        """
        with self._database.reading() as connection:
            waiting = due.get_next_due(connection, self._clock())
            if waiting is None:
                if is_paused(connection, self._clock()):
                    self._settled.forget_all()  # a rebuild begins to count anew
                return False
            number = due.get_pool_number(connection)
        if waiting == "newer report" and number != self._seen and self._looks < MOST_LOOKS:
            self._seen = number
            self._looks += 1
            return False
        self._looks = 0
        return self.score_stale() > 0

    def score_stale(self, most: int = MOST_AT_ONCE) -> int:
        """Make up to `most` stale reports again and return how many were claimed, saved or not.

        Reports that no company changed since can touch are settled without being made, however many.
        """
        # Before anything is claimed: the vectors of many new texts take longer than a claim lasts.
        self._companies.prepare(self._database)
        with self._database.writing() as connection:
            claims = due.claim_due(connection, self._clock(), most)
        if claims:
            snapshot = self.read(claims)
            untouched = self.settle_untouched(snapshot)
            cases = tuple(case for case in snapshot.cases if case.request.id not in untouched)
            snapshot = replace(snapshot, cases=cases)
            made = self.compute(snapshot)
            self._note_unread(snapshot, made)
            self.save(snapshot, made)
        return len(claims)

    def _note_unread(self, snapshot: Snapshot, made: Mapping[str, Made | Exception]) -> None:
        """Have what was read by words, for want of vectors, read closely: before any report of it is there."""
        unread = [Unread(Texts.COMPANY, id, id) for id in snapshot.companies.lacking]
        for case in snapshot.cases:
            one = made[case.request.id]
            if isinstance(one, Made) and self._lack_vectors(one.needs):
                unread.append(Unread(Texts.REQUEST, case.request.id, case.partner.id))
        new = set(unread) - snapshot.waiting
        if new:
            with self._database.writing() as connection:
                add_unread(connection, new, self._clock())

    def _lack_vectors(self, needs: NeedFeatures) -> bool:
        return bool(self._companies.engine.vector_size) and any(map(lack_vectors, needs.readings))

    def settle_untouched(self, snapshot: Snapshot) -> set[str]:
        """Settle the stale reports that are what they would be made; return their requests.

        When companies changed since the snapshot was read they stay due, and were up to date until it.
        """
        known = self._settled.known
        if not known:
            return set()
        mine = {case.request.id for case in snapshot.cases}
        with self._database.writing() as connection:
            current = due.get_pool_number(connection, lock=True) == snapshot.number
            since = None if current else snapshot.at
            return set(due.settle_same(connection, known, mine, self._clock(), since))

    def read(self, claims: Sequence[Claim]) -> Snapshot:
        """Read what the claimed requests' reports are made of."""
        at = to_text(self._clock())
        with self._database.reading() as connection:
            # The number comes first: a company that changes while the rest is read makes the save fail.
            number = due.get_pool_number(connection)
            policy = policies.get_active_policy(connection)
            waiting = frozenset(list_unread(connection))
            unread_companies = {one.id for one in waiting if one.side is Texts.COMPANY}
            companies = self._companies.features(connection, policy, unread_companies)
            read = [_read_case(connection, claim) for claim in claims]
            open_requests = due.list_open_requests(connection)
        self._settled.follow(companies, policy, open_requests)
        cases = tuple(case for case in read if case is not None)
        return Snapshot(at, number, policy, companies, self._companies.moments, waiting, cases)

    def compute(self, snapshot: Snapshot) -> dict[str, Made | Exception]:
        """Make the reports of a snapshot, by request id; where one cannot be made, the exception stands instead."""
        made: dict[str, Made | Exception] = {}
        for case in snapshot.cases:
            try:
                with traces.carried_on("matching make report", case.claim.traceparent):
                    made[case.request.id] = self._make(case, snapshot)
            except Exception as error:  # kept with its request; the other reports go on
                log.exception("the report of request %s could not be made", case.request.id)
                made[case.request.id] = error
        return made

    def save(self, snapshot: Snapshot, made: Mapping[str, Made | Exception]) -> int:
        """Save reports whose material is as it was read, and return how many; the others stay due.

        Each report has a transaction of its own, so that a handler never waits for a whole pass.
        """
        saved = 0
        for case in snapshot.cases:
            with traces.carried_on("matching save report", case.claim.traceparent):
                outcome = self._save_one(snapshot, case, made[case.request.id])
            metrics.REPORTS_MADE.add(1, outcome)
            saved += outcome == "saved"
        return saved

    def _save_one(
        self, snapshot: Snapshot, case: Case, made: Made | Exception
    ) -> Literal["saved", "outdated", "failed"]:
        now = self._clock()
        with self._database.writing() as connection:
            current = due.get_pool_number(connection, lock=True) == snapshot.number
            overdue = now - from_text(case.claim.stale_since) > OVERDUE
            if not (due.still_wanted(connection, case.claim) and (current or overdue)):
                due.release(connection, [case.claim])
                return "outdated"
            if isinstance(made, Exception):
                due.note_failure(connection, case.claim, now, repr(made))
                return "failed"
            if not current and reports.names_erased(connection, made.report):
                due.release(connection, [case.claim])
                return "outdated"
            touched = self._settled.touched_by(case.request.id)
            reports.save_report(connection, made.report, to_text(now), touched)
            if current:
                due.settle(connection, case.claim)
            else:
                due.settle_for_now(connection, case.claim, snapshot.at)
        self._settled.add(
            case.request.id,
            case.claim.wanted,
            made.report,
            made.needs,
            made.reach,
            snapshot.companies,
            snapshot.policy,
        )
        return "saved"

    def _make(self, case: Case, snapshot: Snapshot) -> Made:
        engine, policy = self._companies.engine, snapshot.policy
        needs = need_features([(case.partner, need) for need in case.request.needs], engine, policy)
        made = make_report(
            case.request,
            case.partner,
            snapshot.companies,
            case.history,
            policy,
            engine,
            from_text(case.as_of),
            case.lifted,
            moments=snapshot.moments,
            needs=needs,
        )
        return Made(made.report, needs, made.reach)


def _read_case(connection: Connection, claim: Claim) -> Case | None:
    """Read a claimed request; None when it or its partner has gone since it was claimed.

    `as_of` is the moment of the newest event that the report takes account of, the companies that it names apart:
    made again from the same events, a report says the same.
    """
    request = projection.get_state(connection, tables.requests, claim.request_id)
    partner = request and projection.get_state(connection, tables.partners, request.state["partner_id"])
    if request is None or partner is None:
        return None
    # A report is not changed by what came of it: made again after an approval, it says the same.
    elsewhere = tables.introductions.c.request_id != claim.request_id
    met = sa.and_(tables.introductions.c.partner_id == partner.id, elsewhere)
    past = projection.list_states(connection, tables.introductions, met)
    moments = [request.happened_at, partner.happened_at, *(one.happened_at for one in past)]
    history = History(
        tuple(
            PastIntroduction(
                partner.id,
                one.state["company"]["id"],
                from_text(one.state["approval"]["at"]),
                one.state["request_id"],
            )
            for one in past
            if one.status == "approved"
        )
    )
    return Case(
        claim=claim,
        request=request_from_state(request.state),
        partner=partner_from_state(partner.state),
        history=history,
        lifted=get_lifted(connection, claim.request_id),
        as_of=max(moments),
    )


def scoring_loop(database: Database, clock: Clock, engine: TextEngine) -> Loop:
    """Make the loop that makes due reports again, those that another text engine made included."""
    with database.writing() as connection:
        if connection.dialect.name == "sqlite":
            # One worker only: what one that died had claimed need not wait.
            due.release_all(connection)
        engine_change.remake_others(connection, engine.name, clock())
    return due_work("matching scorer", Scorer(database, clock, engine).step)
