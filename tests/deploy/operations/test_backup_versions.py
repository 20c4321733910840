"""Databases and an event log of different moments, put in order: no version is given out twice, none is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.operations.backlog import outcomes
from deploy.operations.backup_folder import BackupError
from deploy.operations.databases import Databases, open_databases
from deploy.operations.restore_in_place import reconcile_in_place
from services.matching import tables
from services.matching.introductions.stand_in import approve_best
from services.notifications.tables import deliveries as delivery_table
from services.profiles.importing.match_requests import create_request
from services.profiles.organisations import actions
from services.profiles.tables import PROFILES
from shared.clock import system_clock
from shared.event_log import event_log_of
from shared.event_log.reading import read_topic
from shared.events.envelope import from_record, to_message
from shared.events.event import Event
from shared.ids import random_ids
from shared.settings.registry import Settings, for_tests
from shared.storage.engine import Database
from tests.deploy.operations.conftest import Command, settled, working

STEAM = "Steam sterilisers and washer disinfectors for hospitals' sterile services."


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a house in which one company meets one request, and nobody is at work."""
    settings = for_tests(tmp_path_factory.mktemp("met"))
    with open_databases(settings) as opened:
        change(opened, "C1", "Äpple AB", contact={"email": "c1@example.org"})
        with opened["profiles"].writing() as connection:
            partner = {
                "id": "P1",
                "name": "Oslo",
                "needs": [{"text": "Sterilisers for the sterile services of a new hospital."}],
                "contact": {"email": "p1@example.org"},
            }
            actions.create(connection, "partners", partner, system_clock(), random_ids)
            request = {"id": "R1", "partner_id": "P1"}
            create_request(connection, request, system_clock(), random_ids)
        work_off(settings, opened)
    return settings.state_dir


@pytest.fixture
def databases(settings: Settings, met: Path) -> Iterator[Databases]:
    shutil.copytree(met, settings.state_dir, dirs_exist_ok=True)
    with open_databases(settings) as opened:
        yield opened


def change(databases: Databases, id: str, name: str, **more: Any) -> None:
    fields = {"name": name, "country": "Sweden", "description": STEAM, **more}
    now = system_clock()
    with databases["profiles"].writing() as connection:
        found = connection.execute(
            sa.select(PROFILES["companies"].c.id).where(PROFILES["companies"].c.id == id)
        ).first()
        if found is None:
            actions.create(connection, "companies", {"id": id, **fields}, now, random_ids)
        else:
            actions.replace(connection, "companies", id, fields, now, None)


def work_off(settings: Settings, databases: Databases) -> None:
    with working(settings):
        settled(settings, databases)


def seen_by_matching(databases: Databases) -> dict[str, tuple[int, str]]:
    with databases["matching"].reading() as connection:
        rows = connection.execute(sa.select(tables.companies)).all()
    return {row.id: (row.version, json.loads(row.state)["name"]) for row in rows}


def owned(databases: Databases) -> dict[str, tuple[int, str]]:
    table = PROFILES["companies"]
    with databases["profiles"].reading() as connection:
        return {row.id: (row.version, row.name) for row in connection.execute(sa.select(table))}


def versions_on_log(settings: Settings, topic: str) -> list[str]:
    with event_log_of(settings) as log:
        return [from_record(record).id for record in read_topic(log, topic)]


def keep(url: str, copy: Path) -> None:
    with sa.create_engine(url).connect() as connection:
        connection.exec_driver_sql(f"VACUUM INTO '{copy}'")


def bring_back(url: str, database: Database, copy: Path) -> None:
    place = Path(str(sa.make_url(url).database))
    database.close()
    for beside in ("", "-wal", "-shm"):  # a new file: the work that was done here still has the old one open
        place.with_name(place.name + beside).unlink(missing_ok=True)
    shutil.copyfile(copy, place)


@pytest.fixture
def yesterday(settings: Settings, databases: Databases, tmp_path: Path) -> Callable[[str], None]:
    """Keep every database as it is now; later bring one service's back, as a host's own backup would."""
    urls = {name: getattr(settings, f"{name}_database") for name in ("profiles", "matching", "notifications")}
    for service, url in urls.items():
        keep(url, tmp_path / f"{service}.kept")
    return lambda service: bring_back(urls[service], databases[service], tmp_path / f"{service}.kept")


def test_a_database_of_yesterday_takes_up_what_the_log_knows_since(
    settings: Settings, databases: Databases, yesterday: Callable[[str], None]
) -> None:
    change(databases, "C1", "Päron AB")
    change(databases, "C2", "Kvitten AB")
    work_off(settings, databases)
    yesterday("profiles")
    assert owned(databases) == {"C1": (1, "Äpple AB")}

    done = reconcile_in_place(settings, system_clock)
    assert (done.adopted, done.published) == (2, 0)
    assert owned(databases) == {"C1": (2, "Päron AB"), "C2": (1, "Kvitten AB")}
    change(databases, "C1", "Plommon AB")  # version 3, not a second version 2
    work_off(settings, databases)
    assert seen_by_matching(databases) == {"C1": (3, "Plommon AB"), "C2": (1, "Kvitten AB")}
    assert versions_on_log(settings, "companies").count("C1:2") <= 1


def test_a_log_that_is_lost_is_filled_again_and_nothing_is_done_twice(
    settings: Settings, databases: Databases
) -> None:
    approve_best(databases["matching"], system_clock, random_ids)
    work_off(settings, databases)
    mails = {path.name: path.stat().st_ino for path in (settings.state_dir / "mailbox").iterdir()}
    report = Command(settings)("report", "R1").stdout_bytes
    shutil.rmtree(settings.state_dir / "events")

    assert (
        reconcile_in_place(settings, system_clock).published == 6
    )  # three profiles, an introduction, two mails
    work_off(settings, databases)
    assert sorted(versions_on_log(settings, "companies")) == ["C1:1"]
    assert len(versions_on_log(settings, "deliveries")) == 2
    assert {path.name: path.stat().st_ino for path in (settings.state_dir / "mailbox").iterdir()} == mails
    assert Command(settings)("report", "R1").stdout_bytes == report
    with databases[
        "matching"
    ].writing() as connection:  # a projection that is lost, too, is read from the new log
        connection.execute(sa.delete(tables.companies))
        connection.execute(sa.delete(tables.messaging.consumed))
    reconcile_in_place(settings, system_clock)
    work_off(settings, databases)
    assert seen_by_matching(databases) == owned(databases)


def test_versions_that_readers_saw_and_nobody_holds_are_stepped_over(
    settings: Settings, databases: Databases, yesterday: Callable[[str], None]
) -> None:
    for name in ("Päron AB", "Plommon AB"):
        change(databases, "C1", name)
    work_off(settings, databases)
    yesterday("profiles")
    shutil.rmtree(settings.state_dir / "events")

    reconcile_in_place(settings, system_clock)
    assert owned(databases) == {"C1": (4, "Äpple AB")}  # what matching saw was version 3
    work_off(settings, databases)
    assert seen_by_matching(databases) == {"C1": (4, "Äpple AB")}


def test_a_mail_that_the_log_knows_as_sent_is_not_sent_by_a_database_of_yesterday(
    settings: Settings, databases: Databases, yesterday: Callable[[str], None]
) -> None:
    approve_best(databases["matching"], system_clock, random_ids)
    work_off(settings, databases)
    with databases["notifications"].reading() as connection:
        sent = connection.execute(sa.select(delivery_table).order_by(delivery_table.c.id)).all()
    mails = {path.name: path.stat().st_ino for path in (settings.state_dir / "mailbox").iterdir()}
    yesterday("matching")
    yesterday("notifications")
    assert outcomes(databases) == {}

    assert reconcile_in_place(settings, system_clock).adopted == 3
    work_off(settings, databases)
    with databases["notifications"].reading() as connection:
        found = connection.execute(sa.select(delivery_table).order_by(delivery_table.c.id)).all()
    assert [one.approval_id for one in found] == [one.approval_id for one in sent]
    assert outcomes(databases) == {"sent": 2}
    assert {path.name: path.stat().st_ino for path in (settings.state_dir / "mailbox").iterdir()} == mails


def test_an_older_version_that_waits_does_not_end_up_behind_a_newer_one(
    settings: Settings, databases: Databases, tmp_path: Path
) -> None:
    change(databases, "C1", "Päron AB")  # waits in the outbox of the kept database
    keep(settings.profiles_database, tmp_path / "waiting")
    change(databases, "C1", "Plommon AB")
    work_off(settings, databases)
    bring_back(settings.profiles_database, databases["profiles"], tmp_path / "waiting")

    reconcile_in_place(settings, system_clock)
    work_off(settings, databases)
    assert versions_on_log(settings, "companies")[-1] == "C1:3"
    assert owned(databases) == seen_by_matching(databases) == {"C1": (3, "Plommon AB")}


def test_what_the_log_says_is_erased_goes_from_a_database_of_yesterday(
    settings: Settings, databases: Databases
) -> None:
    with event_log_of(settings) as log:
        tombstone = Event("company.erased", "C1", 2, system_clock() - timedelta(seconds=1), None)
        assert log.publisher("test").publish([to_message(tombstone)], 5.0) == [0]
    reconcile_in_place(settings, system_clock)
    work_off(settings, databases)
    assert owned(databases) == seen_by_matching(databases) == {}


def test_nothing_is_put_in_order_while_somebody_works(settings: Settings, databases: Databases) -> None:
    with working(settings):
        settled(settings, databases)
        with pytest.raises(BackupError, match="stop everything"):
            reconcile_in_place(settings, system_clock)


def test_the_command_asks_and_tells(settings: Settings, databases: Databases) -> None:
    handslag = Command(settings)
    assert handslag("reconcile", said="n\n").exit_code == 1
    assert handslag.json("reconcile", "--yes") == {"adopted": 0, "erased": 0, "published": 0}
