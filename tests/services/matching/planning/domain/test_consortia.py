"""Consortia: the best small sets of companies that cover a request's needs, found exactly."""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.planning.domain.consortia import (
    COST,
    MOST_SETS,
    MOST_STEPS,
    PER_NEED,
    Consortium,
    Found,
    Offer,
    _Search,
    conflicts_among,
    consortia,
    who_covers_all,
)
from tests.services.matching.reports.domain.small_world import company

NEEDS = ("n1", "n2", "n3", "n4")
SCORES = st.one_of(st.sampled_from([40.0, 50.0, 60.0]), st.integers(3600, 10_000).map(lambda one: one / 100))


@st.composite
def worlds(draw: st.DrawFn, most: int = PER_NEED) -> tuple[list[str], list[Offer], frozenset[frozenset[str]]]:
    """Two to four needs, at most `most` companies (all are looked at), some network ones, some at odds."""
    needs = list(NEEDS[: draw(st.integers(2, 4))])
    ids = [f"C{number}" for number in range(draw(st.integers(0, most)))]
    offers = [
        Offer(one, draw(st.dictionaries(st.sampled_from(needs), SCORES)), draw(st.integers(0, 3)) == 0)
        for one in ids
    ]
    pairs = [frozenset(pair) for pair in combinations(ids, 2)]
    conflicts = draw(st.sets(st.sampled_from(pairs), max_size=3)) if pairs else set()
    return needs, offers, frozenset(conflicts)


def _serving(needs: Sequence[str], some: Sequence[Offer]) -> dict[str, Offer]:
    """Who of a set serves each need best, written as plainly as can be."""
    found = {}
    for need in needs:
        able = [one for one in some if need in one.scores]
        if able:
            found[need] = min(able, key=lambda one: (-one.scores[need], one.company))
    return found


def _worth(needs: Sequence[str], some: Sequence[Offer]) -> tuple[int, int, float]:
    serving = _serving(needs, some)
    points = sum(offer.scores[need] for need, offer in serving.items())
    return len(serving), -sum(one.network for one in some), round(points - COST * len(some), 6)


def _allowed(
    needs: Sequence[str],
    some: Sequence[Offer],
    conflicts: Collection[frozenset[str]],
    earlier: Sequence[Consortium],
) -> bool:
    ids = {one.company for one in some}
    return (
        {one.company for one in _serving(needs, some).values()} == ids
        and not any(pair <= ids for pair in conflicts)
        and all(len(ids & set(one.companies)) <= len(one.companies) // 2 for one in earlier)
    )


@settings(max_examples=150)
@given(worlds())
def test_no_other_set_is_better(
    world: tuple[list[str], list[Offer], frozenset[frozenset[str]]],
) -> None:
    needs, offers, conflicts = world
    by_id = {one.company: one for one in offers}
    said = consortia(needs, offers, conflicts)
    found = said.consortia
    assert said.proved
    for place in range(MOST_SETS):
        earlier = found[:place]
        every = [
            some
            for size in range(2, 6)
            for some in combinations(sorted(offers, key=lambda one: one.company), size)
            if _allowed(needs, some, conflicts, earlier)
        ]
        if not every:
            assert len(found) <= place
            return
        best = max(_worth(needs, some) for some in every)
        first = min(tuple(one.company for one in some) for some in every if _worth(needs, some) == best)
        assert _worth(needs, [by_id[one] for one in found[place].companies]) == best
        assert found[place].companies == first


@given(worlds(most=12))
def test_what_a_set_says_it_covers_its_companies_match(
    world: tuple[list[str], list[Offer], frozenset[frozenset[str]]],
) -> None:
    needs, offers, conflicts = world
    by_id = {one.company: one for one in offers}
    for one in consortia(needs, offers, conflicts).consortia:
        assert 2 <= len(one.companies) <= 5
        assert one.companies == tuple(sorted(set(one.companies)))
        assert set(one.serves.values()) == set(one.companies)
        assert all(need in by_id[serving].scores for need, serving in one.serves.items())
        assert set(one.serves) | set(one.uncovered) == set(needs)
        assert not set(one.serves) & set(one.uncovered)
        assert not any(need in by_id[member].scores for need in one.uncovered for member in one.companies)
        points = sum(by_id[serving].scores[need] for need, serving in one.serves.items())
        assert abs(one.score - points) < 0.005
        assert not any(pair <= set(one.companies) for pair in conflicts)


@given(worlds(most=9), st.randoms(use_true_random=False))
def test_offers_in_any_order_give_the_same_sets(world: Any, chance: Any) -> None:
    needs, offers, conflicts = world
    shuffled = list(offers)
    chance.shuffle(shuffled)
    assert consortia(needs, shuffled, conflicts) == consortia(needs, offers, conflicts)


def _offers(scores: Mapping[str, Mapping[str, float]], network: Collection[str] = ()) -> list[Offer]:
    return [Offer(one, given, one in network) for one, given in scores.items()]


def test_a_small_set_is_better_than_a_large_one_that_scores_a_little_more() -> None:
    offers = _offers({
        "C1": {"n1": 70, "n2": 70}, "C2": {"n3": 60}, "C3": {"n1": 74}, "C4": {"n2": 74},
    })  # fmt: skip
    (best, *_) = consortia(["n1", "n2", "n3"], offers).consortia
    assert best.companies == ("C1", "C2")
    assert best.serves == {"n1": "C1", "n2": "C1", "n3": "C2"}
    assert (best.uncovered, best.score) == ((), 200)


def test_covering_one_more_need_counts_more_than_any_score() -> None:
    offers = _offers({"C1": {"n1": 99}, "C2": {"n2": 99}, "C3": {"n2": 40, "n3": 40}})
    assert consortia(["n1", "n2", "n3"], offers).consortia[0].companies in {("C1", "C3"), ("C1", "C2", "C3")}
    assert consortia(["n1", "n2", "n3"], offers).consortia[0].uncovered == ()


def test_a_network_company_is_taken_only_where_members_leave_a_need_open() -> None:
    offers = _offers({"C1": {"n1": 60}, "C2": {"n2": 40}, "C3": {"n2": 95}, "C4": {"n3": 40}}, {"C3", "C4"})
    best = consortia(["n1", "n2", "n3"], offers).consortia[0]
    assert best.companies == ("C1", "C2", "C4")


def test_competitors_are_in_no_set_together() -> None:
    offers = _offers({"C1": {"n1": 90}, "C2": {"n2": 90}, "C3": {"n2": 50}})
    assert consortia(["n1", "n2"], offers).consortia[0].companies == ("C1", "C2")
    apart = frozenset({frozenset({"C1", "C2"})})
    assert [one.companies for one in consortia(["n1", "n2"], offers, apart).consortia] == [("C1", "C3")]


def test_later_sets_are_made_of_other_companies() -> None:
    offers = _offers({f"C{one}": {f"n{1 + one % 4}": 90.0 - one} for one in range(12)})
    found = consortia(NEEDS, offers).consortia
    assert len(found) == MOST_SETS
    for place, one in enumerate(found):
        for before in found[:place]:
            assert len(set(one.companies) & set(before.companies)) <= len(before.companies) // 2


@given(worlds(most=9), st.integers(1, 20))
def test_a_search_that_is_cut_short_gives_good_sets_and_says_that_better_ones_may_exist(
    world: tuple[list[str], list[Offer], frozenset[frozenset[str]]], steps: int
) -> None:
    needs, offers, conflicts = world
    whole, cut = consortia(needs, offers, conflicts), consortia(needs, offers, conflicts, steps=steps)
    assert not cut.proved or cut == whole
    by_id = {one.company: one for one in offers}
    for place, one in enumerate(cut.consortia):
        some = [by_id[member] for member in one.companies]
        assert _allowed(needs, some, conflicts, cut.consortia[:place])


def test_the_search_of_the_largest_request_looks_at_a_limited_number_of_sets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = itertools.count()

    def counted(self: Any, *sets: Any) -> int:
        assert next(looks) < MOST_SETS * MOST_STEPS
        return bound(self, *sets)

    bound = _Search._bound
    monkeypatch.setattr(_Search, "_bound", counted)
    needs = [f"n{number}" for number in range(50)]
    chance = random.Random(1)
    offers = [
        Offer(f"C{one:02}", {need: chance.randint(40, 99) for need in needs if chance.random() < 0.3})
        for one in range(60)
    ]
    found = consortia(needs, offers)
    assert not found.proved
    assert len(found.consortia) == MOST_SETS


def test_what_nobody_covers_stays_uncovered() -> None:
    best = consortia(["n1", "n2", "n3"], _offers({"C1": {"n1": 50}, "C2": {"n3": 50}})).consortia[0]
    assert best.uncovered == ("n2",)


def test_one_need_or_one_company_makes_no_consortium() -> None:
    assert consortia(["n1"], _offers({"C1": {"n1": 50}, "C2": {"n1": 60}})) == Found((), True)
    assert consortia(["n1", "n2"], _offers({"C1": {"n1": 50, "n2": 50}})) == Found((), True)
    assert consortia(["n1", "n2"], []) == Found((), True)


def test_who_covers_everything_alone_is_named() -> None:
    offers = _offers({"C2": {"n1": 50, "n2": 40}, "C1": {"n1": 90}})
    assert who_covers_all(["n1", "n2"], offers) == ["C2"]


def test_who_names_the_other_as_competitor_or_not_to_meet_is_at_odds() -> None:
    one = company("C1", competitors=("C2",))
    two, three = company("C2"), company("C3", not_to_meet=("company c2",))
    assert conflicts_among([one, two, three]) == {frozenset({"C1", "C2"}), frozenset({"C2", "C3"})}
    assert conflicts_among([company("C1", name=""), company("C2", competitors=("",))]) == frozenset()
