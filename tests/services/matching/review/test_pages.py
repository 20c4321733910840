from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

import services.matching
from services.matching.reports.domain.report import ExcludedCompany, Exclusion, Part
from services.matching.reports.store.reports import get_report, save_content
from services.matching.reports.worker import Scorer
from services.matching.review.marked_text import marked
from services.matching.review.pages import excluded_once
from services.matching.review.score_bars import bars
from shared.storage.engine import Database
from tests.browser import Browser
from tests.services.matching.matching_world import STAFF, MatchingWorld

PACKAGE = Path(services.matching.__file__).parent
HOSTILE = '<script>alert(1)</script> "quoted" & مستشفى\u202e'


def _get(client: FlaskClient, path: str, **more: Any) -> Any:
    return client.get(path, headers=STAFF, **more)


def _page(browser: Browser, path: str, status: int = 200) -> str:
    browser.open(path, status)
    return browser.page


def test_an_empty_house_says_what_to_do_next(browser: Browser) -> None:
    for path in ("/", "/reports"):
        assert "handslag import companies" in _page(browser, path)


@pytest.mark.parametrize(("language", "names"), [("sv", "Beta Zeta Åkern"), ("en", "Åkern Beta Zeta")])
def test_what_is_excluded_stands_once_a_company_in_the_alphabet_of_the_page(
    app: Flask, scored: MatchingWorld, database: Database, language: str, names: str
) -> None:
    with database.reading() as connection:
        stored = get_report(connection, "R1")
    assert stored is not None
    excluded = tuple(
        Exclusion(ExcludedCompany(name[:2], name), need, "outside_markets", {})
        for need in ("n1", "n2")
        for name in ("Zeta", "Åkern", "Beta")
    )
    with app.test_request_context(f"/?lang={language}"):
        listed = excluded_once(replace(stored.content, excluded=excluded))
    assert " ".join(one.company.name for one in listed) == names


def test_a_visitor_sees_what_this_is_and_no_numbers(client: FlaskClient, scored: MatchingWorld) -> None:
    page = client.get("/").text
    assert "Sign in" in page
    assert "Hospital P1" not in page
    assert client.get("/reports/R1").status_code == 302


def test_the_landing_page_counts_and_names_the_latest_reports(
    browser: Browser, scored: MatchingWorld
) -> None:
    page = _page(browser, "/")
    assert re.search(r"Companies</dt><dd[^>]*>3<", page)
    assert "Hospital P1" in page
    assert "Review match reports" in page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Excluded, and why", "Who answers what", "Approve…"]),
        ("sv", ["Uteslutna, och varför", "Vem svarar på vad", "Godkänn…"]),
    ],
)
def test_a_report_speaks_both_languages(
    browser: Browser, scored: MatchingWorld, scorer: Scorer, language: str, words: list[str]
) -> None:
    scored.company("C1", not_to_meet=["P1"])
    scorer.score_stale()
    page = _page(browser, f"/reports/R1?lang={language}")
    assert f'<html lang="{language}">' in page
    for word in words:
        assert word in unescape(page)


def test_a_report_shows_texts_parts_reasons_and_the_picture(
    client: FlaskClient, browser: Browser, scored: MatchingWorld
) -> None:
    page = _page(browser, "/reports/R1")
    report = _get(client, "/api/v1/reports/R1").json
    text = unescape(re.sub(r"</?mark>", "", page))
    for match in report["matches"]:
        assert match["company"]["text"].split("\n")[0] in text
        for reason in match["reasons"]["en"]:
            assert reason in text
    assert page.count('class="score-bar"') == len(report["matches"])
    assert '<desc id="graph-text">' in page
    assert "<mark>" in page


def test_pages_obey_the_content_security_policy(browser: Browser, scored: MatchingWorld) -> None:
    for path in ("/", "/reports", "/reports/R1"):
        page = _page(browser, path)
        assert not re.search(r"<[^>]* style=|<style|<script(?![^>]* src=)|<[^>]* on\w+=", page)


def test_hostile_texts_are_shown_as_they_are(browser: Browser, scored: MatchingWorld, scorer: Scorer) -> None:
    scored.company("C1", f"Autoclaves for surgical instruments {HOSTILE}", name=HOSTILE)
    scored.partner("P1", name=HOSTILE)
    scored.request("R1", "P1", text=f"Sterile processing of surgical instruments {HOSTILE}")
    scorer.score_stale()
    for path in ("/", "/reports", "/reports/R1"):
        page = _page(browser, path)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_an_approval_is_asked_for_once_more_before_mails_go_out(
    client: FlaskClient, browser: Browser, scored: MatchingWorld
) -> None:
    asked = browser.send("/reports/R1/approve", report_version=1, match_id=["C1.n1"])
    assert asked.status_code == 200
    assert "cannot be called back" in asked.text
    assert _get(client, "/api/v1/introductions").json["total"] == 0
    done = browser.send("/reports/R1/approve", report_version=1, match_id=["C1.n1"], confirmed="yes")
    assert done.status_code == 303
    assert _get(client, "/api/v1/introductions").json["total"] == 1
    assert "Introduced" in _page(browser, "/reports/R1")


def test_a_report_that_changed_is_409_and_explained_in_the_readers_language(
    browser: Browser, scored: MatchingWorld, scorer: Scorer
) -> None:
    scored.company("C2", status="withdrawn")
    scorer.score_stale()
    answer = browser.send(
        "/reports/R1/approve?lang=sv", report_version=1, match_id=["C1.n1"], confirmed="yes"
    )
    assert answer.status_code == 409
    assert "Du såg version 1 av rapporten, nu är det version 2" in unescape(answer.text)
    assert "Rapporten har ändrats" in unescape(answer.text)


def test_a_rejection_keeps_its_reason_and_shows_it(browser: Browser, scored: MatchingWorld) -> None:
    refused = browser.send("/reports/R1/reject", report_version=1, match_id=["C1.n1"], reason=" ")
    assert refused.status_code == 422
    done = browser.send("/reports/R1/reject", report_version=1, match_id=["C1.n1"], reason="No capacity")
    assert done.status_code == 303
    assert "No capacity" in _page(browser, "/reports/R1")


def test_an_introduction_is_cancelled_only_from_the_report_that_it_is_of(
    browser: Browser, scored: MatchingWorld
) -> None:
    browser.send("/reports/R1/approve", report_version=1, match_id=["C1.n1"], confirmed="yes")
    assert browser.send("/reports/R2/introductions/R1.C1/cancel").status_code == 404
    assert "Introduction cancelled" not in _page(browser, "/reports/R1")


def test_an_introduction_is_cancelled_from_the_page(browser: Browser, scored: MatchingWorld) -> None:
    browser.send("/reports/R1/approve", report_version=1, match_id=["C1.n1"], confirmed="yes")
    done = browser.send("/reports/R1/introductions/R1.C1/cancel")
    assert done.status_code == 303
    assert "Introduction cancelled" in _page(browser, "/reports/R1")


@pytest.mark.parametrize("form", [{"report_version": "x", "match_id": "C1.n1"}, {"report_version": 1}])
def test_a_form_that_is_not_filled_in_decides_nothing(
    client: FlaskClient, browser: Browser, scored: MatchingWorld, form: dict[str, Any]
) -> None:
    answer = browser.send("/reports/R1/approve", confirmed="yes", **form)
    assert answer.status_code in (409, 422)
    assert _get(client, "/api/v1/introductions").json["total"] == 0


def test_a_form_without_its_token_is_refused(client: FlaskClient, scored: MatchingWorld) -> None:
    form = {"report_version": 1, "match_id": "C1.n1", "confirmed": "yes"}
    assert client.post("/reports/R1/approve", data=form, headers=STAFF).status_code == 400


def test_a_report_that_is_not_there_is_explained(browser: Browser) -> None:
    assert "no match report for nobody" in _page(browser, "/reports/nobody", 404)


@pytest.mark.parametrize("query", ["?page=99", "?page=x", "?verdict=odd&status=odd"])
def test_an_odd_filter_shows_nothing_and_breaks_nothing(
    browser: Browser, scored: MatchingWorld, query: str
) -> None:
    _page(browser, f"/reports{query}")


@pytest.mark.parametrize(
    "path", ["/reports?partner=%00", "/reports/%00", "/api/v1/reports?partner=a%00", "/api/v1/reports/%00"]
)
def test_a_nul_character_is_refused(client: FlaskClient, path: str) -> None:
    assert _get(client, path).status_code == 400


def test_every_text_has_a_swedish_translation() -> None:
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
    methods = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    used = {found[2] for found in extract_from_dir(PACKAGE, method_map=methods, keywords=keywords)}
    catalogue = read_po(BytesIO((PACKAGE / "translations/sv/LC_MESSAGES/messages.po").read_bytes()))
    translated = {
        message.id for message in catalogue if message.id and message.string and all(message.string)
    }
    assert used - translated == set()


def test_quotes_are_marked_once_and_overlaps_are_joined() -> None:
    assert marked("a <b> c", ["<b>"]) == "a <mark>&lt;b&gt;</mark> c"
    assert (
        marked("sterile processing", ["sterile", "ile pro", "nothing", ""])
        == "<mark>sterile pro</mark>cessing"
    )


def test_bars_stand_end_to_end_and_a_cap_takes_from_the_end() -> None:
    parts = [
        Part("areas", 25, 25, (), {}),
        Part("text", 15.5, 20, (), {}),
        Part("cap", -10, 0, (), {}),
    ]
    assert [(bar.start, bar.width) for bar in bars(parts)] == [(0, 25), (25, 15.5), (30.5, 10)]


@pytest.mark.parametrize(
    ("engine", "sentences", "noted"), [("a+b", 400, True), ("a+b", 4, False), ("a", 400, False)]
)
def test_a_page_says_that_long_needs_are_read_for_their_meaning_in_part(
    tell: MatchingWorld, browser: Browser, database: Database, engine: str, sentences: int, noted: bool
) -> None:
    tell.partner("P1")
    tell.request("R1", "P1", " ".join(f"We need {number}." for number in range(sentences)))
    tell.make_reports()
    with database.writing() as connection:
        report = get_report(connection, "R1")
        assert report is not None
        save_content(connection, 1, replace(report.content, text_engine=engine))
    assert ("The needs are long" in browser.open("/reports/R1")) is noted
