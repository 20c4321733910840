"""Staff see on a report which records strangers made; a report without any says nothing of it."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from services.matching.i18n import translator
from services.matching.reports.store.reports import get_report
from services.matching.review.files import report_as_html, report_as_pdf, report_as_xlsx
from services.matching.review.strangers import ByStrangers, by_strangers
from shared.storage.engine import Database
from tests.browser import Browser
from tests.services.matching.matching_world import STAFF, STERILE, MatchingWorld, capability


def by(maker: str, *parts: str) -> dict[str, Any]:
    said = {"made_by": maker, "made_at": "2026-03-02T08:00:00.000000Z"}
    return {"provenance": {part: {**said, "confirmed_by": "staff"} for part in parts}}


def report(client: FlaskClient) -> Any:
    return client.get("/api/v1/reports/R1", headers=STAFF).json


def test_what_strangers_made_is_marked_on_the_card_and_at_the_head(
    browser: Browser, client: FlaskClient, scored: MatchingWorld
) -> None:
    made = by("anyone", "profile", "contact")
    scored.company("C1", STERILE, focus_areas=[], capabilities=[capability(STERILE, "amr")], **made)
    scored.request("R1", "P1", **by("anyone", "needs.n1"))
    scored.make_reports()
    said = browser.open("/reports/R1")
    assert said.count("From anyone, its contact too; let in by staff") == 1
    assert said.count("From anyone; let in by staff") == 1
    answer = report(client)
    matches = {one["company"]["id"]: one for one in answer["matches"]}
    assert matches["C1"]["from_anyone"] == ["profile", "contact"]
    assert "from_anyone" not in matches["C2"]
    assert answer["from_anyone"] == ["needs.n1"]


def test_what_staff_and_files_made_is_not(
    browser: Browser, client: FlaskClient, scored: MatchingWorld
) -> None:
    scored.company("C1", STERILE, capabilities=[capability(STERILE, "amr")], **by("import", "profile"))
    scored.make_reports()
    assert "From anyone" not in browser.open("/reports/R1")
    assert "from_anyone" not in str(report(client))


BLOCKED: list[tuple[dict[str, Any], tuple[str, ...], dict[str, Any], list[str]]] = [
    ({"not_to_meet": ["P1"]}, ("blocks",), {}, ["blocks"]),
    ({"excluded_markets": ["Norway"]}, ("profile",), {}, ["profile"]),
    ({"excluded_markets": ["Norway"]}, ("profile", "blocks"), {}, ["blocks"]),
    ({"markets": ["Japan"]}, ("profile",), {}, ["profile"]),
    ({}, (), {"not_to_meet": ["C1"]}, ["blocks"]),
    ({}, ("capabilities.c1",), {}, ["profile", "capabilities.c1"]),
]
"""What a company says, by its parts that are made; what the partner says; the parts that an exclusion is marked with.

In the last one the request asks for what the company does not have.
"""


def blocked(world: MatchingWorld, maker: str, case: int) -> None:
    fields, parts, partner, _ = BLOCKED[case]
    offer = {**capability(STERILE, "amr"), "regulatory_status": ["CE"]}
    world.company("C1", STERILE, **{"capabilities": [offer], **fields, **by(maker, *parts)})
    world.partner("P1", **partner, **(by(maker, "blocks") if partner else {}))
    if not fields and not partner:
        asked = {"regulatory_status": ["FDA"], "partnership_kinds": [], "languages": []}
        world.request("R1", "P1", must_haves=asked, **by(maker, "profile"))
    world.make_reports()


@pytest.mark.parametrize("case", range(len(BLOCKED)))
def test_an_exclusion_that_rests_on_a_strangers_word_is_marked(
    browser: Browser, client: FlaskClient, scored: MatchingWorld, case: int
) -> None:
    blocked(scored, "anyone", case)
    (told,) = [one for one in report(client)["excluded"] if one["company"]["id"] == "C1"]
    assert told["from_anyone"] == BLOCKED[case][3]
    assert "From anyone; let in by staff</span> " + told["reason"]["en"] in browser.open("/reports/R1")


def test_the_answer_why_not_marks_it_too_and_the_text_for_the_company_does_not(
    browser: Browser, scored: MatchingWorld
) -> None:
    blocked(scored, "anyone", 0)
    said = browser.open("/reports/R1/why-not?company=C1")
    assert (
        '<li><span class="badge text-bg-warning text-wrap text-start">From anyone; let in by staff</span> '
        in said
    )
    assert said.count("From anyone") == 2, "the company and the reason"
    assert all(
        "From anyone" not in letter for letter in re.findall("<textarea.*?</textarea>", said, re.DOTALL)
    )
    blocked(scored, "staff", 0)
    assert "From anyone" not in browser.open("/reports/R1/why-not?company=C1")


@pytest.mark.parametrize(("maker", "marks"), [("anyone", True), ("staff", False)])
def test_the_api_says_of_why_not_what_came_from_whom(
    client: FlaskClient, scored: MatchingWorld, maker: str, marks: bool
) -> None:
    blocked(scored, maker, 0)
    scored.request("R1", "P1", **by(maker, "needs.n1"))
    told: Any = client.get("/api/v1/reports/R1/companies/C1/why-not", headers=STAFF).json
    (reason,) = [one for need in told["needs"] for one in need["reasons"]]
    found = [one.get("from_anyone") for one in (told, told["company"], reason)]
    assert found == ([["needs.n1"], ["blocks"], ["blocks"]] if marks else [None, None, None])
    assert "from_anyone" not in str(told["letter"])


@pytest.mark.parametrize(("maker", "marks"), [("anyone", True), ("staff", False)])
def test_what_was_lifted_and_what_a_version_changed_are_marked_too(
    browser: Browser, client: FlaskClient, scored: MatchingWorld, maker: str, marks: bool
) -> None:
    blocked(scored, maker, 0)
    lifted = client.put(
        "/api/v1/reports/R1/exclusions/C1/company_declines/lifted",
        json={"reason": "They met."},
        headers=STAFF,
    )
    assert lifted.status_code == 200, lifted.text
    scored.make_reports()
    answer = report(client)
    (row,) = answer["lifted"]
    assert row.get("from_anyone") == (["blocks"] if marks else None)
    listed: Any = client.get("/api/v1/reports/R1/changes", headers=STAFF).json
    change = listed["items"][0]
    assert change == answer["changes"]
    assert change.get("from_anyone") == ({"C1": ["blocks"]} if marks else None)
    said = browser.open("/reports/R1")
    badge = '<span class="badge text-bg-warning text-wrap text-start">From anyone; let in by staff</span> '
    assert (f"<td>{badge}" in said) is marks
    assert (f"<li>{badge}" in said) is marks


@pytest.mark.parametrize("case", range(len(BLOCKED)))
def test_an_exclusion_that_rests_on_the_word_of_staff_is_not(
    browser: Browser, client: FlaskClient, scored: MatchingWorld, case: int
) -> None:
    blocked(scored, "staff", case)
    (told,) = [one for one in report(client)["excluded"] if one["company"]["id"] == "C1"]
    assert "from_anyone" not in told
    assert "From anyone" not in browser.open("/reports/R1")


def test_a_strangers_contact_marks_no_exclusion(client: FlaskClient, scored: MatchingWorld) -> None:
    scored.company("C1", STERILE, not_to_meet=["P1"], **by("anyone", "contact"))
    scored.make_reports()
    assert "from_anyone" not in str(report(client)["excluded"])


@pytest.fixture
def kept(scored: MatchingWorld, database: Database) -> Any:
    """A report on which strangers made a match, an exclusion and the request."""
    scored.company("C1", STERILE, capabilities=[capability(STERILE, "amr")], **by("anyone", "profile"))
    scored.company(
        "C2", STERILE, capabilities=[capability(STERILE, "amr")], not_to_meet=["P1"], **by("anyone", "blocks")
    )
    scored.request("R1", "P1", **by("anyone", "needs.n1"))
    scored.make_reports()
    with database.reading() as connection:
        stored = get_report(connection, "R1")
        assert stored is not None
        return stored.content, by_strangers(connection, stored.content)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_page_that_stands_alone_marks_the_head_the_card_and_the_exclusion(
    kept: Any, app: Flask, language: str
) -> None:
    mark = translator(language)("From anyone; let in by staff")
    assert report_as_html(app, "R1", language).count(mark) == 3


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_workbook_says_beside_each_row_what_came_from_whom(kept: Any, language: str) -> None:
    book = load_workbook(BytesIO(report_as_xlsx(kept[0], language, kept[1])))
    mark = translator(language)("From anyone; let in by staff")
    said = [[row[-1] for row in sheet.iter_rows(min_row=2, values_only=True)] for sheet in book.worksheets]
    assert str(said[0][0]).count(mark) == 2
    assert said[2] == [mark]
    plain = load_workbook(BytesIO(report_as_xlsx(kept[0], language)))
    assert mark not in str(
        [cell.value for sheet in plain.worksheets for row in sheet.iter_rows() for cell in row]
    )


@pytest.mark.parametrize(
    "strangers",
    [
        ByStrangers(asking=["needs.n1"]),
        ByStrangers(companies={"C1": ["contact"]}),
        ByStrangers(exclusions={("C2", "company_declines"): ["blocks"]}),
    ],
)
def test_a_pdf_says_each_of_them(kept: Any, strangers: ByStrangers) -> None:
    assert len(report_as_pdf(kept[0], "en", strangers)) > len(report_as_pdf(kept[0], "en"))


def test_the_question_before_an_approval_marks_both_sides(kept: Any, browser: Browser) -> None:
    browser.open("/reports/R1")
    said = browser.send("/reports/R1/approve", report_version="1", match_id="C1.n1").text
    assert said.count("From anyone; let in by staff") == 2
