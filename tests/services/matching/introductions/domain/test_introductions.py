"""What an approval makes of a report."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from services.matching.introductions.domain.introductions import (
    Circumstances,
    best_matches,
    introduction_id,
    introductions,
    without_side,
)
from services.matching.reports.domain.report import Report
from services.matching.scoring.domain.flags import Flag
from shared.events import states
from shared.ids import ID_PATTERN
from tests.services.matching.reports.domain.small_world import company, need, report, request

AT = "2026-03-02T09:00:00.000000Z"


@pytest.fixture
def body() -> Report:
    asked = request(need("Telecare.", "a"), need("Home care alarms.", "b"))
    companies = [
        company("C1", "Telecare."),
        company("C2", "Telecare and alarms for home care.", website="example.org"),
        company("C3", "Telecare.", markets=("Germany",)),
    ]
    return report(companies, asked)


def made(body: Report, *match_ids: str, **more: Any) -> list[dict[str, Any]]:
    return introductions(body, match_ids, 5, "approval-1", AT, **more)


def test_matches_of_one_company_become_one_introduction(body: Report) -> None:
    found = made(body, "C2.b", "C1.a", "C2.a", note="Go.")
    assert sorted(one["id"] for one in found) == ["R1.C1", "R1.C2"]
    (second,) = [one for one in found if one["id"] == "R1.C2"]
    assert second["need_ids"] == ["a", "b"]
    assert {json.dumps(one["approval"]) for one in found} == {
        json.dumps({"id": "approval-1", "size": 2, "at": AT, "note": "Go."})
    }


def test_an_introduction_has_the_shape_of_its_event(body: Report) -> None:
    (one,) = made(body, "C2.a")
    assert states.Introduction().load(one) == one
    assert (one["version"], one["status"], one["report_version"]) == (1, "approved", 5)
    assert one["company"]["website"] == "example.org"
    assert one["partner"] == {
        "id": "P1",
        "version": 1,
        "name": "Bergen City",
        "country": "Norway",
        "website": "",
        "text": "Telecare.",
        "erased_at": None,
    }
    assert one["company"]["text"] == "Telecare and alarms for home care."


def test_it_carries_reasons_and_questions_once_and_no_score(body: Report) -> None:
    (one,) = made(body, "C2.a", "C2.b")
    for told in (one["reasons"], one["questions"]):
        assert all(len(lines) == len(set(lines)) for lines in told.values())
    assert one["questions"]["en"] == ["Is Company C2 allowed to sell in Norway?"]
    assert "score" not in json.dumps(one)


def test_it_carries_the_stage_of_procurement_and_the_distributors_where_there_are_any(body: Report) -> None:
    circumstances = Circumstances("tender_open", {"C1": ("Salg AS",)})
    first, second = sorted(
        made(body, "C1.a", "C2.a", circumstances=circumstances), key=lambda one: str(one["id"])
    )
    assert {one["approval"]["procurement_stage"] for one in (first, second)} == {"tender_open"}
    assert first["company"]["distributors"] == ["Salg AS"]
    assert "distributors" not in second["company"]
    assert states.Introduction().load(first) == first
    erased = without_side(first, "partner", sent=False, at=AT)
    assert "Salg AS" not in json.dumps(erased), "it says where the erased side is"


def test_the_order_and_repetition_of_ids_do_not_matter(body: Report) -> None:
    assert made(body, "C2.b", "C1.a", "C2.a") == made(body, "C1.a", "C2.a", "C2.b", "C2.b")


def test_every_match_that_stands_in_the_way_is_named_and_nothing_is_made(body: Report) -> None:
    earlier = {"R1.C1": {"id": "R1.C1", "company": {"id": "C1"}, "status": "approved", "version": 1}}
    with pytest.raises(ValueError, match=r"C1\.a: Company C1 is already introduced") as refused:
        made(body, "C1.a", "C2.a", "C3.a", "C9.a", earlier=earlier)
    said = str(refused.value)
    assert said.index("C1.a: ") < said.index("C3.a is excluded: ") < said.index("has no match C9.a")
    assert "C2.a" not in said
    assert "its markets are Germany" in said


def test_a_cancelled_introduction_can_be_made_again(body: Report) -> None:
    before = {"id": "R1.C1", "company": {"id": "C1"}, "status": "cancelled", "version": 2}
    (one,) = made(body, "C1.a", earlier={"R1.C1": before})
    assert (one["version"], one["status"]) == (3, "approved")


def test_an_approval_without_a_match_is_refused(body: Report) -> None:
    with pytest.raises(ValueError, match="name at least one match"):
        made(body)


def test_the_stand_in_reviewer_takes_the_best_match_members_first(body: Report) -> None:
    best = max(body.matches, key=lambda match: match.score)
    assert best_matches(body) == [best.id]
    network = replace(best, company=replace(best.company, membership="network"))
    matches = tuple(network if match is best else match for match in body.matches)
    assert best_matches(replace(body, matches=matches))[0] != best.id


def test_the_stand_in_reviewer_takes_each_company_once_and_no_more_than_asked(body: Report) -> None:
    assert sorted(one.split(".")[0] for one in best_matches(body, 9)) == ["C1", "C2"]
    assert best_matches(body, 0) == []
    assert best_matches(report([])) == []


@pytest.mark.parametrize("code", ["tender_open", "existing_customer", "already_introduced", "competitor"])
def test_the_stand_in_reviewer_leaves_to_people_what_a_flag_speaks_against(body: Report, code: str) -> None:
    flagged = tuple(replace(match, flags=(Flag(code, {}),)) for match in body.matches)
    assert best_matches(replace(body, matches=flagged), 9) == []


def test_an_id_names_one_request_and_company_and_is_always_an_identifier() -> None:
    long = "x" * 64
    pairs = [("R1", "C1"), ("a", "b.c"), ("a.b", "c"), (long, long), (long, "x" * 63), ("x" * 63, long)]
    pairs += [("x" * 31, "x" * 32), ("x" * 32, "x" * 32), (long + "y", "C"), ("x" * 63 + "z", "C")]
    ids = [introduction_id(*pair) for pair in pairs]
    assert len(set(ids)) == len(pairs)
    assert all(ID_PATTERN.fullmatch(one) for one in ids)
    assert ids == [introduction_id(*pair) for pair in pairs]
    assert ids[0] == "R1.C1"


def test_one_that_was_cancelled_is_made_again_under_the_id_it_has(body: Report) -> None:
    (first,) = made(body, "C1.a")
    cancelled = {**first, "id": "kept", "status": "cancelled", "version": 2}
    (again,) = made(body, "C1.a", earlier={"kept": cancelled})
    assert (again["id"], again["version"]) == ("kept", 3)
