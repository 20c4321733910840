"""`handslag export` and `handslag erase`: all that is held is handed out, and is gone when it must go."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from deploy.operations.backup import make_backup
from deploy.operations.databases import Databases, open_databases
from deploy.operations.erasure_ledger import LEDGER
from deploy.operations.restore import restore_backup
from deploy.services import SERVICES
from services.matching import tables
from services.matching.introductions import store as decisions
from services.matching.introductions.stand_in import approve_best
from services.matching.organisations.store import projection
from services.profiles.importing.match_requests import create_request
from services.profiles.organisations import actions
from services.profiles.tables import messaging
from shared.clock import system_clock
from shared.events.event import Event
from shared.ids import random_ids
from shared.messaging.outbox import record_event
from shared.settings.registry import Settings, for_tests
from tests.deploy.operations.conftest import Command, settled, wait_for, working

CANARY = "Zwicklefitz"
TEXTS = {
    "name": f"{CANARY} AB",
    "description": f"{CANARY} steam sterilisers and washer disinfectors for hospitals' sterile services.",
    "contact": {"name": f"{CANARY} Person", "email": f"{CANARY.lower()}@example.org"},
}
NEED = {"text": "Sterilisers for the sterile services of a new hospital."}


def put(databases: Databases, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    with databases["profiles"].writing() as connection:
        return actions.create(connection, kind, fields, system_clock(), random_ids)


def fill(databases: Databases, side: str) -> None:
    """A company and a partner that fit, one of them with the canary in all that it says; and a second company."""
    plain = {"name": "Oslo", "contact": {"email": "plain@example.org"}}
    company = {**plain, "description": "Washer disinfectors and steam sterilisers for sterile services."}
    partner = {**plain, "needs": [NEED]}
    if side == "company":
        company |= TEXTS
    else:
        partner |= {**TEXTS, "needs": [{"text": f"{CANARY} needs steam sterilisers for sterile services."}]}
        del partner["description"]
    put(databases, "companies", {"id": "C1", "country": "Sweden", **company})
    put(
        databases,
        "companies",
        {"id": "C1.2", "name": "Two", "description": "Telemedicine for patients at home."},
    )
    put(databases, "partners", {"id": "P1", "country": "Norway", **partner})
    with databases["profiles"].writing() as connection:
        request = {"id": "R1", "partner_id": "P1"}
        create_request(connection, request, system_clock(), random_ids)


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if getattr(request, "param", "sqlite") == "sqlite":
        return for_tests(tmp_path / "state")
    new_url = request.getfixturevalue("new_postgres_url")
    return for_tests(tmp_path / "state", **{f"{service}_database": new_url() for service in SERVICES})


@pytest.fixture
def house(settings: Settings, databases: Databases) -> Iterator[Callable[[str], None]]:
    """A house at work, in which a canary of a side is introduced and mailed, and its request closed."""
    with working(settings):

        def introduce(side: str) -> None:
            fill(databases, side)
            settled(settings, databases)
            assert approve_best(databases["matching"], system_clock, random_ids) == 1
            settled(settings, databases)

        yield introduce


def places(settings: Settings, databases: Databases) -> list[str]:
    """Name every file and table that holds the canary's bytes, in any case."""
    wanted = CANARY.lower().encode()
    found = [
        str(path.relative_to(settings.state_dir))
        for path in settings.state_dir.rglob("*")
        if path.is_file() and wanted in path.read_bytes().lower()
    ]
    for service in SERVICES:
        database = databases[service]
        if database.engine.dialect.name == "postgresql":
            metadata = SERVICES[service].parts.metadata
            with database.reading() as connection:
                for table in metadata.sorted_tables:
                    rows = connection.execute(table.select()).all()
                    if any(wanted in repr(tuple(row)).lower().encode() for row in rows):
                        found.append(f"{service}.{table.name}")
    return found


def free(settings: Settings, databases: Databases) -> bool:
    return not places(settings, databases)


@pytest.mark.parametrize(
    ("settings", "side", "id"),
    [("sqlite", "company", "C1"), ("sqlite", "partner", "P1"), ("postgres", "company", "C1")],
    indirect=["settings"],
)
def test_an_erased_organisation_is_gone_from_every_file_and_table(
    side: str,
    id: str,
    house: Callable[[str], None],
    settings: Settings,
    databases: Databases,
    handslag: Command,
) -> None:
    house(side)
    assert len(places(settings, databases)) > 5
    held = handslag.json("export", id)
    assert CANARY in held["profile"]["name"]
    assert {name: len(held[name]) for name in ("introductions", "reports", "deliveries", "mails")} == {
        "introductions": 1, "reports": 1, "deliveries": 1, "mails": 1,
    }  # fmt: skip
    assert "score" not in json.dumps(held)
    erased = handslag.json("erase", id, "--yes")
    assert (erased["kind"], erased["done"], erased["left"]) == (side, True, [])
    wait_for("no file holds it", partial(free, settings, databases))
    again = handslag("export", id)
    assert again.exit_code == 1
    assert f"nothing is known of {id} (erased at" in again.stderr


def test_the_other_side_keeps_the_decision(
    house: Callable[[str], None], settings: Settings, databases: Databases, handslag: Command
) -> None:
    house("company")
    with databases["profiles"].writing() as connection:
        actions.withdraw(connection, "requests", "R1", system_clock(), None)
    settled(settings, databases)
    handslag.json("erase", "C1", "--yes")
    settled(settings, databases)
    frozen = json.loads(handslag("report", "R1", "--format", "json").stdout)
    (match,) = [one for one in frozen["matches"] if one["company"]["id"] == "C1"]
    assert match["company"]["name"] == "erased organisation"
    with databases["matching"].reading() as connection:
        (introduction,) = decisions.list_introductions_of(connection, "R1")
    assert introduction.status == "approved"
    assert introduction.state["company"]["name"] == "erased organisation"
    assert introduction.state["partner"]["name"] == "Oslo"
    for format in ("html", "xlsx", "pdf"):
        assert handslag("report", "R1", "--format", format).exit_code == 0
    before = handslag("report", "R1", "--format", "json").stdout
    handslag.json("rebuild", "matching", "--yes")
    settled(settings, databases)
    assert handslag("report", "R1", "--format", "json").stdout == before


def test_what_staff_say_of_a_company_with_a_longer_id_is_not_handed_out(
    house: Callable[[str], None], databases: Databases, handslag: Command
) -> None:
    house("company")
    said = {"request_id": "R1", "report_version": 1, "decision": "rejected", "at": "2026"}
    with databases["matching"].writing() as connection:
        for match_id in ("C1.n1", "C1~2.n1"):
            row = {**said, "match_id": match_id, "reason": f"of {match_id}"}
            connection.execute(tables.reviews.insert().values(row))
            company_id = match_id.removesuffix(".n1")
            row = {"request_id": "R1", "company_id": company_id, "code": "outside_markets", "at": "2026"}
            connection.execute(tables.lifted.insert().values({**row, "reason": f"lifted for {company_id}"}))
    held = handslag.json("export", "C1")
    assert [one["reason"] for one in held["lifted"]] == ["lifted for C1"]
    handed_out = {one["reason"] for one in held["reviews"]}
    assert "of C1.n1" in handed_out
    assert "of C1~2.n1" not in handed_out


def test_an_unknown_id_and_an_id_of_two_are_said_so(
    settings: Settings, databases: Databases, handslag: Command
) -> None:
    assert handslag("export", "C9").exit_code == 1
    assert "nothing is known of C9" in handslag("erase", "C9", "--yes").stderr
    put(databases, "companies", {"id": "X", "name": "One", "description": "Sterilisers."})
    put(
        databases,
        "partners",
        {"id": "X", "name": "Other", "needs": [NEED], "contact": {"email": "x@example.org"}},
    )
    assert "--kind company" in handslag("export", "X").stderr
    assert handslag.json("export", "X", "--kind", "partner")["profile"]["name"] == "Other"
    assert handslag.json("export", "X@example.org")["kind"] == "partner"
    refused = handslag("erase", "X", "--kind", "company", said="n\n")
    assert refused.exit_code == 1
    assert "1 profiles" in refused.stderr
    assert handslag.json("export", "X", "--kind", "company")["profile"]["name"] == "One"


@pytest.mark.parametrize("settings", ["sqlite", "postgres"], indirect=True)
def test_without_work_processes_the_erasure_is_recorded_and_the_rest_is_told(
    settings: Settings, databases: Databases, handslag: Command
) -> None:
    put(databases, "companies", {"id": "C1", "country": "Sweden", **TEXTS})
    erased = handslag.json("erase", "C1", "--yes", "--wait", "0")
    assert erased["done"] is False
    assert "profiles has to publish it" in erased["left"]
    assert not [place for place in places(settings, databases) if place.startswith("profiles")]


def test_what_comes_late_brings_nobody_back_and_a_new_submission_is_a_new_company(
    settings: Settings, databases: Databases, handslag: Command
) -> None:
    first = put(databases, "companies", {"id": "C1", "country": "Sweden", **TEXTS})
    with working(settings):
        settled(settings, databases)
        handslag.json("erase", "C1", "--yes")
        with databases["profiles"].writing() as connection:
            late = Event("company.replaced", "C1", 1, system_clock(), first)
            record_event(connection, messaging, late)
        settled(settings, databases)
        with databases["matching"].reading() as connection:
            assert projection.get_state(connection, tables.companies, "C1") is None
        anew = put(databases, "companies", {"id": "C1", "name": "New", "description": "Sterilisers."})
        assert anew["version"] == 3
        settled(settings, databases)
        with databases["matching"].reading() as connection:
            found = projection.get_state(connection, tables.companies, "C1")
        assert found is not None
        assert found.state["name"] == "New"


def test_a_restore_applies_the_ledger_and_spares_what_was_submitted_anew(
    house: Callable[[str], None],
    settings: Settings,
    databases: Databases,
    handslag: Command,
    tmp_path: Path,
) -> None:
    house("partner")
    make_backup(settings, tmp_path / "backup", system_clock)
    handslag.json("erase", "P1", "--yes")
    ledger = settings.state_dir / LEDGER
    assert {json.loads(line)["id"] for line in ledger.read_text().splitlines()} == {"P1", "R1"}
    assert ledger.stat().st_mode & 0o777 == 0o600
    put(databases, "partners", {"id": "P1", "name": "New", "needs": [NEED]})
    settled(settings, databases)
    make_backup(settings, tmp_path / "later", system_clock)
    for backup, names in ((tmp_path / "backup", []), (tmp_path / "later", ["New"])):
        state = for_tests(tmp_path / f"new {backup.name}")
        restore_backup(state, backup, system_clock, ledger)
        with open_databases(state) as restored, working(state):
            settled(state, restored)
            with restored["matching"].reading() as connection:
                kept = projection.list_states(connection, tables.partners)
            assert [one.state["name"] for one in kept] == names
            if not names:
                Command(state).json("erase", "P1", "--yes")
            wait_for("no file holds it", partial(free, state, restored))
        shutil.rmtree(state.state_dir)
