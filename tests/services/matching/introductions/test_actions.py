from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions import store as decisions
from services.matching.introductions.actions import Decided, approve, cancel, reject
from services.matching.refusals import RefusedError
from services.matching.reports.store import due, reports
from services.matching.reports.worker import Scorer
from services.matching.review.views import report_view
from shared.clock import SettableClock
from shared.events.states import Introduction
from shared.ids import IdSource
from shared.messaging.outbox import waiting_rows
from shared.storage.engine import Database
from tests.services.matching.matching_world import STERILE, MatchingWorld, capability

LOOKED_FOR = ("C1.n1", "C2.n1")


def _matches(database: Database) -> list[str]:
    with database.reading() as connection:
        report = reports.get_report(connection, "R1")
    assert report is not None
    return [match.id for match in report.content.matches]


def _approve(
    database: Database,
    clock: SettableClock,
    ids: IdSource,
    *matches: str,
    version: int = 1,
    request_id: str = "R1",
) -> Decided:
    with database.writing() as connection:
        return approve(connection, request_id, version, matches, "A note", clock, ids)


def _events(connection: Connection) -> list[dict[str, Any]]:
    return [dict(row.event().state or {}) for row in waiting_rows(connection, tables.messaging, 100)]


@pytest.fixture(autouse=True)
def _report_with_two_matches(scored: Any, database: Database) -> None:
    assert set(LOOKED_FOR) <= set(_matches(database))


def test_an_approval_makes_an_introduction_and_an_event_per_company(
    database: Database, clock: SettableClock, ids: IdSource
) -> None:
    done = _approve(database, clock, ids, *LOOKED_FOR)
    assert {one["id"] for one in done.introductions} == {"R1.C1", "R1.C2"}
    with database.reading() as connection:
        events = _events(connection)
        reviews = decisions.list_reviews_of(connection, "R1")
    assert [Introduction().load(event) for event in events] == [
        Introduction().load(dict(one)) for one in done.introductions
    ]
    assert {event["approval"]["id"] for event in events} == {done.approval_id}
    assert {event["approval"]["size"] for event in events} == {2}
    assert {(one.match_id, one.decision, one.report_version) for one in reviews} == {
        (match_id, "approved", 1) for match_id in LOOKED_FOR
    }


def test_an_introduction_holds_nothing_personal_no_score_and_no_rank(
    database: Database, clock: SettableClock, ids: IdSource
) -> None:
    done = _approve(database, clock, ids, *LOOKED_FOR)
    with database.reading() as connection:
        report = reports.get_report(connection, "R1")
        text = json.dumps(_events(connection))
    assert report is not None
    assert "canary" not in text.lower()
    for match in report.content.matches:
        assert f"{match.score}" not in text
    for one in done.introductions:
        assert not {"score", "rank", "parts", "contact"} & (
            set(one) | set(one["company"]) | set(one["partner"])
        )
        assert one["reasons"]["sv"]
        assert one["reasons"]["en"]


def test_an_approval_of_another_version_is_refused_and_names_both(
    database: Database, clock: SettableClock, ids: IdSource
) -> None:
    with pytest.raises(RefusedError, match=r"version 7.*version 1") as refused:
        _approve(database, clock, ids, "C1.n1", version=7)
    assert refused.value.kind == "stale"
    assert refused.value.current_version == 1
    with database.reading() as connection:
        assert _events(connection) == []
        assert decisions.list_reviews_of(connection, "R1") == []


def test_an_approval_is_refused_when_a_profile_behind_it_has_changed(
    scored: Any, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    scored.company("C1", "Something else now")
    with pytest.raises(RefusedError, match="Company C1") as refused:
        _approve(database, clock, ids, "C1.n1")
    assert refused.value.kind == "stale"
    _approve(database, clock, ids, "C2.n1")


@pytest.mark.parametrize("change", ["partner", "request"])
def test_an_approval_is_refused_when_the_other_side_has_changed(
    scored: Any, database: Database, clock: SettableClock, ids: IdSource, change: str
) -> None:
    if change == "partner":
        scored.partner("P1", status="withdrawn")
    else:
        scored.request("R1", "P1", text="Something else")
    with pytest.raises(RefusedError) as refused:
        _approve(database, clock, ids, "C1.n1")
    assert refused.value.kind == "stale"


def test_a_closed_request_takes_no_approval(
    scored: Any, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    scored.request("R1", "P1", status="closed")
    with pytest.raises(RefusedError, match="closed"):
        _approve(database, clock, ids, "C1.n1")


def test_an_unknown_match_is_named_and_nothing_is_kept(
    database: Database, clock: SettableClock, ids: IdSource
) -> None:
    with pytest.raises(RefusedError) as refused:
        _approve(database, clock, ids, "C1.n1", "C99.n1")
    assert (refused.value.kind, refused.value.about) == ("unknown_match", ("C99.n1",))
    with database.reading() as connection:
        assert _events(connection) == []


def test_what_is_introduced_already_is_a_conflict(
    database: Database, clock: SettableClock, ids: IdSource
) -> None:
    _approve(database, clock, ids, "C1.n1")
    with pytest.raises(RefusedError, match="Company C1") as refused:
        _approve(database, clock, ids, *LOOKED_FOR)
    assert (refused.value.kind, refused.value.about) == ("conflict", ("C1.n1",))


def test_an_introduction_is_kept_when_its_company_is_withdrawn(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    _approve(database, clock, ids, "C1.n1")
    scored.company("C1", status="withdrawn")
    scorer.score_stale()
    with database.reading() as connection:
        kept = decisions.get_introduction(connection, "R1.C1")
    assert kept is not None
    assert kept.status == "approved"


def test_an_approval_leaves_its_own_report_as_it_is_and_marks_the_partners_others(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    scored.request("R2", "P1")
    scorer.score_stale()
    _approve(database, clock, ids, "C1.n1")
    with database.reading() as connection:
        assert due.count_due(connection) == 1
    scorer.score_stale()
    with database.reading() as connection:
        mine, other = reports.get_report(connection, "R1"), reports.get_report(connection, "R2")
    assert mine is not None
    assert other is not None
    assert mine.version == 1
    met = next(match for match in other.content.matches if match.company.id == "C1")
    assert met.flags


def test_a_cancelled_introduction_can_be_approved_again(
    database: Database, clock: SettableClock, ids: IdSource
) -> None:
    _approve(database, clock, ids, "C1.n1")
    with database.writing() as connection:
        assert cancel(connection, "R1.C1", clock)["status"] == "cancelled"
        assert cancel(connection, "R1.C1", clock)["version"] == 2
    again = _approve(database, clock, ids, "C1.n1")
    assert again.introductions[0]["version"] == 3
    with database.reading() as connection:
        assert [event["status"] for event in _events(connection)] == ["approved", "cancelled", "approved"]


def test_what_newer_code_keeps_in_an_introduction_survives_its_cancelling(
    database: Database, clock: SettableClock, ids: IdSource
) -> None:
    _approve(database, clock, ids, "C1.n1")
    with database.writing() as connection:
        stored = decisions.get_introduction(connection, "R1.C1")
        assert stored is not None
        newer = json.dumps({**stored.state, "came_later": {"deep": [1]}})
        connection.execute(sa.update(tables.introductions).values(state=newer))
        assert cancel(connection, "R1.C1", clock)["came_later"] == {"deep": [1]}
        assert _events(connection)[-1]["came_later"] == {"deep": [1]}


def test_an_introduction_cannot_be_cancelled_once_a_mail_of_it_was_sent(
    scored: Any, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    _approve(database, clock, ids, "C1.n1")
    scored.delivery("D1", "R1", "R1.C1", "queued")
    scored.delivery("D1", "R1", "R1.C1", "sent")
    with database.writing() as connection, pytest.raises(RefusedError, match="cannot be called back"):
        cancel(connection, "R1.C1", clock)


def test_a_rejection_needs_a_reason_and_keeps_it(database: Database, clock: SettableClock) -> None:
    with database.writing() as connection, pytest.raises(RefusedError, match="needs a reason"):
        reject(connection, "R1", 1, ["C1.n1"], "  ", clock)
    with database.writing() as connection:
        reject(connection, "R1", 1, ["C1.n1"], "No capacity this year", clock)
    with database.reading() as connection:
        view = report_view(connection, "R1")
    assert view is not None
    review = view.beside["C1.n1"].review
    assert review is not None
    assert (review["decision"], review["reason"]) == ("rejected", "No capacity this year")


def test_what_is_introduced_cannot_be_rejected(
    database: Database, clock: SettableClock, ids: IdSource
) -> None:
    _approve(database, clock, ids, "C1.n1")
    with database.writing() as connection, pytest.raises(RefusedError, match="Cancel the introduction first"):
        reject(connection, "R1", 1, ["C1.n1"], "Changed my mind", clock)


def test_deliveries_stand_beside_their_match(
    scored: Any, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    _approve(database, clock, ids, "C1.n1")
    scored.delivery("D1", "R1", "R1.C1", "sent", side="partner")
    with database.reading() as connection:
        view = report_view(connection, "R1")
    assert view is not None
    mails = view.beside["C1.n1"].deliveries
    assert [(mail["side"], mail["status"]) for mail in mails] == [("partner", "sent")]
    assert view.beside["C2.n1"].deliveries == []


@pytest.mark.parametrize("named", ["P2", "p2", "Canary Sales", "CANARY sales"])
def test_an_approval_tells_of_an_open_tender_and_of_who_alone_sells_there_but_names_no_partner(
    scored: MatchingWorld, database: Database, clock: SettableClock, ids: IdSource, named: str
) -> None:
    scored.partner("P2", name="Canary Sales")
    ways = {"Norway": "Medisinsk Salg AS", "NO": named, "Scandinavia": "P1", "Denmark": "Dansk Salg"}
    offered = [capability(STERILE, "amr")]
    scored.company("C1", STERILE, focus_areas=[], capabilities=offered, exclusive_distributors=ways)
    scored.request("R2", "P1", procurement_stage="Tender open")
    scored.make_reports()
    (made,) = _approve(database, clock, ids, "C1.n1", request_id="R2").introductions
    assert made["approval"]["procurement_stage"] == "tender_open"
    assert sorted(made["company"]["distributors"]) == ["", "Medisinsk Salg AS"]
    assert "canary sales" not in json.dumps(made).casefold()
