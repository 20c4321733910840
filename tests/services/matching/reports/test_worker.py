from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from services.matching import tables
from services.matching.organisations.domain.model import company_from_state
from services.matching.organisations.store import projection
from services.matching.reports.store import due, reports
from services.matching.reports.store.reports import StoredReport
from services.matching.reports.worker import MOST_LOOKS, OVERDUE, Scorer
from services.matching.scoring.domain.features import company_features
from services.matching.scoring.domain.policy import STANDARD_POLICY
from services.matching.scoring.feature_cache import FeatureCache
from services.matching.text.domain.concept_engine import Reading, standard_engine
from services.matching.text.domain.thesaurus import Thesaurus
from shared.clock import SettableClock
from shared.storage.engine import Database


def _report(database: Database, request_id: str = "R1") -> StoredReport:
    with database.reading() as connection:
        report = reports.get_report(connection, request_id)
    assert report is not None
    return report


def _claimed(database: Database, clock: SettableClock) -> list[due.Claim]:
    with database.writing() as connection:
        return due.claim_due(connection, clock(), 10)


def test_a_report_is_not_saved_when_a_company_changed_since_it_was_read(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock
) -> None:
    scored.request("R1", "P1", text="Telemedicine for patients with chronic disease")
    before = _report(database).content
    snapshot = scorer.read(_claimed(database, clock))
    scored.company("C4")
    assert scorer.save(snapshot, scorer.compute(snapshot)) == 0
    assert _report(database).content == before
    assert scorer.score_stale() == 1
    assert _report(database).stale_since is None


def test_a_long_stale_report_is_saved_in_a_stream_of_companies_and_stays_due(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock
) -> None:
    scored.request("R1", "P1", text="Telemedicine for patients with chronic disease")
    clock.advance(OVERDUE + timedelta(seconds=1))
    snapshot = scorer.read(_claimed(database, clock))
    scored.company("C4")
    assert scorer.save(snapshot, scorer.compute(snapshot)) == 1
    report = _report(database)
    assert "Telemedicine" in report.content.needs[0].text
    assert report.stale_since == snapshot.at


def test_in_a_stream_of_companies_reports_take_turns_and_first_ones_go_first(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock
) -> None:
    scored.request("R1", "P1", text="Telemedicine for patients with chronic disease")
    scored.request("R2", "P1", text="Telemedicine for patients with chronic disease")
    scored.request("R3", "P1", text="Telemedicine for patients with chronic disease")
    made = []
    for number in range(6):
        if number == 3:
            scored.request("new", "P1", text="Telemedicine for patients with chronic disease")
        scored.company(f"C{number + 10}")
        clock.advance(OVERDUE + timedelta(seconds=1))
        with database.writing() as connection:
            snapshot = scorer.read(due.claim_due(connection, clock(), 1))
        scored.company(f"C{number + 20}")
        assert scorer.save(snapshot, scorer.compute(snapshot)) == 1
        made.append(snapshot.cases[0].request.id)
    assert made[3] == "new"
    assert sorted(made[:3]) == ["R1", "R2", "R3"]
    assert sorted(made[4:]) == sorted(made[:2])


def test_what_another_worker_settled_is_not_overwritten(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock
) -> None:
    scored.request("R1", "P1", text="Telemedicine for patients with chronic disease")
    clock.advance(OVERDUE + timedelta(seconds=1))
    late = scorer.read(_claimed(database, clock))
    made = scorer.compute(late)
    scored.company("C4")
    clock.advance(due.CLAIM_FOR + timedelta(seconds=1))
    assert scorer.score_stale() == 1
    assert scorer.save(late, made) == 0
    assert _report(database).stale_since is None


def test_a_report_is_not_saved_when_its_request_changed_since_it_was_read(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock
) -> None:
    scored.request("R1", "P1", text="Autoclaves")
    snapshot = scorer.read(_claimed(database, clock))
    scored.request("R1", "P1", text="Autoclaves and washers")
    assert scorer.save(snapshot, scorer.compute(snapshot)) == 0
    assert scorer.score_stale() == 1
    assert _report(database).content.needs[0].text == "Autoclaves and washers"


def test_a_request_that_a_worker_has_claimed_is_left_to_it_until_the_claim_runs_out(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock
) -> None:
    scored.request("R1", "P1", text="Autoclaves")
    assert len(_claimed(database, clock)) == 1
    assert scorer.score_stale() == 0
    clock.advance(due.CLAIM_FOR + timedelta(seconds=1))
    assert scorer.score_stale() == 1


def test_the_version_grows_only_when_the_report_says_something_else(
    scored: Any, scorer: Scorer, database: Database
) -> None:
    assert _report(database).version == 1
    scored.company("C8", "Nothing to do with it: violin lessons for beginners.", kind="")
    scorer.score_stale()
    assert _report(database).version == 1
    scored.company("C1", status="withdrawn")
    scorer.score_stale()
    assert _report(database).version == 2


def test_a_partner_that_nobody_matches_gets_a_report_that_says_so(
    tell: Any, scorer: Scorer, database: Database
) -> None:
    tell.company("C1", "Violin lessons for beginners.", kind="", country="")
    tell.partner("P1", kind="")
    needs = [{"id": "n1", "title": "", "text": "Кохлеарные", "focus_areas": []}]
    tell.request("R1", "P1", needs=needs)
    scorer.score_stale()
    report = _report(database)
    assert report.failure is None
    assert report.content.verdict == "no_good_match"
    assert report.content.matches == ()
    assert set(report.content.verdict_text) == {"sv", "en"}


def test_a_request_without_any_company_gets_a_report_too(
    tell: Any, scorer: Scorer, database: Database
) -> None:
    tell.partner("P1")
    tell.request("R1", "P1")
    scorer.score_stale()
    assert _report(database).content.verdict == "no_good_match"


def test_the_parts_of_every_match_sum_to_its_score(scored: Any, database: Database) -> None:
    matches = _report(database).content.matches
    assert matches
    for match in matches:
        assert sum(part.points for part in match.parts) == pytest.approx(match.score, abs=0.01)


def test_a_report_speaks_of_the_moment_of_the_newest_event_about_what_it_names(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock
) -> None:
    clock.advance(timedelta(days=1))
    scored.company("C2", "Autoclaves for surgical instruments, washers too")
    clock.advance(timedelta(days=1))
    scored.company("C3", "Telemedicine")
    scorer.score_stale()
    assert "C2" in {match.company.id for match in _report(database).content.matches}
    assert _report(database).content.as_of == "2026-03-03T08:00:00.000000Z"


def test_a_step_waits_while_companies_keep_arriving_but_not_for_ever(tell: Any, scorer: Scorer) -> None:
    tell.partner("P1")
    tell.request("R1", "P1")
    assert scorer.step()
    tell.company("C")
    looks = 0
    while not scorer.step():
        tell.company(f"C{looks}")
        looks += 1
        assert looks <= MOST_LOOKS
    assert looks == MOST_LOOKS


def test_a_step_makes_a_first_report_at_once(tell: Any, scorer: Scorer) -> None:
    tell.company("C1")
    tell.partner("P1")
    tell.request("R1", "P1")
    assert [scorer.step(), scorer.step()] == [True, False]


def test_a_step_scores_at_the_second_look_when_nothing_arrives(scored: Any, scorer: Scorer) -> None:
    scored.company("C1", "Autoclaves")
    assert [scorer.step(), scorer.step(), scorer.step()] == [False, True, False]


class _Stumbling:
    """Reads as the standard engine does, and stumbles over one word."""

    name = "stumbling"
    vector_size = 0

    @property
    def thesaurus(self) -> Thesaurus:
        return standard_engine().thesaurus

    def prepare(self, texts: Iterable[str]) -> None:
        """Nothing to prepare."""

    def read(self, text: str, language: str, by_words: bool = False, closely: int | None = None) -> Reading:
        if "stumble" in text:
            raise RuntimeError("stumbled")
        return standard_engine().read(text, language, by_words)


def test_a_report_that_cannot_be_made_is_noted_and_stops_no_other(
    tell: Any, database: Database, clock: SettableClock
) -> None:
    scorer = Scorer(database, clock, _Stumbling())
    tell.company("C1")
    tell.partner("P1")
    tell.request("R1", "P1")
    scorer.score_stale()
    tell.request("R2", "P1")
    tell.request("R1", "P1", text="stumble")
    assert scorer.score_stale() == 2
    assert "stumbled" in (_report(database).failure or "")
    assert _report(database, "R2").failure is None
    tell.request("R1", "P1", text="walk")
    clock.advance(due.FAILED_FOR + timedelta(seconds=1))
    scorer.score_stale()
    assert _report(database).failure is None


def test_features_carried_over_are_those_made_anew(tell: Any, database: Database) -> None:
    engine = standard_engine()
    kept = FeatureCache(engine)
    for number in range(6):
        tell.company(f"C{number}", f"Autoclaves model {number}")
    with database.reading() as connection:
        kept.features(connection, STANDARD_POLICY)
    tell.company("C2", "Telemedicine for patients with chronic disease")
    tell.company("C4", status="withdrawn")
    tell.erase("companies", "C5")
    tell.company("C10", "Sterile processing")
    with database.reading() as connection:
        carried = kept.features(connection, STANDARD_POLICY)
        stored = projection.list_states(connection, tables.companies, tables.companies.c.status == "active")
    anew = company_features([company_from_state(one.state) for one in stored], engine)
    assert carried.companies == anew.companies
    assert carried.spots == anew.spots
    assert carried.areas == anew.areas
    for part, matrix in anew.matrices.items():
        assert np.array_equal(carried.matrices[part], matrix)


def test_many_companies_at_once_cost_one_pass(tell: Any, database: Database, clock: SettableClock) -> None:
    tell.partner("P1")
    tell.request("R1", "P1")
    for number in range(100):
        tell.company(f"C{number}")
    scorer = Scorer(database, clock)
    assert scorer.score_stale() == 1
    assert scorer.score_stale() == 0
    with database.reading() as connection:
        assert due.count_due(connection) == 0
        assert connection.execute(sa.select(tables.pool.c.number)).scalar_one() == 100
