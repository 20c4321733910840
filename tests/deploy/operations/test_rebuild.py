"""`handslag rebuild matching` on the sample: what is derived is made again, the same to the byte (promise 6)."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from deploy.operations.backlog import backlog, outcomes
from deploy.operations.databases import Databases, open_databases
from deploy.operations.machine_state import read_machine_state
from services.matching import tables
from services.matching.introductions.stand_in import all_reports, approve_best
from services.matching.reports.domain.report import canonical_json
from services.matching.upkeep.rebuild_watch import rebuild_and_watch
from services.profiles.importing.sample import take_in
from services.profiles.organisations import actions
from shared.clock import system_clock
from shared.event_log import open_event_log
from shared.event_log.port import LogUnavailableError
from shared.ids import random_ids
from shared.settings.registry import Settings, for_tests
from tests.deploy.operations.conftest import Command, wait_for, working, working_apart
from tests.plugins.kafka_broker import KafkaBroker

SAMPLE = Path(__file__).parents[3] / "deploy" / "sample"
LATE = [f"L{number}" for number in range(200)]
KEPT = (tables.introductions, tables.reviews, tables.lifted)


def settled(settings: Settings, databases: Databases) -> None:
    with open_event_log(settings.event_log, settings.topic_prefix) as log:

        def arrived() -> bool:
            try:
                return not any(backlog(databases, log).values())
            except LogUnavailableError:  # its topics are not made yet
                return False

        wait_for("everything has arrived", arrived)


def fill(settings: Settings, databases: Databases) -> None:
    """Take in the sample, have its reports made, approve a few matches; needs somebody at work."""
    rejects = settings.state_dir
    take_in(databases["profiles"], SAMPLE, rejects, system_clock, random_ids, lambda line: None)
    settled(settings, databases)
    approve_best(databases["matching"], system_clock, random_ids, 5)
    settled(settings, databases)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state with the sample in it and nobody at work."""
    folder = tmp_path_factory.mktemp("filled")
    settings = for_tests(folder)
    with open_databases(settings) as databases, working(settings):
        fill(settings, databases)
    return folder


@pytest.fixture
def settings(state_dir: Path, filled: Path) -> Settings:
    shutil.copytree(filled, state_dir / "machine")
    return for_tests(state_dir / "machine")


def derived(databases: Databases) -> dict[str, list[object]]:
    """All that a rebuild makes again: the canonical reports with their versions, and the projection."""
    with databases["matching"].reading() as connection:
        versions = connection.execute(
            sa.select(tables.reports.c.request_id, tables.reports.c.version).order_by(
                tables.reports.c.request_id
            )
        ).all()
        projection: dict[str, list[object]] = {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(table.c.id))]
            for table in (tables.companies, tables.partners, tables.requests, tables.deliveries)
        }
    reports: list[object] = [canonical_json(report) for report in all_reports(databases["matching"])]
    return {**projection, "reports": reports, "versions": [tuple(row) for row in versions]}


def decided(databases: Databases) -> list[list[tuple[object, ...]]]:
    with databases["matching"].reading() as connection:
        return [[tuple(row) for row in connection.execute(sa.select(table))] for table in KEPT]


def test_a_rebuild_while_everything_serves_gives_the_same_reports_and_keeps_decisions_and_mails(
    settings: Settings, databases: Databases
) -> None:
    shown: list[str] = []
    with working(settings):
        before, kept, mails = derived(databases), decided(databases), outcomes(databases)
        done = rebuild_and_watch(settings, system_clock, shown.append, patience=60)
        settled(settings, databases)
    assert (done.reports, done.done) == (30, True)
    assert done.events >= 50 + 30 + 30
    assert len(before["reports"]) == 30
    assert derived(databases) == before
    assert (decided(databases), outcomes(databases)) == (kept, mails)
    assert shown[0].endswith("events to read")


def test_what_arrives_during_a_rebuild_is_not_lost(settings: Settings, databases: Databases) -> None:
    with working(settings):
        thread = threading.Thread(target=add_companies, args=(databases, LATE))
        thread.start()
        done = rebuild_and_watch(settings, system_clock, patience=60)
        thread.join()
        settled(settings, databases)
    with databases["matching"].reading() as connection:
        companies = set(connection.execute(sa.select(tables.companies.c.id)).scalars())
        consumed = connection.scalar(
            sa.select(sa.func.count()).where(tables.messaging.consumed.c.topic == "companies")
        )
    assert done.done
    assert set(LATE) <= companies
    assert len(companies) == consumed == 50 + len(LATE)
    assert len(all_reports(databases["matching"])) == 30


def test_on_postgresql_it_works_while_everything_serves_too(
    state_dir: Path, new_postgres_url: Callable[[], str]
) -> None:
    names = ("profiles_database", "matching_database", "notifications_database")
    settings = for_tests(state_dir, **{name: new_postgres_url() for name in names})
    with open_databases(settings) as databases:
        with working_apart(settings):
            fill(settings, databases)
            before, kept = derived(databases), decided(databases)
            thread = threading.Thread(target=add_companies, args=(databases, LATE[:50]))
            thread.start()
            done = rebuild_and_watch(settings, system_clock, patience=60)
            thread.join()
            settled(settings, databases)
            well = read_machine_state(settings)
        with databases["profiles"].writing() as connection:
            for id in LATE[:50]:
                actions.withdraw(connection, "companies", id, system_clock(), None)
        with working_apart(settings):
            settled(settings, databases)
        assert done.done
        assert all(service.working for service in well.services.values())
        assert not any(service.working for service in read_machine_state(settings).services.values())
        assert decided(databases) == kept
        assert without_moments(derived(databases)) == without_moments(before)


def test_without_a_work_process_the_command_says_who_does_the_rest(
    settings: Settings, databases: Databases, handslag: Command
) -> None:
    before = derived(databases)
    result = handslag("rebuild", "matching", "--yes")
    assert result.exit_code == 0
    assert "handslag work matching" in result.stdout
    assert all_reports(databases["matching"]) == []
    with open_event_log(settings.event_log, settings.topic_prefix) as log:
        assert backlog(databases, log)["events to read again"] >= 50 + 30 + 30
    with working(settings):
        settled(settings, databases)
    again = derived(databases)
    assert {**again, "versions": []} == {**before, "versions": []}


def test_a_rebuild_is_asked_about_and_a_no_changes_nothing(
    settings: Settings, databases: Databases, handslag: Command
) -> None:
    before = derived(databases)
    result = handslag("rebuild", "matching", said="n\n")
    assert result.exit_code == 1
    assert "(30)" in result.stderr
    assert derived(databases) == before


def test_while_the_event_log_is_away_nothing_is_changed(
    settings: Settings, databases: Databases, handslag: Command
) -> None:
    before = derived(databases)
    handslag.settings = for_tests(settings.state_dir, event_log=f"sqlite:///{settings.state_dir}/elsewhere")
    result = handslag("rebuild", "matching", "--yes")
    assert result.exit_code == 1
    assert "topics apply" in result.stderr
    assert derived(databases) == before


def test_over_kafka_it_works_while_everything_serves_and_a_worker_dies(
    state_dir: Path, kafka_broker: KafkaBroker, topic_prefix: str, new_postgres_url: Callable[[], str]
) -> None:
    names = ("profiles_database", "matching_database", "notifications_database")
    settings = for_tests(
        state_dir,
        event_log=kafka_broker.url,
        topic_prefix=topic_prefix,
        **{name: new_postgres_url() for name in names},
    )
    with open_databases(settings) as databases, working_apart(settings):
        fill(settings, databases)
        before, kept, mails = derived(databases), decided(databases), outcomes(databases)
        urls = [f"{settings.matching_database}?application_name=extra-{number}" for number in (1, 2)]
        more = [dataclasses.replace(settings, matching_database=url) for url in urls]
        with working_apart(more[0], "matching"), working_apart(more[1], "matching", signal.SIGKILL):
            wait_for("two more workers", lambda: extra_workers(databases) == 2)
            thread = threading.Thread(target=add_companies, args=(databases, LATE[:50]))
            thread.start()
            done = rebuild_and_watch(settings, system_clock, patience=0)
            thread.join()
            assert (done.reports, done.events >= 50 + 30 + 30) == (30, True)
        settled(settings, databases)
        with databases["matching"].reading() as connection:
            companies = set(connection.execute(sa.select(tables.companies.c.id)).scalars())
        assert set(LATE[:50]) <= companies
        assert (decided(databases), outcomes(databases)) == (kept, mails)
        with databases["profiles"].writing() as connection:
            for id in LATE[:50]:
                actions.withdraw(connection, "companies", id, system_clock(), None)
        settled(settings, databases)
        assert without_moments(derived(databases)) == without_moments(before)
        again = rebuild_and_watch(settings, system_clock, patience=60)
        assert again.done
        settled(settings, databases)
        assert without_moments(derived(databases)) == without_moments(before)


def extra_workers(databases: Databases) -> int:
    query = (
        "SELECT count(DISTINCT application_name) FROM pg_stat_activity WHERE application_name LIKE 'extra-%'"
    )
    with databases["matching"].reading() as connection:
        return int(connection.execute(sa.text(query)).scalar_one())


def without_moments(found: dict[str, list[object]]) -> list[object]:
    """The reports without the moment of the newest event."""
    return [{**json.loads(str(report)), "as_of": ""} for report in found["reports"]]


def add_companies(databases: Databases, ids: Sequence[str]) -> None:
    for id in ids:
        company = {"id": id, "name": f"Late {id}", "country": "Sweden", "description": "Autoclaves."}
        with databases["profiles"].writing() as connection:
            actions.create(connection, "companies", company, system_clock(), random_ids)
