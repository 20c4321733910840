"""Several `work matching` on one PostgreSQL: no report is made twice, whoever comes, goes or dies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.matching import tables
from services.matching.database import open_store
from services.matching.reports.store import due, reports
from services.matching.reports.worker import Scorer
from shared.clock import SettableClock, system_clock
from shared.settings.registry import Settings, for_tests
from shared.storage.engine import Database
from tests.end_to_end.conftest import Process, environment, wait_for
from tests.services.matching.matching_world import MatchingWorld

Start = Callable[..., Process]
REQUESTS = [f"R{number:02}" for number in range(50)]
SAVES = """
    CREATE TABLE saves (number BIGSERIAL PRIMARY KEY, request_id TEXT, worker TEXT);
    CREATE FUNCTION note_save() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO saves (request_id, worker) VALUES (NEW.request_id, current_setting('application_name'));
        RETURN NEW;
    END $$;
    CREATE TRIGGER note_save AFTER INSERT OR UPDATE ON reports FOR EACH ROW EXECUTE FUNCTION note_save();
"""
"""The database itself notes who saved which report."""


@pytest.fixture
def settings(state_dir: Path, postgres_url: str) -> Settings:
    return for_tests(state_dir, matching_database=postgres_url)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = open_store(settings.matching_database)
    with opened.writing() as connection:
        connection.execute(sa.text(SAVES))
    yield opened
    opened.close()


@pytest.fixture
def begin(settings: Settings, start: Start) -> Callable[[str], Process]:
    """Starts a worker, known to the database by its name."""

    def one(name: str) -> Process:
        url = f"{settings.matching_database}?application_name={name}"
        env = environment(settings.state_dir, EVENT_LOG=settings.event_log, MATCHING_DATABASE=url)
        return start(name, "work", "matching", env=env)

    return one


def saves(database: Database, after: int = 0) -> list[tuple[str, str]]:
    with database.reading() as connection:
        rows = connection.execute(
            sa.text("SELECT request_id, worker FROM saves WHERE number > :after ORDER BY number"),
            {"after": after},
        )
        return [(row.request_id, row.worker) for row in rows]


def nothing_stale(database: Database) -> bool:
    with database.reading() as connection:
        return due.count_due(connection) == 0


def versions(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        found = [reports.get_report(connection, request) for request in REQUESTS]
        return {report.request_id: report.version for report in found if report is not None}


def at_work(database: Database) -> int:
    with database.reading() as connection:
        return int(
            connection.execute(
                sa.text(
                    "SELECT count(DISTINCT application_name) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND application_name LIKE 'worker-%'"
                )
            ).scalar_one()
        )


def test_workers_share_the_requests_and_one_that_dies_leaves_nothing_undone_or_done_twice(
    database: Database, begin: Callable[[str], Process]
) -> None:
    tell = MatchingWorld(database, SettableClock(system_clock()))
    for number in range(8):
        tell.company(f"C{number}")
    tell.partner("P1")
    for request in REQUESTS:
        tell.request(request, "P1")
    tell.pause(timedelta(hours=1))
    workers = [begin(f"worker-{number}") for number in range(3)]
    wait_for("three workers", lambda: at_work(database) == 3)
    tell.resume()
    wait_for("all reports", lambda: nothing_stale(database))
    first = saves(database)
    print(f"shared: {dict(Counter(worker for _, worker in first))}")
    assert Counter(request for request, _ in first) == Counter(REQUESTS)

    tell.company("C8")
    wait_for("the first report that is made again", lambda: len(saves(database)) > len(first))
    victim = int(saves(database)[len(first)][1].removeprefix("worker-"))
    workers[victim].process.kill()
    begin("worker-3")
    wait_for("all reports again", lambda: nothing_stale(database))
    again = saves(database, after=len(first))
    print(f"shared after a kill: {dict(Counter(worker for _, worker in again))}")
    assert Counter(request for request, _ in again) == Counter(REQUESTS)
    for worker in workers[:victim] + workers[victim + 1 :]:
        assert worker.end() == 0

    made = versions(database)
    with database.writing() as connection:
        connection.execute(sa.update(tables.scoring).values(stale_since="2026-01-01T00:00:00.000000Z"))
    alone = Scorer(database, system_clock)
    while alone.score_stale():
        pass
    assert versions(database) == made, "one worker alone says the same"
