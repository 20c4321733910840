from __future__ import annotations

from typing import Any

from services.matching.domain.report import canonical_json
from services.matching.handlers import approve
from services.matching.rebuild import rebuild
from services.matching.store import decisions, reports
from services.matching.workers import Scorer
from shared.clock import SettableClock
from shared.events.event import Event
from shared.ids import IdSource
from shared.storage import Database


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
    with database.writing() as connection:
        approve(connection, "R1", 1, ["C1.n1"], "", clock, ids)
    scorer.score_stale()
    log.append(("requests", tell.request("R3", "P1", status="closed")))
    before = _reports(database)

    assert rebuild(database) == 2
    with database.reading() as connection:
        assert reports.get_report(connection, "R1") is None
        assert reports.get_report(connection, "R3") is not None
    for topic, event in log:
        assert tell(topic, event)
    again = Scorer(database, clock)
    assert again.score_stale() == 2

    assert _reports(database) == before
    with database.reading() as connection:
        assert [one.status for one in decisions.introductions_of(connection, "R1")] == ["approved"]
        assert len(decisions.reviews_of(connection, "R1")) == 1


def _reports(database: Database) -> list[tuple[int, str]]:
    found = []
    with database.reading() as connection:
        for request_id in ("R1", "R2", "R3"):
            report = reports.get_report(connection, request_id)
            assert report is not None
            found.append((report.version, canonical_json(report.content)))
    return found
