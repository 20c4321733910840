"""`handslag backup` and `handslag restore`: what was acknowledged comes back, the same, on whichever engine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from deploy.operations.backlog import outcomes
from deploy.operations.backup import make_backup, make_kept_backup
from deploy.operations.backup_folder import MANIFEST, PART, BackupError, check_backup
from deploy.operations.databases import Databases, open_databases
from deploy.operations.restore import restore_backup
from services.matching.introductions.stand_in import all_reports, approve_best
from services.profiles.importing.match_requests import create_request
from services.profiles.organisations import actions
from services.profiles.tables import PROFILES
from shared.clock import SettableClock, system_clock
from shared.event_log.port import EventLog, Record
from shared.event_log.reading import read_topic
from shared.ids import random_ids
from shared.settings.registry import Settings, for_tests
from tests.deploy.operations.conftest import Command, settled, working
from tests.plugins.kafka_broker import KafkaBroker

SERVICES = ("profiles", "matching", "notifications")


def fill(databases: Databases) -> None:
    """Two companies that fit one request; a contact for each side."""
    now, ids = system_clock(), random_ids
    with databases["profiles"].writing() as connection:
        for number in (1, 2):
            company = {
                "id": f"C{number}",
                "name": f"Äpple {number} AB",
                "country": "Sweden",
                "description": "Steam sterilisers and washer disinfectors for hospitals' sterile services.",
                "contact": {"email": f"c{number}@example.org"},
            }
            actions.create(connection, "companies", company, now, ids)
        need = {"text": "Sterilisers for the sterile services of a new hospital."}
        partner = {"id": "P1", "name": "Oslo", "needs": [need], "contact": {"email": "p1@example.org"}}
        actions.create(connection, "partners", partner, now, ids)
        create_request(connection, {"id": "R1", "partner_id": "P1"}, now, ids)


def introduce(settings: Settings) -> None:
    """Fill a state, approve the best match, and have both mails sent."""
    with open_databases(settings) as databases:
        fill(databases)
        with working(settings):
            settled(settings, databases)
            assert approve_best(databases["matching"], system_clock, random_ids) == 1
            settled(settings, databases)
        assert outcomes(databases) == {"sent": 2}


def report_of(settings: Settings) -> bytes:
    return Command(settings)("report", "R1", "--format", "json").stdout_bytes


def check_alive(settings: Settings, report: bytes) -> None:
    """Let a restored house run: the report is the same, no mail goes out, and each change arrives."""
    assert report_of(settings) == report
    mailbox = settings.state_dir / "mailbox"
    before = {path: path.stat().st_ino for path in mailbox.glob("*.eml")}
    with open_databases(settings) as databases, working(settings):
        settled(settings, databases)
        assert report_of(settings) == report
        assert outcomes(databases) == {"sent": 2}
        with databases["profiles"].writing() as connection:
            company = {"name": "Päron AB", "description": "Steam sterilisers for sterile services."}
            actions.replace(connection, "companies", "C1", company, system_clock(), None)
        settled(settings, databases)
        names = {
            match.company.name for found in all_reports(databases["matching"]) for match in found.matches
        }
        assert "Päron AB" in names
    assert {path: path.stat().st_ino for path in mailbox.glob("*.eml")} == before


@pytest.fixture(scope="module")
def introduced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a house in which all is done."""
    settings = for_tests(tmp_path_factory.mktemp("introduced"))
    introduce(settings)
    return settings.state_dir


@pytest.fixture
def backup(settings: Settings, introduced: Path, tmp_path: Path) -> Path:
    """A backup of a house in which all is done; `settings` name the house."""
    shutil.copytree(introduced, settings.state_dir)
    make_backup(settings, tmp_path / "backup", system_clock)
    return tmp_path / "backup"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return for_tests(tmp_path / "old")


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """The settings of an empty machine."""
    return for_tests(tmp_path / "new")


def test_a_restored_machine_has_the_same_reports_and_goes_on(
    settings: Settings, backup: Path, empty: Settings
) -> None:
    report = report_of(settings)
    restored = restore_backup(empty, backup, system_clock)
    assert (restored.held, restored.mails, restored.reconciled.adopted) == (0, 2, 0)
    check_alive(empty, report)


@pytest.mark.parametrize(
    ("before", "after"), [("postgres", "postgres"), ("sqlite", "postgres"), ("postgres", "sqlite")]
)
def test_a_backup_of_one_engine_is_restored_on_another(
    before: str, after: str, settings: Settings, tmp_path: Path, new_postgres_url: Callable[[], str]
) -> None:
    def on(engine: str, state: Path) -> Settings:
        urls = {f"{service}_database": new_postgres_url() for service in SERVICES}
        return for_tests(state, **urls if engine == "postgres" else {})

    old, new = on(before, tmp_path / "old"), on(after, tmp_path / "new")
    introduce(old)
    make_backup(old, tmp_path / "backup", system_clock)
    restore_backup(new, tmp_path / "backup", system_clock)
    check_alive(new, report_of(old))
    with pytest.raises(BackupError, match="empty machine"):
        restore_backup(new, tmp_path / "backup", system_clock)


def test_over_kafka_what_is_newer_than_the_backup_is_taken_up_again(
    tmp_path: Path, kafka_broker: KafkaBroker, topic_prefix: str
) -> None:
    kafka = {"event_log": kafka_broker.url, "topic_prefix": topic_prefix}
    old, new = for_tests(tmp_path / "old", **kafka), for_tests(tmp_path / "new", **kafka)
    with open_databases(old) as databases:
        fill(databases)
        with working(old):
            settled(old, databases)
            make_backup(old, tmp_path / "backup", system_clock)
            assert approve_best(databases["matching"], system_clock, random_ids) == 1
            settled(old, databases)
    restored = restore_backup(new, tmp_path / "backup", system_clock)
    assert restored.reconciled.adopted == 3  # an introduction and its two mails
    assert restored.reconciled.published == 0
    (old.state_dir / "mailbox").rename(new.state_dir / "mailbox")
    with open_databases(new) as databases, working(new):
        settled(new, databases)
        assert outcomes(databases) == {"sent": 2}
    check_alive(new, report_of(new))


def test_a_backup_has_no_request_without_its_partner_although_they_come_while_it_is_made(
    settings: Settings, empty: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def read_as_more_comes(log: EventLog, topic: str) -> Iterator[Record]:
        """Read a topic, then have a partner and its request come and arrive on the log."""
        yield from read_topic(log, topic)
        with open_databases(settings) as databases:
            ask(databases, f"during-{topic}")
            settled(settings, databases)
        asked.append(topic)

    monkeypatch.setattr("deploy.operations.backup.read_topic", read_as_more_comes)
    with working(settings):
        make_backup(settings, tmp_path / "backup", system_clock)
    assert len(asked) == 6
    restore_backup(empty, tmp_path / "backup", system_clock)
    with open_databases(empty) as databases, databases["profiles"].reading() as connection:
        partners = set(connection.execute(sa.select(PROFILES["partners"].c.id)).scalars())
        requests = connection.execute(sa.select(PROFILES["requests"].c.partner_id)).scalars().all()
    assert requests
    assert partners.issuperset(requests)


def ask(databases: Databases, id: str) -> None:
    """A partner and its request, in one transaction."""
    now, ids = system_clock(), random_ids
    partner = {"id": id, "name": id, "needs": [{"text": "Sterilisers for a new hospital."}]}
    with databases["profiles"].writing() as connection:
        actions.create(connection, "partners", partner, now, ids)
        create_request(connection, {"id": f"R-{id}", "partner_id": id}, now, ids)


def test_a_restore_onto_what_is_there_names_it_and_changes_nothing(settings: Settings, backup: Path) -> None:
    before = {path: path.read_bytes() for path in settings.state_dir.rglob("*.sqlite")}
    with pytest.raises(BackupError, match=r"empty machine.*profiles\.sqlite.*HANDSLAG_STATE_DIR"):
        restore_backup(settings, backup, system_clock)
    assert {path: path.read_bytes() for path in settings.state_dir.rglob("*.sqlite")} == before


@pytest.mark.parametrize("harm", ["changed", "missing", "added"])
def test_a_damaged_backup_is_refused_before_anything_is_made(
    harm: str, backup: Path, empty: Settings
) -> None:
    file = backup / "matching.sqlite"
    if harm == "changed":
        content = bytearray(file.read_bytes())
        content[5000] ^= 1
        file.write_bytes(content)
    elif harm == "missing":
        file.unlink()
    else:
        (backup / "more.sqlite").write_bytes(b"")
    with pytest.raises(BackupError, match="damaged"):
        restore_backup(empty, backup, system_clock)
    assert not empty.state_dir.exists()


def test_a_backup_is_its_owners_alone(backup: Path) -> None:
    modes = {path: path.stat().st_mode & 0o777 for path in [backup, *backup.rglob("*")]}
    assert modes == {path: 0o700 if path.is_dir() else 0o600 for path in modes}
    assert not [path for path in backup.parent.iterdir() if path.name.endswith(PART)]


def test_a_backup_holds_no_secret(settings: Settings, backup: Path) -> None:
    for path in backup.rglob("*"):
        if path.is_file():
            assert settings.secret_key.encode() not in path.read_bytes()


def test_backups_of_before_the_last_days_are_deleted_and_nothing_else(
    settings: Settings, databases: Databases, tmp_path: Path, clock: SettableClock
) -> None:
    fill(databases)
    with working(settings):
        settled(settings, databases)
    folder = tmp_path / "backups"
    (folder / "20200101T000000Z").mkdir(parents=True)
    (folder / "20200101T000000Z" / "mine.txt").write_text("not a backup of ours")
    first, _, _ = make_kept_backup(settings, folder, 30, clock)
    clock.advance(timedelta(days=30, seconds=1))
    second, _, deleted = make_kept_backup(settings, folder, 30, clock)
    assert deleted == [first.name]
    assert sorted(path.name for path in folder.iterdir()) == ["20200101T000000Z", second.name]
    assert check_backup(second)["services"]["profiles"]["rows"]["companies"] == 2
    with pytest.raises(BackupError, match=f"newest is .*{second.name}"):
        check_backup(folder)


def test_after_a_restore_that_was_broken_off_nothing_serves_until_it_is_done_again(
    backup: Path, empty: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("deploy.operations.restore._move", dies)
        with pytest.raises(OSError, match="No space"):
            restore_backup(empty, backup, system_clock)
    handslag = Command(empty)
    sheet = tmp_path / "companies.csv"
    sheet.write_text("id,name\n")
    for arguments in (["web", "all"], ["work", "all"], ["serve"], ["import", "companies", str(sheet)]):
        refused = handslag(*arguments)
        assert refused.exit_code == 1
        assert "handslag restore" in refused.stderr
    restore_backup(empty, backup, system_clock)
    assert not (empty.state_dir / "restore-unfinished.json").exists()
    assert report_of(empty)


def test_mails_that_were_queued_are_held_back_where_a_server_may_have_had_them(
    settings: Settings, databases: Databases, tmp_path: Path
) -> None:
    fill(databases)
    with working(settings):
        settled(settings, databases)
    away = for_tests(settings.state_dir, smtp="smtp://127.0.0.1:1")
    approve_best(databases["matching"], system_clock, random_ids)
    with working(away):
        settled(away, databases, but=("mails to send",))
    make_backup(away, tmp_path / "backup", system_clock)
    for name, send, statuses in (("held", False, {"failed": 2}), ("sends", True, {"queued": 2})):
        new = for_tests(tmp_path / name, smtp="smtp://127.0.0.1:1")
        restored = restore_backup(new, tmp_path / "backup", system_clock, send_queued=send)
        assert restored.held == statuses.get("failed", 0)
        with open_databases(new) as there:
            assert outcomes(there) == statuses


def test_whoever_was_erased_since_is_erased_again(backup: Path, empty: Settings, tmp_path: Path) -> None:
    ledger = tmp_path / "erased.jsonl"
    ledger.write_text(json.dumps({"id": "C1", "kind": "company", "erased_at": "2026-03-02T08:00:00Z"}) + "\n")
    restored = restore_backup(empty, backup, system_clock, ledger)
    assert restored.reconciled.erased == 1
    with open_databases(empty) as databases, working(empty):
        settled(empty, databases)
        companies = {
            match.company.id for found in all_reports(databases["matching"]) for match in found.matches
        }
        assert companies == {"C2"}


def test_the_commands_say_what_they_did(
    settings: Settings, introduced: Path, tmp_path: Path, empty: Settings
) -> None:
    shutil.copytree(introduced, settings.state_dir)
    handslag = Command(settings)
    told = handslag.json("backup", str(tmp_path / "backup"))
    assert (told["mails"], told["deleted"]) == (2, [])
    assert handslag.json("backup", "--check", str(tmp_path / "backup"))["bytes"] == told["bytes"]
    again = handslag("backup", str(tmp_path / "backup"))
    assert (again.exit_code, "holds something already" in again.stderr) == (1, True)
    assert Command(empty).json("restore", str(tmp_path / "backup"))["mails"] == 2
    assert Command(empty)("restore", str(tmp_path)).exit_code == 1
    (tmp_path / "backup" / MANIFEST).unlink()
    assert "is no backup" in handslag("backup", "--check", str(tmp_path / "backup")).stderr
