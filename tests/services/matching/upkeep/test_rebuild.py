from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.matching import tables
from services.matching.events import HANDLERS
from services.matching.introductions import store as decisions
from services.matching.introductions.actions import approve
from services.matching.reports.domain.report import canonical_json
from services.matching.reports.store import reports
from services.matching.reports.store.pause import end_replay, get_replay
from services.matching.reports.worker import Scorer
from services.matching.upkeep.rebuild import rebuild
from shared.clock import SettableClock
from shared.event_log.port import LogUnavailableError
from shared.events.event import Event
from shared.ids import IdSource
from shared.storage.engine import Database
from tests.services.matching.matching_world import MatchingWorld


def test_a_rebuild_makes_the_same_reports_from_the_log_and_keeps_decisions(
    tell: Any, scorer: Scorer, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    log: list[tuple[str, Event]] = [
        ("companies", tell.company("C1")),
        ("companies", tell.company("C2")),
        ("companies", tell.company("C2", status="withdrawn")),
        ("partners", tell.partner("P1")),
        ("requests", tell.request("R1", "P1")),
        ("requests", tell.request("R2", "P1")),
        ("requests", tell.request("R3", "P1")),
    ]
    scorer.score_stale()
    clock.advance(timedelta(minutes=5))
    with database.writing() as connection:
        approve(connection, "R1", 1, ["C1.n1"], "", clock, ids)
    scorer.score_stale()
    log.append(("requests", tell.request("R3", "P1", status="closed")))
    before = _reports(database)

    assert rebuild(database, tuple(HANDLERS)) == 2
    with database.reading() as connection:
        assert reports.get_report(connection, "R1") is None
        assert reports.get_report(connection, "R3") is not None
    for topic, event in log:
        assert tell.hear(topic, event)
    again = Scorer(database, clock)
    assert again.score_stale() == 2

    assert _reports(database) == before
    with database.reading() as connection:
        assert [one.status for one in decisions.list_introductions_of(connection, "R1")] == ["approved"]
        assert len(decisions.list_reviews_of(connection, "R1")) == 1


def test_a_rebuild_whose_log_cannot_be_rewound_changes_nothing(scored: Any, database: Database) -> None:
    def refuse() -> None:
        raise LogUnavailableError("the log is away")

    with pytest.raises(LogUnavailableError):
        rebuild(database, tuple(HANDLERS), refuse)
    with database.reading() as connection:
        assert reports.get_report(connection, "R1") is not None
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.companies)) == 3
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.messaging.consumed)) == 5


def test_no_report_is_made_before_the_last_rebuilds_events_are_read_again(
    tell: Any, scorer: Scorer, database: Database, clock: SettableClock
) -> None:
    told = [
        ("companies", tell.company("C1")),
        ("partners", tell.partner("P1")),
        ("requests", tell.request("R1", "P1")),
    ]
    assert scorer.score_stale() == 1
    rebuild(database, tuple(HANDLERS), now=clock())
    with database.reading() as connection:
        earlier = get_replay(connection)
    clock.advance(timedelta(days=1))
    rebuild(database, tuple(HANDLERS), now=clock())
    with database.writing() as connection:
        mark = get_replay(connection)
        assert earlier is not None
        end_replay(connection, earlier)
    for topic, event in told:
        assert tell.hear(topic, event)
    clock.advance(timedelta(days=365))
    assert scorer.score_stale() == 0
    assert mark is not None
    with database.writing() as connection:
        end_replay(connection, mark)
        assert get_replay(connection) is None
    assert scorer.score_stale() == 1


def test_a_hold_that_is_ended_holds_nothing(scored: MatchingWorld, scorer: Scorer) -> None:
    scored.pause(timedelta(seconds=30))
    scored.pause(timedelta(hours=1))
    scored.company("C4")
    assert scorer.score_stale() == 0
    scored.resume()
    assert scorer.score_stale() == 1


def _reports(database: Database) -> list[tuple[int, str]]:
    found = []
    with database.reading() as connection:
        for request_id in ("R1", "R2", "R3"):
            report = reports.get_report(connection, request_id)
            assert report is not None
            found.append((report.version, canonical_json(report.content)))
    return found
