from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.matching import tables
from services.matching.introductions import store as decisions
from services.matching.introductions.actions import approve, reject
from services.matching.planning.actions import Wanted, approve_plan
from services.matching.reports.domain.report import canonical_json
from services.matching.reports.store import due, reports
from services.matching.reports.worker import Scorer
from services.matching.upkeep.erase import Eraser
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.messaging.outbox import waiting_rows
from shared.storage.engine import Database


@pytest.fixture
def eraser(database: Database, clock: SettableClock) -> Eraser:
    return Eraser(database, clock)


def introduce(database: Database, clock: SettableClock, ids: IdSource) -> None:
    with database.writing() as connection:
        approve(connection, "R1", 1, ["C1.n1"], "Washes well.", clock, ids)


def finish(eraser: Eraser) -> None:
    for _ in range(100):
        if not eraser.step():
            return
    pytest.fail("it does not come to an end")


def introduction(database: Database) -> dict[str, Any]:
    with database.reading() as connection:
        (one,) = decisions.list_introductions_of(connection, "R1")
        waiting = waiting_rows(connection, tables.messaging, 10)
    assert [json.loads(row.payload or "") for row in waiting] == [one.state], (
        "its newest state alone is published"
    )
    return dict(one.state)


@pytest.mark.parametrize("side", ["company", "partner"])
def test_an_introduction_keeps_the_decision_and_loses_the_words_of_both(
    side: str, scored: Any, eraser: Eraser, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    introduce(database, clock, ids)
    scored.delivery("d1", "R1", "R1.C1", "sent", side="partner")
    scored.erase(*(("companies", "C1") if side == "company" else ("partners", "P1")))
    finish(eraser)
    state = introduction(database)
    assert (state["status"], state["version"]) == ("approved", 2)
    assert state[side]["name"] == "erased organisation"
    assert state[side]["text"] == state["approval"]["note"] == ""
    assert state[side]["erased_at"]
    assert state["reasons"] == state["questions"] == {}
    other = state["partner" if side == "company" else "company"]
    assert other["name"] == ("Hospital P1" if side == "company" else "Company C1")


def test_an_introduction_that_nobody_was_told_of_is_cancelled(
    scored: Any, eraser: Eraser, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    introduce(database, clock, ids)
    scored.erase("companies", "C1")
    finish(eraser)
    assert introduction(database)["status"] == "cancelled"


def test_staffs_words_about_it_go_and_those_about_others_stay(
    scored: Any, scorer: Scorer, eraser: Eraser, database: Database, clock: SettableClock
) -> None:
    scored.company("C1.2")
    scorer.score_stale()
    with database.writing() as connection:
        reject(connection, "R1", 2, ["C1.n1"], "They know each other.", clock)
        reject(connection, "R1", 2, ["C1~2.n1"], "Too far away.", clock)
    scored.erase("companies", "C1")
    finish(eraser)
    with database.reading() as connection:
        kept = {review.match_id: review.reason for review in decisions.list_reviews_of(connection, "R1")}
    assert kept == {"C1.n1": "", "C1~2.n1": "Too far away."}


def test_a_report_that_is_being_made_does_not_bring_it_back(
    scored: Any, scorer: Scorer, eraser: Eraser, database: Database, clock: SettableClock
) -> None:
    scored.company("C3")
    with database.writing() as connection:
        claims = due.claim_due(connection, clock(), 10)
    snapshot = scorer.read(claims)
    made = scorer.compute(snapshot)
    scored.erase("companies", "C1")
    finish(eraser)
    clock.advance(timedelta(seconds=15))  # late enough that reports are saved although companies changed
    assert scorer.save(snapshot, made) == 0
    with database.reading() as connection:
        report = reports.get_report(connection, "R1")
    assert report is not None
    assert "Company C1" not in canonical_json(report.content)


def test_a_frozen_report_says_that_it_was_erased(
    scored: Any, eraser: Eraser, database: Database, clock: SettableClock
) -> None:
    scored.request("R1", "P1", status="closed")
    scored.erase("companies", "C1")
    finish(eraser)
    with database.reading() as connection:
        report = reports.get_report(connection, "R1")
    assert report is not None
    assert report.version == 2
    names = {match.company.id: match.company.name for match in report.content.matches}
    assert names == {"C1": "erased organisation", "C2": "Company C2"}


def test_reports_whose_erasure_was_not_committed_are_looked_at_again(
    scored: Any, eraser: Eraser, database: Database
) -> None:
    scored.request("R1", "P1", status="closed")
    scored.erase("companies", "C1")

    def fail(connection: sa.Connection) -> None:
        raise OSError("the server went away")

    sa.event.listen(database.engine, "commit", fail)
    try:
        with pytest.raises(OSError, match="went away"):
            eraser.step()
    finally:
        sa.event.remove(database.engine, "commit", fail)
    finish(eraser)
    with database.reading() as connection:
        report = reports.get_report(connection, "R1")
    assert report is not None
    assert "Company C1" not in canonical_json(report.content)


def test_a_new_company_of_the_same_id_is_let_alone(
    scored: Any, scorer: Scorer, eraser: Eraser, database: Database
) -> None:
    scored.erase("companies", "C1")
    scored.company("C1", name="New AB")
    assert scorer.score_stale() == 1
    with database.reading() as connection:
        before = reports.get_report(connection, "R1")
    finish(eraser)
    with database.reading() as connection:
        report = reports.get_report(connection, "R1")
    assert report is not None
    assert report == before, "nothing of it is of the erased one"
    assert "New AB" in {match.company.name for match in report.content.matches}


def test_kept_answers_that_name_it_are_emptied(scored: Any, eraser: Eraser, database: Database) -> None:
    table = tables.idempotency
    row = {"request_digest": "", "status": 200, "headers": "{}", "at": "2026"}
    with database.writing() as connection:
        connection.execute(
            sa.insert(table).values(key="1", body='{"company": {"id": "C1", "name": "x"}}', **row)
        )
        connection.execute(sa.insert(table).values(key="2", body='{"company": {"id": "C10"}}', **row))
    scored.erase("companies", "C1")
    finish(eraser)
    with database.reading() as connection:
        found = {row.key: row.status for row in connection.execute(sa.select(table))}
    assert found == {"1": 410, "2": 200}


def test_a_note_on_several_approvals_goes_from_all_of_them(
    scored: Any, scorer: Scorer, eraser: Eraser, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    with database.writing() as connection:
        approve(connection, "R1", 1, ["C1.n1", "C2.n1"], "C1's Anna and C2 know each other.", clock, ids)
    scored.erase("companies", "C1")
    finish(eraser)
    with database.reading() as connection:
        states = {one.id: one.state for one in decisions.list_introductions_of(connection, "R1")}
        kept = decisions.list_reviews_of(connection, "R1")
        waiting = waiting_rows(connection, tables.messaging, 10)
    assert states["R1.C2"]["approval"]["note"] == ""
    assert (states["R1.C2"]["status"], states["R1.C2"]["version"]) == ("approved", 2)
    assert states["R1.C2"]["reasons"]["en"], "what the report says of another stays"
    assert [review.reason for review in kept] == ["", ""]
    assert not any("Anna" in (row.payload or "") for row in waiting)


def test_a_note_on_a_plan_of_several_reports_goes_when_one_partner_is_erased(
    scored: Any, eraser: Eraser, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    scored.partner("P2")
    scored.request("R2", "P2")
    scored.make_reports()
    plan = [Wanted("R1", 1, ("C1.n1",)), Wanted("R2", 1, ("C2.n1",))]

    def ticking() -> datetime:
        clock.advance(timedelta(milliseconds=20))
        return clock()

    with database.writing() as connection:
        approve_plan(connection, plan, "Anna of P2 asked.", ticking, ids)
    scored.erase("requests", "R2")
    scored.erase("partners", "P2")
    finish(eraser)
    with database.reading() as connection:
        (one,) = decisions.list_introductions_of(connection, "R1")
        reasons = [review.reason for review in decisions.list_reviews_of(connection, "R1")]
    assert (one.state["approval"]["note"], reasons) == ("", [""])


def test_the_same_words_of_another_day_stay(
    scored: Any, eraser: Eraser, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    with database.writing() as connection:
        approve(connection, "R1", 1, ["C1.n1"], "Fits well.", clock, ids)
    clock.advance(timedelta(days=1))
    with database.writing() as connection:
        approve(connection, "R1", 1, ["C2.n1"], "Fits well.", clock, ids)
    scored.erase("companies", "C1")
    finish(eraser)
    with database.reading() as connection:
        states = {one.id: one.state for one in decisions.list_introductions_of(connection, "R1")}
    assert states["R1.C2"]["approval"]["note"] == "Fits well."


def test_a_reason_for_several_rejections_goes_from_all_of_them(
    scored: Any, eraser: Eraser, database: Database, clock: SettableClock
) -> None:
    with database.writing() as connection:
        reject(connection, "R1", 1, ["C1.n1", "C2.n1"], "C1 told us that C2 is closing.", clock)
    scored.erase("companies", "C1")
    finish(eraser)
    with database.reading() as connection:
        assert [review.reason for review in decisions.list_reviews_of(connection, "R1")] == ["", ""]
