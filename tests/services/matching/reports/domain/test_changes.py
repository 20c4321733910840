from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from services.matching.reports.domain.changes import (
    LISTS,
    Cause,
    changes_between,
    companies_of,
    unknown_changes,
)
from services.matching.reports.domain.comparison import compare, disagreements, placed_in_report
from services.matching.reports.domain.report import Report, canonical_json
from services.matching.scoring.domain.policy import STANDARD_POLICY
from tests.services.matching.reports.domain.small_world import company, need, partner, report, request
from tests.services.matching.reports.domain.test_report_properties import Case, a_case, low

ALARMS = "Telecare alarms for home care."
LOCKS = "Digital locks and telecare for home care."


def _names(change: dict[str, Any]) -> dict[str, list[str]]:
    return {
        name: [one["company_id"] if isinstance(one, dict) else one for one in change[name]]
        for name in LISTS
        if change[name]
    }


def test_a_company_that_comes_in_is_named_with_its_place_and_as_the_cause() -> None:
    before = report([company("C2", LOCKS)])
    after = report([company("C1", ALARMS), company("C2", LOCKS)])
    change = changes_between(before, after, 1, touched=["C1"])
    assert [one["company_id"] for one in change["entered"]] == ["C1"]
    assert change["causes"] == [{"code": "company", "company_id": "C1"}]
    assert change["from_version"] == 1
    back = changes_between(after, before, 2)
    assert back["left"] == change["entered"]
    assert back["causes"] == []


def test_the_causes_are_found_by_the_versions() -> None:
    before = report([company("C1")])
    after = report(
        [company("C1", version=2)],
        request(version=5),
        partner(version=6),
        policy=replace(STANDARD_POLICY, version=3),
    )
    assert changes_between(before, after, 1)["causes"] == [
        {"code": "policy", "version": 3},
        {"code": "request", "version": 5},
        {"code": "partner", "version": 6},
        {"code": "company", "company_id": "C1"},
    ]


def test_a_company_that_a_conflict_excludes_leaves_and_is_readmitted_when_it_is_gone() -> None:
    before = report([company("C1")])
    after = report([company("C1", version=2, excluded_markets=("Norway",))])
    change = changes_between(before, after, 1)
    assert _names(change) == {"left": ["C1"], "excluded": ["C1"], "uncovered": ["n1"]}
    assert change["excluded"][0]["code"] == "excluded_market"
    assert _names(changes_between(after, before, 2)) == {
        "entered": ["C1"], "readmitted": ["C1"], "covered": ["n1"]
    }  # fmt: skip


def test_answered_questions_and_new_flags_are_told_of_a_match_that_stays() -> None:
    before = report([company("C1")])
    after = report([company("C1", version=2, markets=("Norway",), membership="network")])
    change = changes_between(before, after, 1)
    assert change["questions"] == [{"company_id": "C1", "need_id": "n1", "answered": 1, "asked": 0}]
    assert change["flags"] == [
        {"company_id": "C1", "need_id": "n1", "gone": [], "added": ["network_company"]}
    ]


def test_a_new_order_is_told_by_places() -> None:
    first = [company("C1", ALARMS), company("C2", LOCKS)]
    before = report(first)
    order = [match.company.id for match in before.matches]
    top = next(one for one in first if one.id == order[0])
    after = report([replace(top, membership="network", version=2), *(one for one in first if one is not top)])
    moved = changes_between(before, after, 1)["moved"]
    assert [(one["company_id"], one["place_before"], one["place"]) for one in moved] == [
        (order[1], 2, 1),
        (order[0], 1, 2),
    ]


@given(a_case(), a_case())
@settings(max_examples=40, deadline=None)
def test_the_matches_before_and_the_changes_make_the_matches_after(one: Case, other: Case) -> None:
    before, after = (Report.from_json(low(case)) for case in (one, other))
    old, new = placed_in_report(before), placed_in_report(after)
    found = compare(old, new)
    made = {match.id: match for match in old}
    for gone in found.left:
        del made[gone.id]
    made |= {match.id: match for match in found.entered}
    made |= {match.after.id: match.after for match in (*found.moved, *found.rescored)}
    assert made == {match.id: match for match in new}
    assert compare(new, new) == compare(old, old) == compare([], [])


@given(a_case(), a_case())
@settings(max_examples=40, deadline=None)
def test_a_change_holds_ids_and_codes_and_no_words(one: Case, other: Case) -> None:
    before, after = (Report.from_json(low(case)) for case in (one, other))
    change = changes_between(before, after, 1, ["C1"])
    told = canonical_json(change)
    for text in (company().name, *(each.text for case in (one, other) for each in case[1].needs)):
        assert f'"{text}"' not in told
    assert companies_of(change) <= {f"C{number}" for number in range(7)}


def test_what_was_rejected_and_stands_on_top_and_what_was_approved_and_is_not_named_disagree() -> None:
    named = placed_in_report(report([company("C1", ALARMS), company("C2", LOCKS)], request(need())))
    top, missing = disagreements({"C1.n1": "rejected", "C2.n1": "approved", "C9.n1": "approved"}, named)
    assert ([one.id for one in top], missing) == (["C1.n1"], ["C9.n1"])


def test_a_change_of_which_only_the_cause_is_known_says_that() -> None:
    change = unknown_changes(4, Cause.ERASED, company_id="C1")
    assert change["causes"] == [{"code": "erased", "company_id": "C1"}]
    assert companies_of(change) == {"C1"}
