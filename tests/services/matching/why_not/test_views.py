"""Staff look up why a company was not chosen, over the API and on a page, and get a text to send to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.matching.introductions.actions import approve, reject
from services.matching.reports.store.due import companies_changed
from services.matching.reports.store.reports import get_report
from services.matching.reports.worker import Scorer
from services.matching.scoring.domain.policy import STANDARD_POLICY
from services.matching.scoring.store import add_version
from services.matching.why_not import pages as why_not_pages
from services.matching.why_not.views import find_companies
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.storage.engine import Database
from tests.services.matching.matching_world import STAFF


@pytest.fixture
def client(app: Flask, scored: Any) -> FlaskClient:
    return app.test_client()


def ask(client: FlaskClient, company: str = "C3") -> Any:
    answer = client.get(f"/api/v1/reports/R1/companies/{company}/why-not", headers=STAFF)
    assert answer.status_code == 200
    return answer.json


def page(client: FlaskClient, query: str = "") -> str:
    answer = client.get(f"/reports/R1/why-not{query}", headers=STAFF)
    assert answer.status_code == 200
    return answer.text


def test_a_company_that_was_not_chosen_gets_reasons_changes_and_a_letter(client: FlaskClient) -> None:
    said = ask(client)
    assert (said["request_id"], said["report_version"], said["up_to_date"]) == ("R1", 1, True)
    (need,) = said["needs"]
    assert (need["need_id"], need["outcome"]) == ("n1", "not_chosen")
    assert need["reasons"]
    assert need["changes"]
    assert {"sv", "en"} == set(said["letter"])
    assert "Company C3" in said["letter"]["en"]
    for other in ("Company C1", "Company C2", "Hospital P1"):
        assert other not in said["letter"]["sv"] + said["letter"]["en"]


def test_the_needs_words_stand_apart_for_staff(client: FlaskClient) -> None:
    said = ask(client)
    asked_for = said["needs"][0]["for_staff"]["asked_for"]
    assert asked_for
    assert all(one["need"] in "We need sterile processing of surgical instruments." for one in asked_for)


def test_what_staff_decided_is_part_of_the_answer(
    client: FlaskClient, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    assert ask(client, "C1")["needs"][0]["outcome"] == "suggested"
    with database.writing() as connection:
        reject(connection, "R1", 1, ["C1.n1"], "The visit is full.", clock)
        approve(connection, "R1", 1, ["C2.n1"], "", clock, ids)
    said = ask(client, "C1")
    assert said["needs"][0]["outcome"] == "rejected"
    assert "The visit is full." in said["letter"]["en"]
    assert ask(client, "C2")["needs"][0]["outcome"] == "introduced"


def test_the_answer_follows_the_profile_and_says_that_the_report_is_behind(
    client: FlaskClient, scored: Any, scorer: Scorer
) -> None:
    scored.company("C3", "Autoclaves for sterile processing of surgical instruments.")
    said = ask(client)
    assert not said["up_to_date"]
    assert [one["code"] for one in said["needs"][0]["reasons"]] == ["changed_since"]
    scorer.score_stale()
    assert ask(client)["needs"][0]["outcome"] == "suggested"


@pytest.mark.parametrize(
    ("path", "what"), [("R1/companies/C404", "company"), ("R404/companies/C1", "report")]
)
def test_what_is_not_there_is_404_and_named(client: FlaskClient, path: str, what: str) -> None:
    answer: Any = client.get(f"/api/v1/reports/{path}/why-not", headers=STAFF)
    assert answer.status_code == 404
    assert what in answer.json["detail"]


def test_a_profile_that_changed_after_its_request_was_closed_is_not_told_that_others_were_nearer(
    client: FlaskClient, scored: Any, clock: SettableClock
) -> None:
    scored.request("R1", "P1", status="closed")
    clock.advance(timedelta(days=1))
    scored.company("C3", "Autoclaves for sterile processing of surgical instruments.")
    assert [one["code"] for one in ask(client)["needs"][0]["reasons"]] == ["changed_since"]


def test_a_profile_whose_change_the_report_has_looked_at_is_told_that_others_were_nearer(
    client: FlaskClient, scored: Any, scorer: Scorer, database: Database, clock: SettableClock
) -> None:
    with database.writing() as connection:
        add_version(connection, replace(STANDARD_POLICY, most_matches=1), "Only the best", clock())
        companies_changed(connection, clock())
    scorer.score_stale()
    (left_out,) = {"C1", "C2"} - {match.company.id for match in _matches(database)}
    clock.advance(timedelta(days=1))
    scored.company(left_out, "Autoclaves for surgical instruments.", city="Åre")
    scorer.score_stale()
    said = ask(client, left_out)
    assert said["up_to_date"]
    assert [one["code"] for one in said["needs"][0]["reasons"]] == ["others_nearer"]


def _matches(database: Database) -> list[Any]:
    with database.reading() as connection:
        report = get_report(connection, "R1")
    assert report is not None
    return list(report.content.matches)


def test_only_staff_may_ask(client: FlaskClient) -> None:
    assert client.get("/api/v1/reports/R1/companies/C3/why-not").status_code == 401
    assert client.get("/reports/R1/why-not").status_code == 302


def test_companies_are_found_by_a_part_of_their_name_or_their_id(scored: Any, database: Database) -> None:
    scored.company("X1", name='Ängsbo "100%" Vård', description="Company in name only.")
    with database.reading() as connection:
        assert [one["id"] for one in find_companies(connection, "company c", "sv")] == ["C1", "C2", "C3"]
        assert find_companies(connection, "ÄNGSBO", "sv") == [{"id": "X1", "name": 'Ängsbo "100%" Vård'}]
        assert [one["id"] for one in find_companies(connection, "X1", "sv")] == ["X1"]
        assert [one["id"] for one in find_companies(connection, "vard angsbo", "sv")] == ["X1"]
        assert find_companies(connection, "%", "sv") == [{"id": "X1", "name": 'Ängsbo "100%" Vård'}]
        assert find_companies(connection, "nobody", "sv") == find_companies(connection, " ", "sv") == []


def test_companies_that_are_found_stand_in_the_alphabet_of_who_looks(scored: Any, database: Database) -> None:
    for id, name in (("X1", "Zeta Hörsel"), ("X2", "Åkerns hørsel"), ("X3", "Beta Horsel")):
        scored.company(id, name=name, description="Company in name only.")
    with database.reading() as connection:
        orders = [
            [one["id"] for one in find_companies(connection, "hörsel", language)] for language in ("sv", "en")
        ]
    assert orders == [["X3", "X1", "X2"], ["X2", "X3", "X1"]]


def test_the_page_leads_from_the_report_to_the_company_and_its_letter(client: FlaskClient) -> None:
    assert "/reports/R1/why-not" in client.get("/reports/R1", headers=STAFF).text
    assert "in words that you can send to it" in page(client)
    several = page(client, "?name=company")
    assert "Which one?" in several
    assert "company=C3" in several
    one = page(client, "?name=company+c3")
    assert "Text for the company" in one
    assert "Why you were not chosen:" in one
    assert "Därför valdes ni inte:" in one
    assert "Text till företaget" in page(client, "?company=C3&lang=sv")


def test_where_a_company_is_chosen_none_is_looked_for_by_name(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sought: list[str] = []

    def noting(connection: Any, words: str, language: str) -> list[dict[str, str]]:
        sought.append(words)
        return []

    monkeypatch.setattr(why_not_pages, "find_companies", noting)
    shown = page(client, "?name=company&company=C3")
    assert "Text for the company" in shown
    assert "No company is called that." not in shown
    assert sought == []
    assert "No company is called that." in page(client, "?name=company&company=C404")
    assert sought == ["company"]


def test_the_page_says_what_to_do_where_nothing_is_found(client: FlaskClient) -> None:
    assert "No company is called that." in page(client, "?name=nobody")
    assert "There is no company with the id C404." in page(client, "?company=C404")
    assert client.get("/reports/R404/why-not", headers=STAFF).status_code == 404


def test_a_hostile_name_is_shown_as_it_is(client: FlaskClient, scored: Any) -> None:
    scored.company("X1", name="<script>alert(1)</script>")
    shown = page(client, "?name=%3Cscript%3E")
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown
