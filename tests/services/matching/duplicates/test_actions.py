"""Pairs of organisations that may be one: suggested, decided on by staff, forgotten when erased."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.matching import tables
from services.matching.duplicates.views import Suggestions, decided
from services.matching.organisations.domain.sides import Side
from services.matching.upkeep.erase import Eraser
from shared.clock import SettableClock
from shared.storage.engine import Database
from tests.browser import Browser
from tests.services.matching.matching_world import STAFF, MatchingWorld

PAIR = "/api/v1/duplicates/company/C1/C2"


@pytest.fixture
def twins(tell: MatchingWorld) -> MatchingWorld:
    tell.company("C1", "We make lamps for theatres.", name="Zaffo AB", city="Umeå", contact=None)
    tell.company("C2", "Formerly Zaffo: light for surgery.", name="Brillig & Co", contact=None)
    tell.company("C3", "Something else altogether.", name="Medtekhnika", contact=None)
    tell.partner("P1", name="Медтехніка")
    return tell


def get(client: FlaskClient, path: str) -> Any:
    return client.get(path, headers=STAFF)


def listed(client: FlaskClient, side: str = "company") -> list[tuple[str, str]]:
    items = get(client, f"/api/v1/duplicates?side={side}").json["items"]
    return [(one["first"]["id"], one["second"]["id"]) for one in items]


def say(client: FlaskClient, path: str = PAIR, **body: Any) -> Any:
    return client.put(path, json={"reason": "One owner.", **body}, headers=STAFF)


def test_a_pair_is_listed_with_the_words_that_say_so_in_both_languages(
    client: FlaskClient, twins: MatchingWorld
) -> None:
    (one,) = get(client, "/api/v1/duplicates").json["items"]
    assert (one["first"]["name"], one["second"]["name"]) == ("Zaffo AB", "Brillig & Co")
    assert 0.6 <= one["score"] <= 1.0
    assert one["reasons"][0]["code"] == "says_so"
    assert one["reasons"][0]["said"] == {
        "sv": "Den enas text säger att den också går under den andras namn: ”Zaffo”.",
        "en": "The text of one says that it also goes by the name of the other: “Zaffo”.",
    }


def test_sides_are_apart_and_scripts_are_not(client: FlaskClient, twins: MatchingWorld) -> None:
    assert listed(client, "partner") == []
    twins.partner("P2", name="TOV Medtekhnika")
    assert listed(client, "partner") == [("P1", "P2")]


def test_only_active_organisations_are_compared(client: FlaskClient, twins: MatchingWorld) -> None:
    assert listed(client) == [("C1", "C2")]
    twins.company("C2", "Formerly Zaffo: light for surgery.", status="withdrawn", name="Brillig")
    assert listed(client) == []


def test_contacts_at_one_domain_speak_for_a_pair_and_only_the_domain_is_kept(
    client: FlaskClient, tell: MatchingWorld, database: Database
) -> None:
    for id, name in (("C1", "Zaffo"), ("C2", "Brillig")):
        contact = {"name": "Canary Person", "email": f"canary.{id}@zaffo.se"}
        tell.company(id, f"{name} is on its own.", name=name, city="Umeå", contact=contact)
    (one,) = get(client, "/api/v1/duplicates").json["items"]
    assert one["reasons"][0]["code"] == "same_contact_domain"
    assert one["reasons"][0]["words"] == "zaffo.se"
    with database.reading() as connection:
        assert "canary" not in repr(connection.execute(tables.companies.select()).all()).lower()


def test_the_same_names_what_to_withdraw_and_where_and_changes_neither(
    client: FlaskClient, twins: MatchingWorld
) -> None:
    answer = say(client, same=True, keep="C1")
    assert answer.status_code == 200
    assert (answer.json["keep"], answer.json["withdraw"]) == ("C1", "C2")
    assert answer.json["withdraw_at"] == "/api/v1/companies/C2/withdraw"
    assert listed(client) == []
    twins.company("C2", status="withdrawn", name="Brillig & Co")
    (one,) = get(client, "/api/v1/duplicates/decisions").json["items"]
    assert (one["keep"], one["withdraw"], one["reason"]) == ("C1", None, "One owner.")


def test_not_the_same_is_never_suggested_again_until_it_is_taken_back(
    client: FlaskClient, twins: MatchingWorld
) -> None:
    assert say(client, "/api/v1/duplicates/company/C2/C1", same=False).json["keep"] is None
    twins.company("C1", "We make lamps, and more of them.", name="Zaffo AB", contact=None)
    assert listed(client) == []
    for _ in range(2):
        assert client.delete(PAIR, headers=STAFF).status_code == 204
    assert listed(client) == [("C1", "C2")]


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        (PAIR, {"same": True}, 422, "keep"),
        (PAIR, {"same": False, "keep": "C1"}, 422, "keep"),
        (PAIR, {"same": True, "keep": "C3"}, 422, "keep"),
        (PAIR, {"same": False, "reason": " "}, 422, "reason"),
        ("/api/v1/duplicates/company/C1/C1", {"same": False}, 422, "other_id"),
        ("/api/v1/duplicates/company/C1/C9", {"same": False}, 404, None),
        ("/api/v1/duplicates/visit/C1/C2", {"same": False}, 404, None),
    ],
)
def test_a_decision_that_cannot_be_taken_names_the_field(
    client: FlaskClient, twins: MatchingWorld, path: str, body: dict[str, Any], status: int, field: str | None
) -> None:
    answer = say(client, path, **body)
    assert answer.status_code == status
    if field:
        assert field in str(answer.json["errors"])


def test_only_staff_see_and_decide(client: FlaskClient, twins: MatchingWorld) -> None:
    assert client.get("/api/v1/duplicates").status_code == 401
    assert client.put(PAIR, json={"same": False, "reason": "x"}).status_code == 401
    assert client.get("/duplicates").status_code == 302


@pytest.mark.parametrize("erased", ["C1", "C2"])
def test_of_an_erased_organisation_no_decision_is_left(
    client: FlaskClient, twins: MatchingWorld, database: Database, clock: SettableClock, erased: str
) -> None:
    say(client, same=False, reason="Canary words.")
    twins.erase("companies", erased)
    eraser = Eraser(database, clock)
    while eraser.step():
        pass
    with database.reading() as connection:
        assert decided(connection, Side.COMPANY) == []


def test_suggestions_are_worked_out_again_only_when_an_organisation_changed(
    twins: MatchingWorld, database: Database
) -> None:
    made = Suggestions()
    with database.reading() as connection:
        (first,), (second,) = made.of(connection, Side.COMPANY), made.of(connection, Side.COMPANY)
    assert first.reasons is second.reasons
    twins.company("C3", "Changed.", name="Medtekhnika")
    with database.reading() as connection:
        (third,) = made.of(connection, Side.COMPANY)
    assert third.reasons is not first.reasons
    assert third == first


def test_the_page_shows_a_pair_in_both_languages_and_takes_a_decision_and_takes_it_back(
    browser: Browser, twins: MatchingWorld
) -> None:
    assert "Zaffo AB and Brillig & Co" in browser.open("/duplicates?lang=en")
    swedish = browser.open("/duplicates?lang=sv")
    assert "Samma: behåll Zaffo AB" in swedish
    assert "också går under den andras namn" in swedish
    both = {"side": "company", "id": "C1", "other_id": "C2"}
    done = browser.send("/duplicates/decide", **both, decision="keep C1", reason="One owner.")
    assert done.status_code == 303
    page = browser.open("/duplicates?lang=en")
    assert "POST /api/v1/companies/C2/withdraw" in page
    assert "One owner." in page
    assert browser.send("/duplicates/undo", **both).status_code == 303
    assert "The same: keep Zaffo AB" in browser.open("/duplicates?lang=en")


def test_the_page_says_which_field_is_wrong_and_changes_nothing(
    client: FlaskClient, browser: Browser, twins: MatchingWorld
) -> None:
    both = {"side": "company", "id": "C1", "other_id": "C2"}
    refused = browser.send("/duplicates/decide", **both, decision="not_same", reason=" ")
    assert refused.status_code == 422
    assert "Write why" in refused.text
    assert browser.send("/duplicates/decide", **both, reason="x").status_code == 422
    assert listed(client) == [("C1", "C2")]


def test_a_page_with_nothing_to_look_at_says_what_to_do(browser: Browser) -> None:
    assert "handslag import companies companies.csv" in browser.open("/duplicates")
    assert "handslag import partners partners.csv" in browser.open("/duplicates?side=partner")


def test_the_page_obeys_the_content_security_policy_and_shows_hostile_names_as_they_are(
    browser: Browser, tell: MatchingWorld
) -> None:
    for id in ("C1", "C2"):
        tell.company(id, name='<script>alert(1)</script>"x"')
    browser.open("/duplicates")
    page = browser.page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.search(r"<[^>]* style=|<style|<script(?![^>]* src=)|<[^>]* on\w+=", page)
