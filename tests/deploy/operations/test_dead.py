"""`handslag dead`: what could not have its effect is found, replayed or given up, for every service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploy.operations.databases import Databases
from deploy.services import SERVICES
from shared.clock import SettableClock
from shared.event_log.port import Record
from shared.events.envelope import to_message
from shared.events.event import Event
from shared.messaging.dead_letters import bury
from tests.deploy.operations.conftest import Command

Bury = Callable[..., str]


@pytest.fixture
def bury_company(databases: Databases, clock: SettableClock) -> Bury:
    """Make a dead letter of a company's event and return its name."""
    offsets = iter(range(1000))

    def one(service: str, company: str = "C1", version: int = 1, value: bytes | None = None) -> str:
        state: dict[str, Any] = {
            "id": company, "version": version, "status": "active", "updated_at": "2026-03-02T08:00:00Z",
            "name": "Åre Sterile", "contact": {"email": "canary@example.org"},
        }  # fmt: skip
        event = Event("company.created", company, version, clock(), state)
        message = to_message(event)
        content = message.value if value is None else value
        record = Record("companies", 0, next(offsets), message.key, content, message.headers, 0)
        with databases[service].writing() as connection:
            number = bury(connection, SERVICES[service].parts.messaging, record, "it did not work", 4, clock)
        return f"{service}:{number}"

    return one


def test_without_dead_letters_the_list_says_so(databases: Databases, handslag: Command) -> None:
    assert "no dead letters" in handslag("dead", "list").stdout
    assert handslag.json("dead", "list") == {"dead": 0, "letters": []}


def test_letters_of_all_services_are_listed_with_their_reasons_and_without_what_they_say(
    bury_company: Bury, handslag: Command
) -> None:
    names = [bury_company("matching"), bury_company("notifications")]
    listed = handslag("dead", "list")
    assert listed.exit_code == 0
    for name in names:
        assert name in listed.stdout
    assert "it did not work" in listed.stdout
    assert "canary" not in listed.stdout
    found = handslag.json("dead", "list", "--service", "matching")
    assert [(letter["id"], letter["topic"], letter["key"]) for letter in found["letters"]] == [
        (names[0], "companies", "C1")
    ]


def test_one_letter_is_shown_whole(bury_company: Bury, handslag: Command) -> None:
    name = bury_company("matching")
    shown = handslag("dead", "show", name).stdout
    assert "it did not work" in shown
    assert '"name": "Åre Sterile"' in shown
    assert "ce_type: company.created" in shown
    assert handslag.json("dead", "show", name)["attempts"] == 4


def test_bytes_that_are_no_text_are_shown_as_escapes(bury_company: Bury, handslag: Command) -> None:
    name = bury_company("matching", value=b"\xff{")
    assert handslag.json("dead", "show", name)["value"] == "\\xff{"


@pytest.mark.parametrize("service", ["matching", "notifications"])
def test_a_letter_that_is_replayed_has_its_effect_and_is_settled(
    service: str, bury_company: Bury, handslag: Command
) -> None:
    name = bury_company(service)
    result = handslag("dead", "replay", name)
    assert result.exit_code == 0
    assert f"{name}  replayed" in result.stdout
    assert handslag.json("dead", "list")["dead"] == 0
    assert handslag.json("dead", "show", name)["status"] == "replayed"
    again = handslag("dead", "replay", name)
    assert again.exit_code == 1
    assert "settled already" in again.stderr


def test_all_letters_are_replayed_and_one_that_fails_again_stops_no_other(
    bury_company: Bury, handslag: Command
) -> None:
    bad = bury_company("matching", value=b"no json")
    newer, older = bury_company("matching", "C2", 2), bury_company("matching", "C2", 1)
    other = bury_company("notifications")
    result = handslag("dead", "replay", "--all", "--json")
    assert result.exit_code == 1
    found = handslag.json("dead", "list")
    assert [letter["id"] for letter in found["letters"]] == [bad]
    assert found["letters"][0]["attempts"] == 5
    assert '"replayed": 2, "superseded": 1, "failed": 1' in result.stdout
    assert [handslag.json("dead", "show", name)["status"] for name in (newer, older, other)] == [
        "replayed",
        "superseded",
        "replayed",
    ]


def test_all_letters_of_one_service_are_replayed(bury_company: Bury, handslag: Command) -> None:
    bury_company("matching")
    other = bury_company("notifications")
    assert handslag("dead", "replay", "--all", "--service", "matching").exit_code == 0
    assert [letter["id"] for letter in handslag.json("dead", "list")["letters"]] == [other]


def test_a_letter_is_discarded_with_a_reason_that_is_kept(bury_company: Bury, handslag: Command) -> None:
    name = bury_company("matching")
    assert handslag("dead", "discard", name, "--reason", "sent by mistake", "--yes").exit_code == 0
    shown = handslag.json("dead", "show", name)
    assert (shown["status"], shown["note"]) == ("discarded", "sent by mistake")


@pytest.mark.parametrize(("said", "status"), [("n\n", "dead"), ("", "dead"), ("y\n", "discarded")])
def test_discarding_is_asked_about(said: str, status: str, bury_company: Bury, handslag: Command) -> None:
    name = bury_company("matching")
    result = handslag("dead", "discard", name, "--reason", "sent by mistake", said=said)
    assert result.exit_code == (0 if status == "discarded" else 1)
    assert "it did not work" in result.stderr
    assert handslag.json("dead", "show", name)["status"] == status


@pytest.mark.parametrize(
    "arguments",
    [
        ["dead", "show", "7"],
        ["dead", "show", "sales:7"],
        ["dead", "show", "matching:x"],
        ["dead", "replay"],
        ["dead", "replay", "matching:1", "--all"],
        ["dead", "discard", "matching:1"],
        ["dead", "discard", "matching:1", "--reason", " "],
    ],
)
def test_what_is_asked_wrongly_ends_with_2(arguments: list[str], handslag: Command) -> None:
    assert handslag(*arguments).exit_code == 2


def test_a_letter_that_is_not_there_is_named(databases: Databases, handslag: Command) -> None:
    result = handslag("dead", "show", "matching:99")
    assert result.exit_code == 1
    assert "99" in result.stderr


def test_a_state_that_is_not_there_is_named_and_not_made(handslag: Command) -> None:
    result = handslag("dead", "list")
    assert result.exit_code == 1
    assert str(handslag.settings.state_dir) in result.stderr
    assert not list(handslag.settings.state_dir.iterdir())
