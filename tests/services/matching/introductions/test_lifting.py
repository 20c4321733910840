"""Staff lift a known conflict of one company for one request, and take it back; the report follows."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from services.matching.introductions.actions import approve
from services.matching.introductions.lifting import lift, take_back
from services.matching.refusals import RefusedError
from services.matching.reports.store.lifted import list_lifted
from services.matching.reports.worker import Scorer
from services.matching.review.views import report_view
from services.matching.upkeep.erase import Eraser
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.storage.engine import Database
from tests.browser import Browser
from tests.services.matching.matching_world import STAFF

CODE = "outside_markets"
PATH = f"/api/v1/reports/R1/exclusions/C9/{CODE}/lifted"
WHY = "They opened an office in Oslo this spring."


@pytest.fixture
def excluded(scored: Any, scorer: Scorer) -> Any:
    """Beside the two matches of request R1 a company C9 that would match, but works in Germany only."""
    scored.company("C9", "Autoclaves for sterile processing of surgical instruments.", markets=["Germany"])
    assert scorer.score_stale() == 1
    return scored


def call(client: FlaskClient, method: str, path: str, **more: Any) -> Any:
    return client.open(path, method=method, headers=STAFF, **more)


def view(database: Database) -> dict[str, Any]:
    with database.reading() as connection:
        found = report_view(connection, "R1")
    assert found is not None
    return found.to_json()


def lift_it(
    database: Database, clock: SettableClock, reason: str = WHY, company: str = "C9", code: str = CODE
) -> None:
    with database.writing() as connection:
        lift(connection, "R1", company, code, reason, clock)


def names(report: dict[str, Any], part: str) -> set[str]:
    return {one["company"]["id"] for one in report[part]}


def test_a_lifted_company_comes_among_the_matches_marked_and_what_was_lifted_stays_visible(
    excluded: Any, database: Database, clock: SettableClock, scorer: Scorer
) -> None:
    assert names(view(database), "excluded") == {"C9"}
    lift_it(database, clock)
    assert scorer.score_stale() == 1
    report = view(database)
    assert names(report, "excluded") == set()
    (match,) = [one for one in report["matches"] if one["company"]["id"] == "C9"]
    assert [flag["code"] for flag in match["flags"]] == [f"lifted_{CODE}"]
    (lifted,) = report["lifted"]
    assert lifted["company"] == {"id": "C9", "name": "Company C9"}
    assert (lifted["code"], lifted["reason"]) == (CODE, WHY)


def test_taken_back_the_exclusion_holds_again(
    excluded: Any, database: Database, clock: SettableClock, scorer: Scorer
) -> None:
    before = view(database)
    lift_it(database, clock)
    scorer.score_stale()
    with database.writing() as connection:
        assert take_back(connection, "R1", "C9", CODE, clock)
    assert scorer.score_stale() == 1
    after = view(database)
    for part in ("needs", "matches", "excluded", "lifted", "verdict_text"):
        assert after[part] == before[part]


def test_only_the_report_of_that_request_is_made_again(
    excluded: Any, database: Database, clock: SettableClock, scorer: Scorer
) -> None:
    excluded.request("R2", "P1")
    scorer.score_stale()
    lift_it(database, clock)
    assert scorer.score_stale() == 1
    with database.reading() as connection:
        other = report_view(connection, "R2")
    assert other is not None
    assert names(other.to_json(), "excluded") == {"C9"}
    assert other.lifted == []


def test_the_same_again_changes_nothing_and_another_reason_is_kept_without_a_new_report(
    excluded: Any, database: Database, clock: SettableClock, scorer: Scorer
) -> None:
    lift_it(database, clock)
    scorer.score_stale()
    lift_it(database, clock)
    lift_it(database, clock, "A better reason.")
    assert scorer.score_stale() == 0
    with database.reading() as connection:
        assert [one.reason for one in list_lifted(connection, "R1")] == ["A better reason."]


@pytest.mark.parametrize(
    ("kind", "about", "asked"),
    [
        ("invalid", ("reason",), {"reason": "  "}),
        ("invalid", ("reason",), {"reason": "x" * 2001}),
        ("invalid", ("code",), {"code": "withdrawn"}),
        ("invalid", ("code",), {"code": "unheard_of"}),
        ("conflict", (), {"code": "excluded_market"}),
        ("conflict", (), {"company": "C1"}),
        ("unknown", (), {"company": "C404"}),
    ],
)
def test_what_cannot_be_lifted_is_refused_with_the_reason(
    excluded: Any,
    database: Database,
    clock: SettableClock,
    scorer: Scorer,
    kind: str,
    about: tuple[str, ...],
    asked: dict[str, str],
) -> None:
    with pytest.raises(RefusedError) as refused:
        lift_it(database, clock, **asked)
    assert (refused.value.kind, refused.value.about) == (kind, about)
    assert view(database)["lifted"] == []
    assert scorer.score_stale() == 0


def test_a_closed_request_keeps_its_report_as_it_was(
    excluded: Any, database: Database, clock: SettableClock
) -> None:
    excluded.request("R1", "P1", status="closed")
    with pytest.raises(RefusedError) as refused:
        lift_it(database, clock)
    assert refused.value.kind == "conflict"
    assert view(database)["lifted"] == []


def test_the_exclusion_of_an_introduced_company_stays_lifted_until_that_is_cancelled(
    excluded: Any, database: Database, clock: SettableClock, scorer: Scorer, ids: IdSource
) -> None:
    lift_it(database, clock)
    scorer.score_stale()
    version = view(database)["version"]
    with database.writing() as connection:
        approve(connection, "R1", version, ["C9.n1"], "", clock, ids)
    with pytest.raises(RefusedError) as refused, database.writing() as connection:
        take_back(connection, "R1", "C9", CODE, clock)
    assert refused.value.kind == "conflict"
    assert len(view(database)["lifted"]) == 1


def test_nothing_that_staff_wrote_stays_when_the_company_is_erased(
    excluded: Any, database: Database, clock: SettableClock
) -> None:
    lift_it(database, clock)
    excluded.erase("companies", "C9")
    eraser = Eraser(database, clock)
    while eraser.step():
        pass
    with database.reading() as connection:
        assert list_lifted(connection, "R1") == []


def test_the_api_lifts_and_takes_back_and_both_may_be_sent_twice(
    excluded: Any, client: FlaskClient, scorer: Scorer
) -> None:
    for _ in range(2):
        answer = call(client, "PUT", PATH, json={"reason": WHY})
        assert answer.status_code == 200
        assert (answer.json["company_id"], answer.json["code"], answer.json["reason"]) == ("C9", CODE, WHY)
    assert scorer.score_stale() == 1
    assert names(call(client, "GET", "/api/v1/reports/R1").json, "lifted") == {"C9"}
    for _ in range(2):
        assert client.delete(PATH, headers=STAFF).status_code == 204
    assert call(client, "GET", "/api/v1/reports/R1").json["lifted"] == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (PATH, {"reason": ""}, 422),
        (PATH, {"reason": "  "}, 422),
        (PATH, {}, 422),
        (PATH.replace("C9", "C404"), {"reason": WHY}, 404),
        (PATH.replace("R1", "R404"), {"reason": WHY}, 404),
        (PATH.replace("C9", "C1"), {"reason": WHY}, 409),
        (PATH.replace(CODE, "withdrawn"), {"reason": WHY}, 422),
    ],
)
def test_the_api_says_what_is_wrong(
    excluded: Any, client: FlaskClient, path: str, body: dict[str, str], status: int
) -> None:
    answer = call(client, "PUT", path, json=body)
    assert answer.status_code == status
    assert answer.json["detail"]
    if status == 422:
        assert answer.json["errors"][0]["field"] in ("reason", "code")


def test_only_staff_may_lift(excluded: Any, client: FlaskClient) -> None:
    assert client.put(PATH, json={"reason": WHY}).status_code == 401
    assert client.delete(PATH).status_code == 401


def page(browser: Browser, language: str = "en") -> str:
    browser.open(f"/reports/R1?lang={language}")
    return browser.page


def test_the_page_lifts_with_a_reason_and_undoes_it(excluded: Any, browser: Browser, scorer: Scorer) -> None:
    assert "Lift for Company C9" in page(browser)
    assert "Häv för Company C9" in page(browser, "sv")
    assert (
        browser.send("/reports/R1/exclusions/lift", company_id="C9", code=CODE, reason=WHY).status_code == 303
    )
    scorer.score_stale()
    shown = page(browser)
    assert WHY in shown
    assert "Exclude Company C9 again" in shown
    assert "Excluded, lifted by staff" in shown
    assert browser.send("/reports/R1/exclusions/take-back", company_id="C9", code=CODE).status_code == 303
    shown = page(browser)
    assert "The exclusion holds again" in shown
    assert WHY not in shown
    assert browser.send("/reports/R1/exclusions/take-back", company_id="C9", code=CODE).status_code == 303
    shown = page(browser)
    assert "The exclusion was not lifted (any more); nothing has changed." in shown
    assert "The exclusion holds again" not in shown


def test_the_page_refuses_a_lifting_without_a_reason_and_says_so(
    excluded: Any, client: FlaskClient, browser: Browser
) -> None:
    answer = browser.send("/reports/R1/exclusions/lift", company_id="C9", code=CODE, reason=" ")
    assert answer.status_code == 422
    assert "Write why the exclusion is lifted" in answer.text
    token_less = client.post(
        "/reports/R1/exclusions/lift", data={"company_id": "C9", "code": CODE, "reason": WHY}, headers=STAFF
    )
    assert token_less.status_code == 400


def test_a_need_that_nobody_covers_says_what_to_do_next(
    excluded: Any, browser: Browser, scorer: Scorer
) -> None:
    for company in ("C1", "C2"):
        excluded.company(company, "Violins.", status="withdrawn")
    scorer.score_stale()
    assert "A known conflict keeps somebody out who would be" in page(browser)
    excluded.company("C9", "Violins.")
    scorer.score_stale()
    assert "Ask the partner to describe it more closely" in page(browser)


def test_a_report_of_a_closed_request_offers_no_lifting(excluded: Any, browser: Browser) -> None:
    excluded.request("R1", "P1", status="closed")
    shown = page(browser)
    assert "Company C9" in shown
    assert "Lift for Company C9" not in shown
