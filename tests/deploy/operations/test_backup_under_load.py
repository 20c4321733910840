"""Backups made while everything is busy: each one, restored, lacks nothing of what was acknowledged before it began."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from deploy.operations.backlog import dead_letters
from deploy.operations.backup import make_backup
from deploy.operations.databases import Databases, open_databases
from deploy.operations.restore import restore_backup
from services.matching import tables
from services.matching.introductions.stand_in import approve_best
from services.matching.refusals import RefusedError
from services.notifications.tables import contacts, deliveries
from services.profiles.importing.match_requests import create_request
from services.profiles.organisations import actions
from services.profiles.tables import PROFILES
from shared.clock import system_clock
from shared.event_log import event_log_of
from shared.event_log.reading import read_topic
from shared.events.envelope import from_record
from shared.ids import random_ids
from shared.settings.registry import Settings, for_tests
from tests.deploy.operations.conftest import settled, wait_for, working

BACKUPS = 4
COMPANIES = 12
STEAM = "Steam sterilisers and washer disinfectors for hospitals' sterile services."
OTHERS = "Catering for conferences."


@dataclass
class Known:
    """What had been acknowledged at a moment: versions by topic and id, deliveries that were sent."""

    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    sent: frozenset[str] = frozenset()


class Load:
    """Changes profiles and approves matches without a rest."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._random = random.Random(7)
        self._lock = threading.Lock()
        self._versions: dict[tuple[str, str], int] = {}
        self.done = 0

    def run(self, stop: threading.Event) -> None:
        self._change_company("S1", STEAM)  # stays as it is, so that its matches can be approved
        while not stop.is_set():
            self._change_company(f"C{self._random.randrange(COMPANIES)}", OTHERS)
            if self.done % 15 == 0:
                self._ask(f"P{self.done}")
            if self.done % 3 == 0:
                with suppress(
                    RefusedError
                ):  # of a company that has just changed: the next round sees it anew
                    approve_best(self._databases["matching"], system_clock, random_ids, 1)
            self.done += 1
            stop.wait(0.01 if self.done % 30 else 0.6)  # now and then a lull, in which reports are made

    def has_done(self, number: int) -> bool:
        return self.done >= number

    def has_sent_more_than(self, number: int) -> bool:
        return len(self.known().sent) > number

    def known(self) -> Known:
        with self._lock:
            versions = dict(self._versions)
        with self._databases["matching"].reading() as connection:
            for row in connection.execute(sa.select(tables.introductions)):
                versions["introductions", row.id] = row.version
        with self._databases["notifications"].reading() as connection:
            query = sa.select(deliveries.c.id).where(deliveries.c.status == "sent")
            return Known(versions, frozenset(connection.execute(query).scalars()))

    def _change_company(self, id: str, description: str) -> None:
        fields = {
            "name": f"{id} {self.done}",
            "description": STEAM,
            "contact": {"email": f"{id}@example.org"},
        }
        with self._databases["profiles"].writing() as connection:
            if ("companies", id) in self._versions:
                state = actions.replace(connection, "companies", id, fields, system_clock(), None)
            else:
                new = {"id": id, **fields}
                state = actions.create(connection, "companies", new, system_clock(), random_ids)
        self._note("companies", id, state["version"])

    def _ask(self, id: str) -> None:
        need = {"text": "Sterilisers for the sterile services of a new hospital."}
        partner = {"id": id, "name": id, "needs": [need], "contact": {"email": f"{id}@example.org"}}
        with self._databases["profiles"].writing() as connection:
            actions.create(connection, "partners", partner, system_clock(), random_ids)
            request = {"id": f"R-{id}", "partner_id": id}
            create_request(connection, request, system_clock(), random_ids)
        self._note("partners", id, 1)
        self._note("requests", f"R-{id}", 1)

    def _note(self, topic: str, id: str, version: int) -> None:
        with self._lock:
            self._versions[topic, id] = version


def test_backups_under_load_lose_nothing_and_repeat_no_mail(tmp_path: Path) -> None:
    busy = for_tests(tmp_path / "busy")
    known: dict[Path, Known] = {}
    with open_databases(busy) as databases, working(busy):
        load, stop = Load(databases), threading.Event()
        thread = threading.Thread(target=load.run, args=(stop,))
        thread.start()
        try:
            wait_for("mails went out", partial(load.has_sent_more_than, 0))
            for number in range(BACKUPS):
                wait_for("more was done", partial(load.has_done, load.done + 10))
                if number == BACKUPS - 1:
                    first = known[tmp_path / "backup0"]
                    wait_for("more mails went out", partial(load.has_sent_more_than, len(first.sent)))
                folder = tmp_path / f"backup{number}"
                known[folder] = load.known()
                make_backup(busy, folder, system_clock)
        finally:
            stop.set()
            thread.join()
    for folder, before in known.items():
        check(for_tests(tmp_path / f"new-{folder.name}"), folder, before)


def check(settings: Settings, folder: Path, before: Known) -> None:
    restore_backup(settings, folder, system_clock)
    mailbox = settings.state_dir / "mailbox"
    sent = {id: (mailbox / f"{id}.eml").stat().st_ino for id in before.sent}
    with open_databases(settings) as databases:
        with working(settings):
            settled(settings, databases)
        owned = {topic: versions(databases, "profiles", PROFILES[topic]) for topic in PROFILES}
        owned["introductions"] = versions(databases, "matching", tables.introductions)
        missing = {key: one for key, one in before.versions.items() if owned[key[0]].get(key[1], 0) < one}
        assert missing == {}
        for topic, read in (("companies", tables.companies), ("partners", tables.partners)):
            assert versions(databases, "matching", read) == owned[topic]
        assert versions(databases, "matching", tables.requests) == owned["requests"]
        with databases["notifications"].reading() as connection:
            rows = connection.execute(sa.select(contacts.c.organisation_id)).scalars()
            assert set(rows) == {*owned["companies"], *owned["partners"]}
        owned["deliveries"] = versions(databases, "notifications", deliveries)
        assert versions(databases, "matching", tables.deliveries) == owned["deliveries"]
        assert on_log(settings) == owned
        assert dead_letters(databases) == 0
    assert {id: (mailbox / f"{id}.eml").stat().st_ino for id in before.sent} == sent


def versions(databases: Databases, service: str, table: sa.Table) -> dict[str, int]:
    with databases[service].reading() as connection:
        return {row.id: row.version for row in connection.execute(sa.select(table.c.id, table.c.version))}


def on_log(settings: Settings) -> dict[str, dict[str, int]]:
    """What each topic ends with, by key; fails where a later record has an older version."""
    found: dict[str, dict[str, int]] = {}
    with event_log_of(settings) as log:
        for topic in (*PROFILES, "introductions", "deliveries"):
            last = found.setdefault(topic, {})
            for event in map(from_record, read_topic(log, topic)):
                assert event.version > last.get(event.aggregate_id, 0)
                last[event.aggregate_id] = event.version
    return found
