"""What no company covers, over the API, as CSV, and on its page."""

from __future__ import annotations

import csv
import io
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.matching.reports.worker import Scorer
from tests.services.matching.matching_world import STAFF, MatchingWorld

API = "/api/v1/plans/gaps"
PAGE = "/plans/gaps"


@pytest.fixture
def uncovered(scored: MatchingWorld, scorer: Scorer) -> MatchingWorld:
    """Beside the covered R1, a request for radiotherapy (`=1+1`) that nobody covers, and a closed one."""
    scored.partner("P2", name="Oslo <b>")
    need = {"id": "n1", "title": "=1+1", "text": "Radiotherapy for cancer.", "focus_areas": ["cancer"]}
    scored.request("R2", "P2", needs=[need])
    scored.request("R3", "P2", needs=[need], status="closed")
    scorer.score_stale()
    return scored


def _get(client: FlaskClient, path: str) -> Any:
    return client.get(path, headers=STAFF)


def test_only_staff_see_them(client: FlaskClient) -> None:
    assert client.get(API).status_code == client.get(f"{API}.csv").status_code == 401
    assert client.get(PAGE).status_code == 302


def test_open_requests_are_looked_at_and_the_needs_nobody_covers_are_grouped(
    client: FlaskClient, uncovered: Any
) -> None:
    found = _get(client, API).json
    assert (found["needs"], found["uncovered"]) == (2, 1)
    assert [(one["request_id"], one["need_id"]) for one in found["gaps"]] == [("R2", "n1")]
    (area,) = found["by_area"]
    assert (area["code"], area["uncovered"], area["asked"], area["partners"]) == ("cancer", 1, 1, 1)
    assert area["names"]["sv"]
    assert any("adiotherapy" in one["names"].get("en", "") for one in found["by_concept"])


def test_the_file_has_a_row_a_need_and_no_formula(client: FlaskClient, uncovered: Any) -> None:
    answer = _get(client, f"{API}.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert (row["request_id"], row["partner_name"], row["areas"]) == ("R2", "Oslo <b>", "cancer")
    assert row["title"] == "'=1+1"


def test_the_file_opens_where_semicolons_separate_and_no_list_becomes_more_cells(
    client: FlaskClient, uncovered: Any
) -> None:
    for answer in (
        client.get(f"{API}.csv", headers={**STAFF, "Accept-Language": "sv"}),
        _get(client, f"{API}.csv?lang=sv"),
    ):
        assert answer.data.startswith(b"\xef\xbb\xbf")
        (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
        assert (row["request_id"], row["title"], row["areas"]) == ("R2", "'=1+1", "cancer")
        assert None not in row


def test_the_page_shows_groups_and_needs(client: FlaskClient, uncovered: Any) -> None:
    page = _get(client, PAGE).text
    assert "1 of 2 needs are covered by nobody." in page
    assert "Oslo &lt;b&gt;" in page
    assert "Luckor" in unescape(_get(client, f"{PAGE}?lang=sv").text)
    assert PAGE in _get(client, "/plans").text


def test_a_page_that_leaves_groups_out_says_so(
    client: FlaskClient, uncovered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "are shown" not in _get(client, PAGE).text
    monkeypatch.setattr("services.matching.planning.pages.MOST_SHOWN", 0)
    assert "The first 0 of 1 are shown" in _get(client, PAGE).text
    assert "De första 0 av 1 visas" in _get(client, f"{PAGE}?lang=sv").text


def test_an_empty_house_says_so_and_its_file_has_a_head_only(client: FlaskClient) -> None:
    assert "nothing to compare with" in _get(client, PAGE).text
    assert _get(client, f"{API}.csv").data.decode("utf-8-sig").count("\n") == 1


def test_where_all_is_covered_the_page_says_so(client: FlaskClient, scored: MatchingWorld) -> None:
    assert "Every need of the open requests is covered" in _get(client, PAGE).text
