"""A visit's programme from its introductions: kept by version, mended, told when it no longer fits, cleaned."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from services.matching.decisions import RefusedError, approve
from services.matching.domain.plans.programme_content import planned_from
from services.matching.domain.plans.programme_mend import Cancellation
from services.matching.domain.plans.programme_settings import Settings
from services.matching.erasure import Eraser
from services.matching.plans.programme_views import programme_view
from services.matching.plans.programming import accept, make, pin, preview
from services.matching.store import programmes, reports, tables
from services.matching.store.programmes import StoredProgramme
from shared.clock import SettableClock
from shared.ids import IdSource
from shared.storage import Database

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
    tell("visits", tell.event("visits", "V1", "planned", {**VISIT, **more}))


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
    shown = preview(database, "V1", cancelled, 1)
    assert [(one.id, one.code) for one in shown.changes] == [("R1.C1", "cancelled")]
    assert read(database).version == 1
    stored, mended = accept(database, "V1", cancelled, 1, clock)
    assert mended == shown
    assert set(stored.planned.programme.placements) == {"R1.C2"}
    again = make(database, "V1", Settings(), 2, clock)
    assert set(again.planned.programme.placements) == {"R1.C2"}


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


def test_an_erased_visit_takes_its_programme_along(
    visited: Any, database: Database, clock: SettableClock
) -> None:
    make(database, "V1", Settings(), None, clock)
    visited.erase("visits", "V1")
    with database.reading() as connection:
        assert programmes.get_programme(connection, "V1") is None
