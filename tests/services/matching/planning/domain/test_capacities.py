"""Introductions under capacities: the greatest summed score, and nobody over what they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from services.matching.planning.domain.capacities import (
    Pair,
    Partners,
    best_pairs,
    in_points,
    left_out,
    plan_introductions,
)

SCORES = st.integers(0, 10_000).map(lambda points: points / 100)
FEW_SCORES = st.sampled_from([0.0, 40.0, 40.0, 55.5, 80.25])


@st.composite
def instances(
    draw: st.DrawFn, most: int = 6, scores: st.SearchStrategy[float] = SCORES
) -> tuple[list[Pair], dict[str, int], dict[str, int], Partners]:
    """Pairs in any order, capacities of both sides (0 included), and partners with one request or several."""
    ends = draw(
        st.lists(
            st.tuples(st.integers(0, most), st.integers(0, most)), unique=True, max_size=most * most // 2
        )
    )
    pairs = [Pair(f"C{company}", f"R{request}", draw(scores)) for company, request in ends]
    capacity = st.integers(0, 3)
    companies = {f"C{number}": draw(capacity) for number in range(most + 1)}
    requests = {f"R{number}": draw(capacity) for number in range(most + 1)}
    of = {request: f"P{draw(st.integers(0, most // 2))}" for request in requests}
    limited = draw(st.dictionaries(st.sampled_from(sorted(set(of.values()))), capacity, max_size=2))
    return pairs, companies, requests, Partners(of, limited)


def _value(plan: Sequence[Pair]) -> int:
    return sum(int(points) for points in in_points([one.score for one in plan]))


def _allowed(
    plan: Sequence[Pair], companies: Mapping[str, int], requests: Mapping[str, int], partners: Partners | None
) -> bool:
    if partners is not None:
        met = Counter((one.company, partners.of[one.request]) for one in plan)
        owners = Counter(partners.of[one.request] for one in plan)
        if any(count > 1 for count in met.values()) or any(
            count > partners.capacity.get(owner, count) for owner, count in owners.items()
        ):
            return False
    per_company, per_request = Counter(one.company for one in plan), Counter(one.request for one in plan)
    return all(count <= companies[one] for one, count in per_company.items()) and all(
        count <= requests[one] for one, count in per_request.items()
    )


@settings(deadline=None)  # the first example imports the solver
@given(instances(most=3), st.booleans())
def test_no_allowed_set_of_pairs_is_worth_more(
    instance: tuple[list[Pair], dict[str, int], dict[str, int], Partners], with_partners: bool
) -> None:
    pairs, companies, requests, all_partners = instance
    pairs = pairs[:8]
    partners = all_partners if with_partners else None
    best = max(
        _value(some)
        for size in range(len(pairs) + 1)
        for some in combinations(pairs, size)
        if _allowed(some, companies, requests, partners)
    )
    assert _value(plan_introductions(pairs, companies, requests, partners)) == best


@given(instances())
def test_two_other_solvers_find_no_better_plan(
    instance: tuple[list[Pair], dict[str, int], dict[str, int], Partners],
) -> None:
    pairs, companies, requests, _ = instance
    value = _value(plan_introductions(pairs, companies, requests))
    assert value == _by_network_simplex(pairs, companies, requests)
    assert value == _by_highs(pairs, companies, requests)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_few_hundred_companies_are_planned_as_exactly(seed: int) -> None:
    chance = np.random.default_rng(seed)
    pairs = [
        Pair(f"C{company}", f"R{request}", int(chance.integers(3600, 9000)) / 100)
        for request in range(60)
        for company in chance.choice(300, 20, replace=False)
    ]
    companies = {f"C{company}": int(chance.integers(0, 3)) for company in range(300)}
    requests = {f"R{request}": int(chance.integers(0, 6)) for request in range(60)}
    plan = plan_introductions(pairs, companies, requests)
    assert _allowed(plan, companies, requests, None)
    assert _value(plan) == _by_highs(pairs, companies, requests)


@given(instances(scores=FEW_SCORES), st.booleans())
def test_nobody_gets_more_than_they_take_and_no_pair_meets_twice(
    instance: tuple[list[Pair], dict[str, int], dict[str, int], Partners], with_partners: bool
) -> None:
    pairs, companies, requests, all_partners = instance
    partners = all_partners if with_partners else None
    plan = plan_introductions(pairs, companies, requests, partners)
    assert len({(one.company, one.request) for one in plan}) == len(plan)
    assert set(plan) <= set(pairs)
    assert _allowed(plan, companies, requests, partners)


@given(instances(scores=FEW_SCORES), st.randoms(use_true_random=False))
def test_pairs_in_any_order_give_one_plan(
    instance: tuple[list[Pair], dict[str, int], dict[str, int], Partners], chance: object
) -> None:
    pairs, companies, requests, partners = instance
    shuffled = list(pairs)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan_introductions(shuffled, companies, requests, partners) == plan_introductions(
        pairs, companies, requests, partners
    )


@given(instances(), st.booleans())
def test_every_pair_that_is_left_out_has_something_full_in_its_way(
    instance: tuple[list[Pair], dict[str, int], dict[str, int], Partners], with_partners: bool
) -> None:
    pairs, companies, requests, all_partners = instance
    partners = all_partners if with_partners else None
    plan = plan_introductions(pairs, companies, requests, partners)
    missing = left_out(pairs, plan, companies, requests, partners)
    assert {one.pair for one in missing} == set(pairs) - set(plan)
    assert all(one.full or one.pair.score == 0.0 for one in missing)


def test_of_equals_the_one_with_the_earlier_id_is_taken() -> None:
    pairs = [Pair(company, "R1", 50.0) for company in ("C3", "C1", "C2")]
    capacity = dict.fromkeys(("C1", "C2", "C3"), 1)
    assert plan_introductions(pairs, capacity, {"R1": 2}) == [Pair("C1", "R1", 50.0), Pair("C2", "R1", 50.0)]


def test_a_company_gives_way_where_both_gain_by_it() -> None:
    pairs = [Pair("C1", "R1", 80.0), Pair("C1", "R2", 79.0), Pair("C2", "R1", 78.0)]
    plan = plan_introductions(pairs, {"C1": 1, "C2": 1}, {"R1": 1, "R2": 1})
    assert [(one.company, one.request) for one in plan] == [("C2", "R1"), ("C1", "R2")]
    missing = left_out(pairs, plan, {"C1": 1, "C2": 1}, {"R1": 1, "R2": 1})
    assert [(one.pair.company, one.pair.request, one.full) for one in missing] == [
        ("C1", "R1", ("company", "request"))
    ]


def test_a_company_meets_a_partner_once_although_it_has_two_requests() -> None:
    pairs = [Pair("C1", "R1", 60.0), Pair("C1", "R2", 70.0)]
    capacity = ({"C1": 5}, {"R1": 5, "R2": 5}, Partners({"R1": "P1", "R2": "P1"}, {}))
    plan = plan_introductions(pairs, *capacity)
    assert plan == [pairs[1]]
    assert [(one.pair, one.full) for one in left_out(pairs, plan, *capacity)] == [(pairs[0], ("met",))]


def test_who_is_not_named_takes_none() -> None:
    assert plan_introductions([Pair("C1", "R1", 50.0)], {}, {"R1": 1}) == []
    assert plan_introductions([], {}, {}) == []


def test_a_pair_that_comes_twice_or_a_negative_number_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        plan_introductions([Pair("C1", "R1", 50.0), Pair("C1", "R1", 60.0)], {"C1": 1}, {"R1": 1})
    with pytest.raises(ValueError, match="0 or more"):
        plan_introductions([Pair("C1", "R1", -1.0)], {"C1": 1}, {"R1": 1})
    with pytest.raises(ValueError, match="0 or more"):
        plan_introductions([Pair("C1", "R1", 1.0)], {"C1": -1}, {"R1": 1})


def test_scores_too_large_to_break_ties_by_id_are_planned_as_exactly() -> None:
    points = np.array([2**40, 2**40 + 1], dtype=np.int64)
    one, both = np.array([1, 1], dtype=np.int64), np.array([0, 1], dtype=np.int64)
    only = np.array([1], dtype=np.int64)
    assert best_pairs(both, np.zeros(2, dtype=np.int64), points, one, only).tolist() == [1]


def _by_network_simplex(
    pairs: Sequence[Pair], companies: Mapping[str, int], requests: Mapping[str, int]
) -> int:
    graph: nx.DiGraph[str] = nx.DiGraph()
    flow = sum(companies.values())
    graph.add_node("source", demand=-flow)
    graph.add_node("sink", demand=flow)
    graph.add_edge("source", "sink", capacity=flow, weight=0)
    for company, most in companies.items():
        graph.add_edge("source", company, capacity=most, weight=0)
    for request, most in requests.items():
        graph.add_edge(request, "sink", capacity=most, weight=0)
    for one in pairs:
        graph.add_edge(one.company, one.request, capacity=1, weight=-round(one.score * 100))
    cost, _ = nx.network_simplex(graph)
    return -int(cost)


def _by_highs(pairs: Sequence[Pair], companies: Mapping[str, int], requests: Mapping[str, int]) -> int:
    if not pairs:
        return 0
    sides = [*companies, *requests]
    limits = np.zeros((len(sides), len(pairs)))
    for at, one in enumerate(pairs):
        limits[[sides.index(one.company), sides.index(one.request)], at] = 1.0
    found = linprog(
        [-one.score for one in pairs],
        A_ub=limits,
        b_ub=np.array([*companies.values(), *requests.values()], dtype=float),
        bounds=(0, 1),
        method="highs",
    )
    assert found.success
    assert found.fun is not None
    return round(-float(found.fun) * 100)
