"""Several workers of matching on one database share the work between them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from services.matching.database import open_store
from services.matching.reports.store import due, reports
from services.matching.reports.worker import Scorer
from shared.clock import SettableClock
from shared.settings.registry import Settings
from shared.storage.engine import Database
from tests.services.matching.matching_world import MatchingWorld

WORKERS = 4


def side_by_side(settings: Settings, work: Callable[[Database], list[str]]) -> list[str]:
    """Let workers begin at one moment, each with connections of its own; give all that they say they did."""
    begin = threading.Barrier(WORKERS)

    def one() -> list[str]:
        with closing(open_store(settings.matching_database)) as mine:
            begin.wait(200)
            return work(mine)

    with ThreadPoolExecutor(WORKERS) as pool:
        done = [pool.submit(one) for _ in range(WORKERS)]
        return [request for each in done for request in each.result()]


def asked(tell: MatchingWorld, count: int) -> list[str]:
    tell.company("C1")
    tell.partner("P1")
    return [tell.request(f"R{number:02}", "P1").aggregate_id for number in range(count)]


def test_no_request_is_taken_twice(
    tell: MatchingWorld, settings: Settings, database: Database, clock: SettableClock
) -> None:
    requests = asked(tell, 60)

    def take_all(mine: Database) -> list[str]:
        taken: list[str] = []
        while True:
            with mine.writing() as connection:
                claims = due.claim_due(connection, clock(), 3)
            if not claims:
                return taken
            taken += [claim.request_id for claim in claims]

    assert Counter(side_by_side(settings, take_all)) == Counter(requests)


def test_every_report_is_made_once(
    tell: MatchingWorld, settings: Settings, database: Database, clock: SettableClock
) -> None:
    requests = asked(tell, 24)

    def make_all(mine: Database) -> list[str]:
        scorer = Scorer(mine, clock)
        made: list[str] = []
        while True:
            with mine.writing() as connection:
                claims = due.claim_due(connection, clock(), 2)
            if not claims:
                return made
            snapshot = scorer.read(claims)
            assert scorer.save(snapshot, scorer.compute(snapshot)) == len(claims)
            made += [claim.request_id for claim in claims]

    assert Counter(side_by_side(settings, make_all)) == Counter(requests)
    with database.reading() as connection:
        found = [reports.get_report(connection, request) for request in requests]
        assert [report.version for report in found if report is not None] == [1] * len(requests)
        assert due.count_due(connection) == 0
