"""Whom to introduce over many requests: pairs from the graph, what bars some, members first, what counts already."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.matching.planning.domain.introducing import (
    Candidate,
    IntroductionPlan,
    Limits,
    Standing,
    candidates,
    capacities_left,
    plan,
)
from services.matching.reports.domain.graph import match_graph
from services.matching.reports.domain.report import Report
from services.matching.scoring.domain.flags import Flag
from services.matching.scoring.domain.history import PastIntroduction
from tests.services.matching.reports.domain.small_world import (
    AS_OF,
    company,
    need,
    partner,
    report,
    request,
)

ACTIVE: dict[str, int | None] = {"C1": None, "C2": None, "C3": None}


def _report(request_id: str, score: dict[str, float], partner_id: str = "P1", **flags: str) -> Report:
    """A report with one need and a match a company; `flags` give a company a code."""
    made = report([company()], request(need("Telecare"), id=request_id), partner(name=partner_id))
    (match,) = made.matches
    return replace(
        made,
        partner=replace(made.partner, id=partner_id),
        needs=tuple(replace(one, focus_areas=()) for one in made.needs),
        matches=tuple(
            replace(
                match,
                company=replace(match.company, id=one, name=one),
                score=points,
                shared_areas=(),
                flags=(Flag(flags[one], {}),) if one in flags else (),
            )
            for one, points in score.items()
        ),
    )


def _planned(
    reports: list[Report], limits: Limits | None = None, **standing: Any
) -> tuple[list[Candidate], IntroductionPlan]:
    given = Standing(AS_OF, **{"companies": ACTIVE, "partners": {}, **standing})
    pairs = candidates(match_graph(reports), given)
    return pairs, plan(pairs, capacities_left(pairs, given, limits or Limits()))


def _names(pairs: Any) -> list[str]:
    return [f"{one.request}.{one.company}" for one in pairs]


def test_a_company_that_answers_two_needs_is_one_pair_with_its_best_score() -> None:
    asked = request(need("Telecare with alarms.", "a"), need("Home care.", "b"))
    body = report([company("C1", "Telecare with alarms for home care.")], asked, partner())
    given = Standing(AS_OF, ACTIVE, {})
    (pair,) = candidates(match_graph([body]), given)
    assert set(pair.match_ids) == {match.id for match in body.matches} == {"C1.a", "C1.b"}
    assert pair.score == max(match.score for match in body.matches)
    assert pair.match_ids[0] == max(body.matches, key=lambda match: match.score).id
    assert (pair.partner, pair.role, pair.bar) == ("P1", "supplier", "")


def test_the_most_wanted_company_goes_where_it_is_missed_most() -> None:
    reports = [_report("R1", {"C1": 80, "C2": 78}), _report("R2", {"C1": 79, "C2": 40}, "P2")]
    _, made = _planned(reports, Limits(per_request=1, company_capacity=1))
    assert _names(made.planned) == ["R1.C2", "R2.C1"]
    assert _names(made.alone) == ["R1.C1", "R2.C1"]
    assert [(*_names([one]), full) for one, full in made.left_out] == [
        ("R1.C1", ("company", "request")),
        ("R2.C2", ("company", "request")),
    ]
    assert made.score == 157


def test_what_is_approved_already_counts_on_both_sides() -> None:
    reports = [_report("R1", {"C1": 80, "C2": 70, "C3": 60})]
    past = (
        PastIntroduction("P9", "C1", AS_OF - timedelta(days=10), "R9"),
        PastIntroduction("P1", "C2", AS_OF - timedelta(days=1), "R1"),
    )
    pairs, made = _planned(reports, Limits(per_request=2, company_capacity=1), introductions=past)
    assert [(one.company, one.bar) for one in pairs] == [("C1", ""), ("C2", "introduced"), ("C3", "")]
    assert _names(made.planned) == ["R1.C3"]
    assert made.left.requests == {"R1": 1}
    assert made.left.companies["C1"] == 0


def test_what_was_approved_over_twelve_months_ago_counts_for_its_own_request_only() -> None:
    reports = [_report("R1", {"C1": 80}), _report("R2", {"C1": 80})]
    old = (PastIntroduction("P1", "C1", AS_OF - timedelta(days=365), "R1"),)
    pairs, made = _planned(reports, Limits(company_capacity=1), introductions=old)
    assert [(one.request, one.bar) for one in pairs] == [("R1", "introduced"), ("R2", "")]
    assert _names(made.planned) == ["R2.C1"]


def test_the_capacity_of_a_profile_comes_before_the_standard_one() -> None:
    reports = [_report(f"R{number}", {"C1": 80, "C2": 60}, f"P{number}") for number in range(3)]
    _, made = _planned(reports, Limits(1, 1), companies={"C1": 2, "C2": None})
    assert sorted(one.company for one in made.planned) == ["C1", "C1", "C2"]
    _, none = _planned(reports, Limits(1, 1), companies={"C1": 0, "C2": 0})
    assert none.planned == ()


def test_a_partner_with_several_requests_meets_a_company_once_and_no_more_than_it_takes() -> None:
    reports = [_report("R1", {"C1": 80, "C2": 70}), _report("R2", {"C1": 75, "C3": 60})]
    _, made = _planned(reports)
    assert _names(made.planned) == ["R1.C1", "R1.C2", "R2.C3"]
    assert [(one.request, full) for one, full in made.left_out] == [("R2", ("met",))]
    _, limited = _planned(reports, partners={"P1": 2})
    assert _names(limited.planned) == ["R1.C1", "R1.C2"]


@pytest.mark.parametrize("code", ["tender_open", "already_introduced", "existing_customer", "competitor"])
def test_a_flag_that_speaks_against_meeting_bars_the_pair(code: str) -> None:
    pairs, made = _planned([_report("R1", {"C1": 80, "C2": 50}, C1=code)])
    assert [(one.company, one.bar) for one in pairs] == [("C1", code), ("C2", "")]
    assert _names(made.planned) == ["R1.C2"]
    assert _names(made.barred) == ["R1.C1"]


@pytest.mark.parametrize(
    ("days_ago", "bar"), [(1, "already_introduced"), (29, "already_introduced"), (30, "")]
)
def test_two_who_met_rest_as_the_policy_says_although_the_report_does_not_know_yet(
    days_ago: int, bar: str
) -> None:
    past = (PastIntroduction("P1", "C1", AS_OF - timedelta(days=days_ago), "R9"),)
    pairs, _ = _planned([_report("R1", {"C1": 80})], introductions=past, rest_days=30)
    assert [one.bar for one in pairs] == [bar]


def test_a_flag_that_only_informs_bars_nobody() -> None:
    _, made = _planned([_report("R1", {"C1": 80}, C1="small_member")])
    assert _names(made.planned) == ["R1.C1"]


def test_a_rejected_match_is_not_planned() -> None:
    pairs, made = _planned([_report("R1", {"C1": 80, "C2": 50})], rejected={("R1", "C1.n1")})
    assert [(one.company, one.bar) for one in pairs] == [("C1", "rejected"), ("C2", "")]
    assert _names(made.planned) == ["R1.C2"]


def test_role_score_and_matches_are_of_what_staff_did_not_reject() -> None:
    single = _report("R1", {"C1": 80})
    (first,) = single.matches
    second = replace(first, need_id="n2", score=60, role="knowledge_partner")
    needs = (*single.needs, replace(single.needs[0], id="n2"))
    mixed = replace(single, needs=needs, matches=(first, second))
    ((both,), _) = _planned([mixed])
    assert (both.role, both.score, both.match_ids) == ("supplier", 80, ("C1.n1", "C1.n2"))
    ((left,), _) = _planned([mixed], rejected={("R1", "C1.n1")})
    assert (left.role, left.score, left.match_ids) == ("knowledge_partner", 60, ("C1.n2",))


def test_network_companies_get_what_members_leave() -> None:
    mixed = _report("R1", {"C1": 90, "C2": 50, "C3": 40}, C1="network_company")
    _, made = _planned([mixed], Limits(per_request=2))
    assert _names(made.planned) == ["R1.C2", "R1.C3"] == _names(made.alone)
    _, roomy = _planned([mixed], Limits(per_request=3))
    assert _names(roomy.planned) == ["R1.C2", "R1.C3", "R1.C1"]


def test_a_company_that_is_not_active_is_in_no_plan_and_roles_can_be_planned_apart() -> None:
    graph = match_graph([_report("R1", {"C1": 80, "C9": 90})])
    given = Standing(AS_OF, ACTIVE, {})
    assert _names(candidates(graph, given)) == ["R1.C1"]
    assert _names(candidates(graph, given, "supplier")) == ["R1.C1"]
    assert candidates(graph, given, "study_visit_host") == []


def test_reports_in_any_order_give_one_plan() -> None:
    reports = [_report(f"R{one}", {"C1": 60, "C2": 60, "C3": 60}, f"P{one}") for one in range(4)]
    limits = Limits(per_request=2, company_capacity=2)
    assert _planned(reports, limits) == _planned(list(reversed(reports)), limits)


def test_without_reports_there_is_an_empty_plan() -> None:
    pairs, made = _planned([])
    assert (pairs, made.planned, made.score) == ([], (), 0)
