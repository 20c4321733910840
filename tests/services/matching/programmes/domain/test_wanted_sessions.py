"""Which sessions a visit's meetings ask for, on which days and tracks, and what the timetable adds."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from services.matching.introductions.domain.introductions import introduction_id
from services.matching.programmes.domain.making import Programme, Unplaced, make_programme
from services.matching.programmes.domain.mend import Cancellation
from services.matching.programmes.domain.outcome_text import CHANGED, REASONS
from services.matching.programmes.domain.planned import Planned, planned_from, without_company
from services.matching.programmes.domain.problem import Problem, Track
from services.matching.programmes.domain.settings import (
    STANDARD_MINUTES,
    Settings,
    days_of,
    problem_of,
    time_of,
    tracks_of,
)
from services.matching.programmes.domain.timetable import timetable
from services.matching.programmes.domain.wanted_sessions import Meeting, wanted_sessions
from services.matching.refusals import RefusedError
from tests.services.matching.programmes.domain.programme_cases import FULL, a_problem, at, one, problem

VISIT: dict[str, Any] = {
    "direction": "incoming",
    "starts_on": "2026-05-07",
    "ends_on": "2026-05-11",
    "places": ["Stockholm", "Lund"],
    "delegates": [
        {"role": "minister", "needs": []},
        {"role": "surgeon", "needs": [{"id": "n1", "title": "", "text": "Sterile instruments"}]},
        {"role": "aide", "needs": []},
    ],
}
TRACKS = (Track("t1", ("d1", "d3")), Track("t2", ("d2",)))


def meeting(company: str, role: str = "supplier", request: str = "R1", **more: Any) -> Meeting:
    return Meeting(request, company, role, more.pop("score", 60.0), **more)


def wanted(*meetings: Meeting) -> dict[str, tuple[str, tuple[str, ...], tuple[str, ...], str | None]]:
    made = wanted_sessions(meetings, VISIT, TRACKS, STANDARD_MINUTES)
    return {one.id: (one.kind, one.companies, one.tracks, one.place) for one in made}


def test_each_role_has_its_kind_of_session() -> None:
    assert wanted(meeting("H", "study_visit_host"), meeting("S"), meeting("K", "knowledge_partner")) == {
        "R1.H": ("study_visit", ("H",), ("t1", "t2"), "host:H"),
        "R1.K": ("presentation", ("K",), ("t1", "t2"), None),
        "R1.S": ("one_to_one", ("S",), ("t1", "t2"), None),
    }


def test_knowledge_partners_of_a_request_sit_at_tables_of_six_at_most() -> None:
    many = [meeting(f"K{n}", "knowledge_partner") for n in range(7)]
    tables = wanted(*many, meeting("K9", "knowledge_partner", "R2"))
    assert sorted((one[0], len(one[1])) for one in tables.values()) == [
        ("presentation", 1), ("round_table", 3), ("round_table", 4),
    ]  # fmt: skip


def test_a_delegates_own_need_leads_the_company_that_answers_it_to_their_track() -> None:
    assert wanted(meeting("S", needs=("", "sterile instruments "))) == {
        "R1.S": ("one_to_one", ("S",), ("t2",), None)
    }


def test_a_long_session_is_worth_its_length_and_a_better_score_more() -> None:
    made = wanted_sessions(
        [meeting("H", "study_visit_host"), meeting("S"), meeting("T", score=61.5)],
        VISIT,
        TRACKS,
        STANDARD_MINUTES,
    )
    assert {one.id: one.priority for one in made} == {"R1.H": 24000, "R1.S": 6000, "R1.T": 6150}


@pytest.mark.parametrize(
    ("company", "partner", "needed"),
    [
        (("sv",), ("es",), True),
        (("sv", "en"), ("es", "en"), False),
        (("sv",), ("no",), False),
        ((), ("es",), False),
    ],
)
def test_an_interpreter_comes_when_the_two_are_known_to_share_no_language(
    company: tuple[str, ...], partner: tuple[str, ...], needed: bool
) -> None:
    said = meeting("S", company_languages=company, partner_languages=partner)
    (made,) = wanted_sessions([said], VISIT, TRACKS, STANDARD_MINUTES)
    assert made.interpreter == needed


def test_the_order_of_meetings_changes_nothing_and_too_many_are_said_to_be() -> None:
    many = [meeting(f"C{n:03}", score=40.0 + n / 10) for n in range(130)]
    made = wanted_sessions(many, VISIT, TRACKS, STANDARD_MINUTES)
    assert made == wanted_sessions(many[::-1], VISIT, TRACKS, STANDARD_MINUTES)
    assert [one.id for one in made if one.barred] == [f"R1.C{n:03}" for n in range(10)]


def test_delegates_with_needs_of_their_own_go_apart_unless_staff_say_otherwise() -> None:
    assert tracks_of(VISIT, Settings()) == TRACKS
    assert tracks_of(VISIT, Settings(tracks=[["d2", "d1"], ["d3"]]))[0].delegates == ("d2", "d1")
    assert tracks_of({**VISIT, "delegates": []}, Settings()) == (Track("t1", ()),)


def test_places_follow_each_other_over_the_days_and_weekends_are_free() -> None:
    days = days_of(VISIT, Settings())
    assert [(day.date, day.base) for day in days] == [
        ("2026-05-07", "visit:0"), ("2026-05-08", "visit:0"), ("2026-05-11", "visit:1"),
    ]  # fmt: skip
    own = [{"date": "2026-05-09", "start": "10:00"}, {"date": "2026-05-08", "start": "09:00", "end": "09:00"}]
    assert [(day.date, day.start) for day in days_of(VISIT, Settings(days=own))] == [
        ("2026-05-07", 540), ("2026-05-09", 600), ("2026-05-11", 540),
    ]  # fmt: skip
    with pytest.raises(RefusedError, match="at most 14 days"):
        days_of({**VISIT, "ends_on": "2026-06-30"}, Settings())


def test_nobody_travels_online() -> None:
    ways = [{"from": "visit:0", "to": "visit:1", "minutes": 50}]
    for direction, minutes in (("incoming", 50), ("online", 0)):
        made = problem_of({**VISIT, "direction": direction}, Settings(transfers=ways), ())
        assert made.way("visit:1", "visit:0") == minutes


def test_the_timetable_tells_transfers_rooms_interpreters_lunch_and_breaks() -> None:
    visit = one("s1", "H", kind="study_visit", minutes=90, place="host:H")
    case = problem(
        visit, one("s2", "C1", interpreter=True), one("s3", "C2"), tracks=(Track("t1"), Track("t2"))
    )
    stand = {"s1": at(10, "host:H"), "s2": at(13, "base"), "s3": at(13, "base", "t2")}
    told = [
        (
            line.what,
            time_of(line.start),
            time_of(line.end),
            line.tracks,
            line.place,
            line.room,
            line.interpreter,
        )
        for line in timetable(case, stand)
    ]
    assert told == [
        ("session", "10:00", "11:30", ("t1",), "host:H", None, None),
        ("break", "10:30", "10:45", ("t2",), "", None, None),
        ("transfer", "11:30", "12:00", ("t1",), "base", None, None),
        ("lunch", "12:00", "13:00", ("t1", "t2"), "", None, None),
        ("session", "13:00", "13:30", ("t1",), "base", 1, 1),
        ("session", "13:00", "13:30", ("t2",), "base", 2, None),
    ]


@given(a_problem(most=8, day=FULL))
@settings(max_examples=15, deadline=None)
def test_no_two_entries_of_a_track_overlap_and_rooms_suffice(case: Problem) -> None:
    lines = timetable(case, make_programme(case, effort=0.1).placements)
    for track in case.tracks:
        own = [line for line in lines if track.id in line.tracks]
        # The coffee of a study visit is served there: its break is no entry of those who are on it.
        assert all(before.end <= after.start for before, after in pairwise(own))
    assert all(line.room is None or line.room <= case.rooms for line in lines)
    assert all(line.interpreter is None or line.interpreter <= max(1, case.interpreters) for line in lines)


def test_every_code_has_words_in_both_languages() -> None:
    for words in (*REASONS.values(), *CHANGED.values()):
        assert words["sv"]
        assert words["en"]


def test_what_is_kept_is_read_as_it_was() -> None:
    ways = {"from": "visit:0", "to": "host:H", "minutes": 45}
    made = wanted_sessions([meeting("H", "study_visit_host"), meeting("S")], VISIT, TRACKS, STANDARD_MINUTES)
    away = {"who": "d1", "date": "2026-05-07", "start": "09:00", "end": "10:00"}
    chosen = Settings(
        transfers=(ways,), unavailable=(away,), tracks=(["d1"], ["d2", "d3"]), rooms=2, source="matches"
    )
    case = problem_of(VISIT, chosen, made)
    cancelled = Cancellation("place", "visit:1"), Cancellation("delegate", "d3")
    kept = Planned(
        7, "digest", chosen, cancelled, case, make_programme(case), ("R1.S",), "of delegates", "of places"
    )
    assert planned_from(json.loads(json.dumps(kept.to_json()))) == kept


@pytest.mark.parametrize(
    ("request_id", "company_id"), [("R1", "C1"), ("R1", "C.1"), ("R" * 40, "C" * 40), ("R.1", "C1")]
)
def test_of_an_erased_company_neither_cancelled_sessions_nor_empty_ones_are_left(
    request_id: str, company_id: str
) -> None:
    id, other = introduction_id(request_id, company_id), introduction_id("R1", "other")
    cancelled = Cancellation("session", id), Cancellation("session", other)
    emptied = replace(one(id), companies=())
    empty = Programme({}, (Unplaced(id, "too_few"),), (), True)
    left = without_company(Planned(1, "", Settings(), cancelled, problem(emptied), empty, ()), company_id)
    assert (left.cancelled, left.problem.wanted, left.programme.unplaced) == (cancelled[1:], (), ())


def test_what_was_kept_before_the_digests_of_delegates_and_places_can_be_read() -> None:
    kept = Planned(
        1, "", Settings(), (Cancellation("delegate", "d1"),), problem(), Programme({}, (), (), True), ()
    )
    content = {name: value for name, value in kept.to_json().items() if name not in ("delegates", "places")}
    assert planned_from(content).outdated(1, VISIT) == ()
    assert planned_from(content).outdated(2, VISIT) == kept.cancelled
