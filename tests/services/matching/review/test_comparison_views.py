from __future__ import annotations

from dataclasses import replace
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from services.matching import tables
from services.matching.events import HANDLERS
from services.matching.introductions.actions import approve, cancel, reject
from services.matching.reports.store import reports
from services.matching.reports.store.change_log import KEPT, list_change_log
from services.matching.reports.worker import Scorer
from services.matching.upkeep.erase import Eraser
from services.matching.upkeep.rebuild import rebuild
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.storage.engine import Database
from tests.services.matching.matching_world import STAFF, STERILE


def _changes(client: FlaskClient) -> list[dict[str, Any]]:
    answer: Any = client.get("/api/v1/reports/R1/changes", headers=STAFF)
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def _page(client: FlaskClient, language: str = "en") -> str:
    return unescape(client.get(f"/reports/R1?lang={language}", headers=STAFF).text)


def test_a_first_report_has_no_changes(client: FlaskClient, scored: Any) -> None:
    assert _changes(client) == []
    assert "What changed since" not in _page(client)
    assert client.get("/api/v1/reports/nobody/changes", headers=STAFF).status_code == 404
    assert client.get("/api/v1/reports/R1/changes").status_code == 401


def test_a_new_version_says_what_changed_and_why(client: FlaskClient, scored: Any, scorer: Scorer) -> None:
    scored.company("C2", status="withdrawn")
    scorer.score_stale()
    (change,) = _changes(client)
    assert (change["version"], change["from_version"]) == (2, 1)
    assert [one["company_id"] for one in change["left"]] == ["C2"]
    assert change["companies"]["C2"] == "Company C2"
    page = _page(client)
    assert "What changed since version 1" in page
    assert "Company C2 is no match any more" in page
    assert "Vad som ändrats sedan version 1" in _page(client, "sv")


def test_a_report_that_says_the_same_again_adds_no_change(
    client: FlaskClient, scored: Any, scorer: Scorer
) -> None:
    scored.company("C8", "Violin lessons for beginners.", kind="")
    scorer.score_stale()
    assert _changes(client) == []


def test_what_an_erasure_changed_is_told_without_a_name(
    client: FlaskClient, scored: Any, scorer: Scorer, database: Database, clock: SettableClock
) -> None:
    scored.request("R1", "P1", status="closed")
    scored.erase("companies", "C1")
    eraser = Eraser(database, clock)
    while eraser.step():
        pass
    (change,) = _changes(client)
    assert change["causes"] == [{"code": "erased", "company_id": "C1"}]
    assert change["companies"] == {"C1": ""}
    page = _page(client)
    assert "a company was erased" in page
    assert "The matches, their order and scores are as they were" in page
    with database.reading() as connection:
        assert "Company" not in str(connection.execute(sa.select(tables.report_changes)).all())


def test_the_changes_of_an_erased_request_go_with_its_report(
    scored: Any, scorer: Scorer, database: Database
) -> None:
    scored.company("C2", status="withdrawn")
    scorer.score_stale()
    scored.erase("requests", "R1")
    with database.reading() as connection:
        assert connection.execute(sa.select(tables.report_changes)).all() == []


def test_a_rebuild_that_says_something_else_says_that_what_was_before_is_not_known(
    client: FlaskClient, scored: Any, scorer: Scorer, database: Database
) -> None:
    rebuild(database, tuple(HANDLERS))
    scored.company("C1", STERILE)
    scored.partner("P1")
    scored.request("R1", "P1")
    scorer.score_stale()
    (change,) = _changes(client)
    assert [one["code"] for one in change["causes"]] == ["rebuilt"]
    page = _page(client)
    assert "what it said before is not known" in page
    assert "The matches, their order and scores are as they were" not in page


def test_only_the_newest_changes_are_kept(scored: Any, database: Database) -> None:
    with database.writing() as connection:
        stored = reports.get_report(connection, "R1")
        assert stored is not None
        for number in range(KEPT + 5):
            content = replace(stored.content, policy_version=number + 10)
            reports.save_report(connection, content, "2026-03-02T08:00:00.000000Z")
        kept = list_change_log(connection, "R1", 1000)
    assert [one.version for one in kept] == list(range(KEPT + 6, 6, -1))


def test_staff_see_where_they_and_the_policy_disagree(
    client: FlaskClient, scored: Any, scorer: Scorer, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    assert "you and the policy disagree" not in _page(client)
    with database.writing() as connection:
        reject(connection, "R1", 1, ["C2.n1"], "Too small", clock)
        approve(connection, "R1", 1, ["C1.n1"], "Seen at a fair", clock, ids)
    scored.company("C1", "Violin lessons for beginners.", kind="")
    scorer.score_stale()
    answer: Any = client.get("/api/v1/reports/R1", headers=STAFF)
    found = answer.json["disagreements"]
    (rejected,), (approved,) = found["rejected_at_top"], found["approved_not_named"]
    assert (rejected["company"]["id"], rejected["place"], rejected["reason"]) == ("C2", 1, "Too small")
    assert (approved["company"]["id"], approved["need_id"]) == ("C1", "n1")
    page = _page(client)
    assert "Company C2 was rejected and stands on place 1." in page
    assert "Company C1 was approved; the policy would not name it now." in page


@pytest.mark.parametrize(
    "what",
    ["erased", "withdrawn", "the need is gone", "a known conflict", "cancelled"],
)
def test_an_approved_match_that_something_else_keeps_out_is_no_disagreement(
    what: str,
    client: FlaskClient,
    scored: Any,
    scorer: Scorer,
    database: Database,
    clock: SettableClock,
    ids: IdSource,
) -> None:
    with database.writing() as connection:
        (made,) = approve(connection, "R1", 1, ["C1.n1"], "Seen at a fair", clock, ids).introductions
    if what == "erased":
        scored.delivery("d1", "R1", made["id"], "sent", side="partner")
        scored.erase("companies", "C1")
        eraser = Eraser(database, clock)
        while eraser.step():
            pass
    elif what == "withdrawn":
        scored.company("C1", status="withdrawn")
    elif what == "the need is gone":
        need = {"id": "n2", "title": "", "text": "Autoclaves for surgical instruments.", "focus_areas": []}
        scored.request("R1", "P1", needs=[need])
    elif what == "a known conflict":
        scored.company("C1", STERILE, markets=["Germany"])
    else:
        with database.writing() as connection:
            cancel(connection, made["id"], clock)
        scored.company("C1", "Violin lessons for beginners.", kind="")
    scorer.score_stale()
    answer: Any = client.get("/api/v1/reports/R1", headers=STAFF)
    assert "C1.n1" not in [match["id"] for match in answer.json["matches"]]
    assert answer.json["disagreements"]["approved_not_named"] == []
