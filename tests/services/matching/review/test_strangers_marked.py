"""Staff see on a report which records strangers made; a report without any says nothing of it."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

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
