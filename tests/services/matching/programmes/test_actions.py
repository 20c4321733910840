"""A visit's programme from its introductions: kept by version, mended, told when it no longer fits, cleaned."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions.actions import approve
from services.matching.introductions.domain.introductions import introduction_id
from services.matching.programmes import store as programmes
from services.matching.programmes.actions import accept, make, pin, preview
from services.matching.programmes.domain.mend import Cancellation, Mended, mend
from services.matching.programmes.domain.planned import planned_from
from services.matching.programmes.domain.settings import Settings
from services.matching.programmes.store import StoredProgramme
from services.matching.programmes.views import mend_view, programme_view
from services.matching.refusals import Refusal, RefusedError
from services.matching.reports.store import reports
from services.matching.upkeep.erase import Eraser
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.storage.engine import Database

VISIT = {
    "title": "Hospital P1 comes",
    "direction": "incoming",
    "partner_id": "P1",
    "starts_on": "2026-05-04",
    "ends_on": "2026-05-05",
    "places": ["Stockholm", "Uppsala"],
    "delegates": [{"role": "head of surgery", "needs": []}, {"role": "engineer", "needs": []}],
}


def tell_visit(tell: Any, **more: Any) -> None:
    tell.hear("visits", tell.event("visits", "V1", "planned", {**VISIT, **more}))


@pytest.fixture
def visited(scored: Any, scorer: Any, database: Database, clock: SettableClock, ids: IdSource) -> Any:
    """Request R1 belongs to visit V1, and C1 and C2 are introduced for it."""
    tell_visit(scored)
    scored.request("R1", "P1", visit_id="V1")
    scorer.score_stale()
    with database.writing() as connection:
        report = reports.get_report(connection, "R1")
        assert report is not None
        approve(connection, "R1", report.version, ["C1.n1", "C2.n1"], "", clock, ids)
    return scored


def view(database: Database, stored: StoredProgramme) -> dict[str, Any]:
    with database.reading() as connection:
        return programme_view(connection, stored)


def read(database: Database) -> StoredProgramme:
    with database.reading() as connection:
        stored = programmes.get_programme(connection, "V1")
    assert stored is not None
    return stored


def test_introduced_suppliers_meet_the_delegation_one_to_one(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    shown = view(database, make(database, "V1", Settings(), None, clock))
    assert shown["best_possible"]
    assert shown["changed"] == shown["unplaced"] == []
    sessions = [one for day in shown["days"] for one in day["entries"] if one["what"] == "session"]
    assert [(one["start"], one["place"], one["kind"]) for one in sessions] == [
        ("09:00", "Stockholm", "one_to_one"),
        ("09:30", "Stockholm", "one_to_one"),
    ]
    assert sorted(one["companies"][0]["name"] for one in sessions) == ["Company C1", "Company C2"]
    assert [day["place"] for day in shown["days"]] == ["Stockholm", "Uppsala"]


def test_a_request_of_another_partner_is_named_and_not_planned(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    visited.partner("P2")
    visited.request("R2", "P2", visit_id="V1")
    with pytest.raises(RefusedError, match="R2") as refused:
        make(database, "V1", Settings(), None, clock)
    assert refused.value.kind is Refusal.CONFLICT
    visited.request("R2", "P2")
    assert make(database, "V1", Settings(), None, clock).version == 1


def test_a_visit_of_nobody_takes_the_requests_of_all(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    visited.partner("P2")
    visited.request("R2", "P2", visit_id="V1")
    tell_visit(visited, partner_id=None)
    assert make(database, "V1", Settings(), None, clock).version == 1


def test_the_same_material_gives_the_same_bytes(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    def content() -> str:
        with database.reading() as connection:
            return str(connection.execute(sa.select(tables.programmes.c.content)).scalar_one())

    make(database, "V1", Settings(), None, clock)
    first = content()
    make(database, "V1", Settings(), 1, clock)
    assert content() == first
    assert json.loads(first) == json.loads(json.dumps(planned_from(json.loads(first)).to_json()))


def test_no_words_of_an_organisation_are_kept(visited: Any, database: Database, clock: SettableClock) -> None:
    make(database, "V1", Settings(), None, clock)
    with database.reading() as connection:
        content = str(connection.execute(sa.select(tables.programmes.c.content)).scalar_one())
    for word in ("Company", "Hospital", "Stockholm", "surg", "head of"):
        assert word not in content


def test_an_open_tender_has_no_one_to_ones(
    visited: Any, scorer: Any, database: Database, clock: SettableClock
) -> None:
    visited.request("R1", "P1", visit_id="V1", procurement_stage="tender_open")
    scorer.score_stale()
    shown = view(database, make(database, "V1", Settings(), None, clock))
    assert {one["id"]: one["code"] for one in shown["unplaced"]} == {
        "R1.C1": "tender_open", "R1.C2": "tender_open",
    }  # fmt: skip
    assert shown["unplaced"][0]["reason"]["sv"].startswith("Upphandlingen pågår")


def test_two_sides_without_a_common_language_need_an_interpreter(
    visited: Any, scorer: Any, database: Database, clock: SettableClock
) -> None:
    visited.partner("P1", language="es")
    scorer.score_stale()
    shown = view(database, make(database, "V1", Settings(interpreters=0), None, clock))
    assert {one["code"] for one in shown["unplaced"]} == {"no_interpreter"}
    shown = view(database, make(database, "V1", Settings(interpreters=1), 1, clock))
    sessions = [one for day in shown["days"] for one in day["entries"] if one["what"] == "session"]
    assert [one["interpreter"] for one in sessions] == [1, 1]


def test_it_says_when_the_visit_or_the_meetings_have_changed_since(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    stored = make(database, "V1", Settings(), None, clock)
    tell_visit(visited, places=["Lund"])
    visited.company("C2", "Autoclaves.", status="withdrawn")
    assert view(database, stored)["changed"] == ["visit", "meetings"]
    again = make(database, "V1", Settings(), 1, clock)
    assert view(database, again)["changed"] == []


def test_a_pinned_session_stays_when_the_programme_is_made_anew(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    first = make(database, "V1", Settings(day_start="13:00"), None, clock)
    stood = first.planned.programme.placements["R1.C1"]
    pin(database, "V1", ["R1.C1"], True, 1, clock)
    again = make(database, "V1", Settings(), 2, clock)
    assert again.planned.programme.placements["R1.C1"] == stood
    assert again.planned.programme.placements["R1.C2"].start == 540
    assert again.planned.pinned == ("R1.C1",)
    pin(database, "V1", ["R1.C1"], False, 3, clock)
    assert make(database, "V1", Settings(), 4, clock).planned.programme.placements["R1.C1"].start < 720


def test_a_cancellation_is_shown_first_then_accepted_and_remembered(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    make(database, "V1", Settings(), None, clock)
    cancelled = [Cancellation("company", "C1")]
    old, shown = preview(database, "V1", cancelled, 1)
    assert [(one.id, one.code) for one in shown.changes] == [("R1.C1", "cancelled")]
    assert read(database).version == 1
    stored = accept(database, old, cancelled, shown, clock)
    assert set(stored.planned.programme.placements) == {"R1.C2"}
    again = make(database, "V1", Settings(), 2, clock)
    assert set(again.planned.programme.placements) == {"R1.C2"}


def cancel(database: Database, clock: SettableClock, version: int, *ids: tuple[str, str]) -> StoredProgramme:
    cancelled = [Cancellation(*one) for one in ids]
    old, mended = preview(database, "V1", cancelled, version)
    return accept(database, old, cancelled, mended, clock)


def test_a_mend_of_a_programme_that_changed_meanwhile_is_not_kept(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    make(database, "V1", Settings(), None, clock)
    cancelled = [Cancellation("company", "C1")]
    old, mended = preview(database, "V1", cancelled, 1)
    pin(database, "V1", ["R1.C1"], True, 1, clock)
    with pytest.raises(RefusedError) as refused:
        accept(database, old, cancelled, mended, clock)
    assert (refused.value.kind, read(database).planned.cancelled) == ("stale", ())


def test_who_comes_after_all_is_met_again_when_the_programme_is_made_anew(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    make(database, "V1", Settings(), None, clock)
    stored = cancel(database, clock, 1, ("company", "C1"), ("session", "R1.C2"))
    assert [(one["name"], one["outdated"]) for one in view(database, stored)["cancelled"]] == [
        ("Company C1", False), ("Company C2", False),
    ]  # fmt: skip
    kept = [Cancellation("session", "R1.C2")]
    again = make(database, "V1", Settings(), 2, clock, kept)
    assert again.planned.cancelled == tuple(kept)
    assert set(again.planned.programme.placements) == {"R1.C1"}
    with pytest.raises(RefusedError) as refused:
        make(database, "V1", Settings(), 3, clock, [Cancellation("company", "C1")])
    assert (refused.value.kind, refused.value.about) == ("invalid", ("cancelled",))
    everybody = make(database, "V1", Settings(), 3, clock, [])
    assert set(everybody.planned.programme.placements) == {"R1.C1", "R1.C2"}


def test_of_two_companies_whose_ids_begin_alike_the_one_that_was_meant_is_cancelled(
    visited: Any, scorer: Any, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    visited.company("C1.n1", name="Dotted")
    scorer.score_stale()
    with database.writing() as connection:
        report = reports.get_report(connection, "R1")
        assert report is not None
        (mine,) = [one.id for one in report.content.matches if one.company.id == "C1.n1"]
        approve(connection, "R1", report.version, [mine], "", clock, ids)
    made = make(database, "V1", Settings(), None, clock)
    dotted = introduction_id("R1", "C1.n1")
    assert set(made.planned.programme.placements) == {"R1.C1", "R1.C2", dotted}
    stored = cancel(database, clock, 1, ("session", dotted))
    assert set(stored.planned.programme.placements) == {"R1.C1", "R1.C2"}
    assert [(one["id"], one["name"]) for one in view(database, stored)["cancelled"]] == [(dotted, "Dotted")]
    again = make(database, "V1", Settings(), 2, clock)
    assert again.planned.cancelled == (Cancellation("session", dotted),)
    assert set(again.planned.programme.placements) == {"R1.C1", "R1.C2"}
    visited.erase("companies", "C1.n1")
    eraser = Eraser(database, clock)
    while eraser.step():
        pass
    assert read(database).planned.cancelled == ()


def test_delegates_and_places_that_cancelled_are_forgotten_once_the_visit_has_others(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    make(database, "V1", Settings(), None, clock)
    stored = cancel(database, clock, 1, ("delegate", "d1"), ("place", "visit:1"), ("company", "C1"))
    tell_visit(visited, title="Another title")
    assert view(database, stored)["changed"] == ["visit"]
    tell_visit(visited, delegates=VISIT["delegates"][1:])
    shown = view(database, stored)
    assert shown["changed"] == ["visit", "cancelled"]
    assert [(one["id"], one["name"]) for one in shown["cancelled"] if one["outdated"]] == [("d1", "")]
    again = make(database, "V1", Settings(), 2, clock)
    assert [one.id for one in again.planned.cancelled] == ["visit:1", "C1"]
    tell_visit(visited, delegates=VISIT["delegates"][1:], places=["Lund", "Uppsala"])
    assert [one.id for one in make(database, "V1", Settings(), 3, clock).planned.cancelled] == ["C1"]


def test_a_session_that_is_held_without_a_company_names_it(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    stored = make(database, "V1", Settings(), None, clock)
    both = replace(stored.planned.problem.wanted[0], companies=("C1", "C2"))
    planned = replace(stored.planned, problem=replace(stored.planned.problem, wanted=(both,)))
    stands = {both.id: stored.planned.programme.placements[both.id]}
    mended = mend(planned.problem, stands, [Cancellation("company", "C2")])
    with database.reading() as connection:
        (change,) = mend_view(connection, replace(stored, planned=planned), mended)["changes"]
    assert (change["code"], [one["name"] for one in change["companies"]]) == ("reduced", ["Company C1"])
    assert change["left"] == [{"id": "C2", "name": "Company C2"}]


def test_a_session_that_moves_to_another_day_is_pinned_no_more(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    stored = make(database, "V1", Settings(), None, clock)
    before = replace(stored.planned, pinned=("R1.C1", "R1.C2"))
    stand = stored.planned.programme.placements
    tomorrow = {**stand, "R1.C1": replace(stand["R1.C1"], date="2026-05-05")}
    mended = Mended(before.problem, replace(stored.planned.programme, placements=tomorrow), ())
    kept = accept(database, replace(stored, planned=before), [], mended, clock)
    assert kept.planned.pinned == ("R1.C2",)


# SQLite lets one transaction at a time write.
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_of_two_who_make_the_first_programme_at_once_one_is_refused(
    visited: Any, database: Database, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, others = programmes.get_programme, iter([Settings(day_start="13:00")])

    def read_before_the_other_keeps(connection: Connection, visit_id: str, lock: bool = False) -> Any:
        found = reading(connection, visit_id, lock)
        if lock and (other := next(others, None)):
            make(database, "V1", other, None, clock)
        return found

    monkeypatch.setattr(programmes, "get_programme", read_before_the_other_keeps)
    with pytest.raises(RefusedError) as refused:
        make(database, "V1", Settings(), None, clock)
    assert (refused.value.kind, refused.value.current_version) == ("stale", 1)
    assert read(database).planned.settings.day_start == "13:00"


IMPOSSIBLE: list[tuple[Settings, str]] = [
    (Settings(lunch_start="14:00"), "lunch_end"),
    (Settings(day_start="09:05"), "day_start"),
    (Settings(breaks=[{"start": "11:00", "end": "10:00"}]), "breaks"),
    (Settings(days=[{"date": "2027-01-01"}]), "days"),
    (Settings(days=[{"date": "2026-05-04", "place": "visit:7"}]), "days"),
    (Settings(days=[{"date": "2026-05-04", "start": "12:00", "end": "09:00"}]), "days"),
    (Settings(tracks=[["d1"]]), "tracks"),
    (Settings(transfers=[{"from": "visit:0", "to": "moon", "minutes": 9}]), "transfers"),
    (
        Settings(unavailable=[{"who": "Ada", "date": "2026-05-04", "start": "09:00", "end": "10:00"}]),
        "unavailable",
    ),
    *(
        (Settings(unavailable=[{"who": "C1", "date": day, "start": start, "end": "10:00"}]), "unavailable")
        for day, start in (("2026-05-06", "09:00"), ("2026-99-99", "09:00"), ("2026-05-04", "10:00"))
    ),
]


def test_a_setting_that_cannot_be_is_refused_by_name(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    for chosen, field in IMPOSSIBLE:
        with pytest.raises(RefusedError) as refused:
            make(database, "V1", chosen, None, clock)
        assert (refused.value.kind, refused.value.about) == ("invalid", (field,))


def test_a_visit_nobody_is_introduced_for_has_none_but_may_be_made_from_matches(
    scored: Any, scorer: Any, database: Database, clock: SettableClock
) -> None:
    with pytest.raises(RefusedError, match="no visit"):
        make(database, "V1", Settings(), None, clock)
    tell_visit(scored)
    scored.request("R1", "P1", visit_id="V1")
    scorer.score_stale()
    with pytest.raises(RefusedError, match="Approve matches"):
        make(database, "V1", Settings(), None, clock)
    made = make(database, "V1", Settings(source="matches"), None, clock)
    assert set(made.planned.programme.placements) == {"R1.C1", "R1.C2"}


def test_another_version_than_was_seen_is_refused(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    make(database, "V1", Settings(), None, clock)
    for act in (
        lambda: make(database, "V1", Settings(), None, clock),
        lambda: pin(database, "V1", ["R1.C1"], True, 7, clock),
        lambda: preview(database, "V1", [Cancellation("company", "C1")], 7),
    ):
        with pytest.raises(RefusedError) as refused:
            act()
        assert refused.value.kind == "stale"


def test_the_sessions_of_an_erased_company_disappear(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    away = {"who": "C1", "date": "2026-05-05", "start": "09:00", "end": "10:00"}
    make(database, "V1", Settings(unavailable=[away]), None, clock)
    pin(database, "V1", ["R1.C1", "R1.C2"], True, 1, clock)
    visited.erase("companies", "C1")
    eraser = Eraser(database, clock)
    while eraser.step():
        pass
    stored = read(database)
    assert stored.version == 3
    assert "C1" not in json.dumps(stored.planned.to_json())
    assert set(stored.planned.programme.placements) == {"R1.C2"}
    assert stored.planned.pinned == ("R1.C2",)


@pytest.mark.parametrize("cancelled", [("company", "C1"), ("session", "R1.C1")])
def test_cancellations_of_an_erased_company_and_of_its_sessions_disappear(
    visited: Any, database: Database, clock: SettableClock, cancelled: tuple[str, str]
) -> None:
    make(database, "V1", Settings(), None, clock)
    stored = cancel(database, clock, 1, cancelled, ("session", "R1.C2"))
    assert "C1" in json.dumps(stored.planned.to_json())
    visited.erase("companies", "C1")
    eraser = Eraser(database, clock)
    while eraser.step():
        pass
    assert "C1" not in json.dumps(read(database).planned.to_json())
    assert read(database).planned.cancelled == (Cancellation("session", "R1.C2"),)


def test_an_erased_visit_takes_its_programme_along(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    make(database, "V1", Settings(), None, clock)
    visited.erase("visits", "V1")
    with database.reading() as connection:
        assert programmes.get_programme(connection, "V1") is None
