"""Every service's steps lead to the tables of its code, on both engines, from every step and with rows there."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from deploy.operations.backlog import dead_letters, outcomes
from deploy.operations.databases import open_databases
from deploy.runtime.serve import environment_of
from deploy.services import SERVICES
from services.matching import tables as matching
from services.matching.events import HANDLERS
from services.matching.report_file import read_report
from services.matching.reports.store.reports import get_report
from services.matching.reports.worker import Scorer
from services.profiles.organisations import actions
from services.profiles.organisations.store import Wanted, list_profiles
from shared.clock import system_clock
from shared.event_log import open_event_log
from shared.events.catalogue import TOPICS
from shared.messaging.consumer import Consumer
from shared.messaging.outbox import outbox_counts
from shared.messaging.relay import Relay
from shared.settings.registry import Settings, for_tests
from shared.storage.engine import Database, open_database
from shared.storage.migrations import FLOOR_TABLE, newest, reached
from shared.storage.migrations.configuration import configured, is_ours
from tests.forker import Forked, the_forker
from tests.free_ports import free_port
from tests.golden.keep import Kept, any_value, rows_of

pytestmark = pytest.mark.usefixtures("by_their_steps")
GOLDEN = Path(__file__).resolve().parents[1] / "golden"

STEPS = [
    (name, path.stem[1:5])
    for name, service in SERVICES.items()
    for path in sorted(service.parts.metadata.info["migrations"].glob("r*.py"))
]


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/service.sqlite"
    url: str = request.getfixturevalue("postgres_url")
    return url


def differences(database: Database, metadata: sa.MetaData) -> Any:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        return compare_metadata(context, metadata)


@pytest.mark.parametrize("service", SERVICES)
def test_a_new_database_has_the_tables_of_the_code(service: str, database_url: str) -> None:
    metadata = SERVICES[service].parts.metadata
    with closing(open_database(database_url, metadata)) as database:
        assert differences(database, metadata) == []


@pytest.mark.parametrize(
    ("service", "step", "numbered"),
    [
        *((service, step, True) for service, step in STEPS),
        *((service, "0001", False) for service in SERVICES),  # the first version kept no number
    ],
)
def test_a_database_at_any_step_is_brought_up_and_keeps_its_rows(
    service: str, step: str, numbered: bool, database_url: str
) -> None:
    metadata = SERVICES[service].parts.metadata
    folder = metadata.info["migrations"]
    with closing(open_database(database_url, sa.MetaData())) as database, database.writing() as connection:
        command.upgrade(configured(folder, connection=connection, metadata=metadata), step)
        filled = fill(connection)
        if not numbered:
            connection.execute(sa.text("DROP TABLE alembic_version"))
    with closing(open_database(database_url, metadata)) as database:
        assert differences(database, metadata) == []
        with database.reading() as connection:
            assert reached(connection) == newest(folder)
            for table, row in filled.items():
                found = connection.execute(sa.select(table)).one()
                assert {name: found._mapping[name] for name in row} == row


@pytest.fixture(params=sorted(GOLDEN.glob("v*/databases")), ids=lambda path: path.parent.name)
def released(
    request: pytest.FixtureRequest, engine: str, state_dir: Path, new_postgres_url: Callable[[], str]
) -> Settings:
    """A house whose databases are as a released version left them."""
    urls = {
        f"{service}_database": new_postgres_url()
        if engine == "postgres"
        else f"sqlite:///{state_dir}/{service}.sqlite"
        for service in SERVICES
    }
    settings = for_tests(state_dir, **urls)
    for name, service in SERVICES.items():
        written = json.loads((request.param / f"{name}.json").read_text(encoding="utf-8"))
        as_released(urls[f"{name}_database"], service.parts.metadata, written)
    return settings


def as_released(url: str, metadata: sa.MetaData, written: Kept) -> None:
    """Make a database with the tables of a step and the rows that were kept at it."""
    with closing(open_database(url, sa.MetaData())) as database, database.writing() as connection:
        config = configured(metadata.info["migrations"], connection=connection, metadata=metadata)
        command.upgrade(config, written["step"])
        found = sa.MetaData()
        found.reflect(connection)
        assert set(written["tables"]) == set(found.tables) - {"alembic_version"}
        for table in found.sorted_tables:
            if table.name in written["tables"]:
                rows = rows_of(written, table.name)
                assert rows, f"{table.name} has no rows"
                connection.execute(sa.insert(table), rows)
                advance_counter(connection, table)


def advance_counter(connection: sa.Connection, table: sa.Table) -> None:
    """Count on from the rows that were written with their numbers, as the database that they come from would."""
    if connection.dialect.name == "postgresql":
        for column in table.primary_key.columns:
            sequence = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name)))
            if sequence:
                last = sa.select(sa.func.max(column)).scalar_subquery()
                connection.execute(sa.select(sa.func.setval(sequence, last)))


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_the_house_goes_on_with_the_databases_of_a_released_version(released: Settings) -> None:
    with open_databases(released) as databases:
        with databases["profiles"].reading() as connection:
            wanted = Wanted(country="Sverige", name="fjarrvard")
            assert [state["id"] for state in list_profiles(connection, "companies", wanted)] == ["C2"]
        with databases["matching"].reading() as connection:
            [request_id, other] = reports_to_read(connection)
            introduced = list(connection.scalars(sa.select(matching.introductions.c.id)))
        for kind in ("json", "html"):
            assert read_report(released, request_id, kind, "sv")
            assert read_report(released, other, kind, "en")
        before = outcomes(databases)
        assert sum(before.values()) >= 2
        with databases["profiles"].writing() as connection:
            actions.withdraw(connection, "companies", "C1", system_clock(), None)
        with open_event_log(released.event_log, released.topic_prefix) as log:
            log.apply_topics(list(TOPICS))
            for name, service in SERVICES.items():
                database, messaging = databases[name], service.parts.messaging
                relay = Relay(database, messaging, log, name)
                while relay.relay_once():
                    pass
                relay.close()
                with database.reading() as connection:
                    assert outbox_counts(connection, messaging) == (0, 0)
            consumer = Consumer(
                databases["matching"], matching.messaging, log, "matching", HANDLERS, system_clock
            )
            while consumer.consume_once(1.0):
                pass
            consumer.close()
        assert Scorer(databases["matching"], system_clock).score_stale() == 2
        assert dead_letters(databases) == 3, "those that were kept"
        with databases["matching"].reading() as connection:
            for one in (request_id, other):
                report = get_report(connection, one)
                assert report is not None
                assert "C1" not in {match.company.id for match in report.content.matches}
            assert list(connection.scalars(sa.select(matching.introductions.c.id))) == introduced


def reports_to_read(connection: sa.Connection) -> list[str]:
    return list(connection.scalars(sa.select(matching.reports.c.request_id).order_by("request_id")))


def test_a_command_ends_with_what_to_do_when_newer_code_has_brought_a_database_too_far(
    state_dir: Path,
) -> None:
    settings = for_tests(state_dir)
    with open_databases(settings) as databases, databases["notifications"].writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(sa.text("UPDATE oldest_code SET step = '9998'"))
    for arguments in (["status"], ["work", "notifications"], ["web", "notifications"]):
        env = {**environment_of(settings), "HANDSLAG_PORT": str(free_port())}
        output, errors = state_dir / "output", state_dir / f"{arguments[0]}.errors"
        assert Forked(the_forker(), arguments, env, output, errors).wait(280) != 0
        said = errors.read_text()
        assert "newer than this code: it is at step 9999" in said
        assert "restore the backup that was made before the upgrade" in said


def fill(connection: sa.Connection) -> dict[sa.Table, dict[str, Any]]:
    """Write a row into each table that is there."""
    found = sa.MetaData()
    found.reflect(connection)
    rows = {
        table: {column.name: any_value(column) for column in table.columns}
        for table in found.sorted_tables
        if table.name not in {"alembic_version", FLOOR_TABLE}
    }
    for table, row in rows.items():
        connection.execute(sa.insert(table).values(**row))
    return rows
