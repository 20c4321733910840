"""What holds for every report, whatever the companies and needs are."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.organisations.domain.model import Company, MatchRequest, Partner
from services.matching.reports.domain.report import canonical_json
from services.matching.scoring.domain.policy import STANDARD_POLICY
from tests.services.matching.reports.domain.proofs import (
    assert_area_words_stand,
    assert_quotes_stand,
    assert_sums,
)
from tests.services.matching.reports.domain.small_world import company, need, partner, report, request

WORDS = [
    "telecare", "alarm", "home care", "lock", "radiotherapy", "hand hygiene", "ventilation", "Trygghetslarm",
    "handhygien", "nødkald", "and", "for", "sterilisation", "hospital.", "“quoted”", "больница", "(", "\n",
]  # fmt: skip
AREAS = ["cancer", "amr", "ageing", "digital", "hospitals", "unheard"]
KINDS = ["manufacturer", "region", "academia", "cluster", "", "digital"]

Case = tuple[list[Company], MatchRequest, Partner]

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
area_lists = st.lists(st.sampled_from(AREAS), max_size=2, unique=True).map(tuple)
word_lists = st.lists(st.sampled_from(["Norway", "EU", "Nordics", "Germany", "who knows"]), max_size=2).map(
    tuple
)


@st.composite
def a_company(draw: st.DrawFn, company_id: str) -> Company:
    return company(
        company_id,
        draw(texts),
        areas=draw(area_lists),
        kind=draw(st.sampled_from(KINDS)),
        description=draw(st.one_of(st.just(""), texts)),
        membership=draw(st.sampled_from(["member", "small member", "network", "lapsed"])),
        markets=draw(st.one_of(st.none(), word_lists)),
        excluded_markets=draw(word_lists),
        partnership_kinds=draw(st.lists(st.sampled_from(["pilot", "licence"]), max_size=1).map(tuple)),
        regulatory_status=draw(st.sampled_from([None, (), ("CE",)])),
    )


@st.composite
def a_case(draw: st.DrawFn) -> Case:
    companies = [draw(a_company(f"C{n}")) for n in range(draw(st.integers(0, 6)))]
    needs = [
        need(draw(texts), f"n{n}", title=draw(st.one_of(st.just(""), texts)), focus_areas=draw(area_lists))
        for n in range(draw(st.integers(1, 3)))
    ]
    return companies, request(*needs), partner(partnership_kinds=draw(st.sampled_from([(), ("pilot",)])))


LOW = replace(STANDARD_POLICY, floor=1.0, tail=0.0)
"""A policy that lets nearly every pair through, so that much is looked at."""


def low(case: Case) -> dict[str, Any]:
    companies, asked, of = case
    return report(companies, asked, of, policy=LOW).to_json()


@given(a_case())
@settings(max_examples=60, deadline=None)
def test_the_parts_sum_to_the_score_and_every_score_is_between_0_and_100(case: Case) -> None:
    for match in low(case)["matches"]:
        assert_sums(match)
        assert match["score"] == round(match["score"], 2)


@given(a_case())
@settings(max_examples=60, deadline=None)
def test_every_quote_stands_in_the_text_it_is_quoted_from(case: Case) -> None:
    companies, asked, of = case
    by_id = {one.id: one for one in companies}
    body = low(case)
    assert_area_words_stand(body, of, asked)
    for match in body["matches"]:
        assert_quotes_stand(match, by_id[match["company"]["id"]], of, asked)


@given(a_case(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_companies_changes_nothing(case: Case, chance: random.Random) -> None:
    companies, asked, of = case
    shuffled = list(companies)
    chance.shuffle(shuffled)
    assert canonical_json(report(shuffled, asked, of)) == canonical_json(report(companies, asked, of))


@given(a_case(), st.sampled_from(["member", "network", "lapsed"]), st.integers(0, 100_000))
@settings(max_examples=60, deadline=None)
def test_neither_membership_nor_size_changes_a_score(case: Case, membership: str, employees: int) -> None:
    companies, asked, of = case
    others = [
        replace(one, membership=membership, employees=employees, capacity=employees) for one in companies
    ]
    before, after = (
        {
            match["id"]: (match["score"], match["toward_company"], match["parts"])
            for match in report(given, asked, of, policy=replace(LOW, most_matches=100)).to_json()["matches"]
        }
        for given in (companies, others)
    )
    assert before == after


@given(a_case())
@settings(max_examples=60, deadline=None)
def test_reasons_and_questions_are_there_in_both_languages_and_say_no_score(case: Case) -> None:
    for match in low(case)["matches"]:
        for told in (match["reasons"], match["questions"]):
            assert set(told) == {"sv", "en"}
            assert len(told["sv"]) == len(told["en"])
        assert match["reasons"]["en"]
        for line in (*match["reasons"]["sv"], *match["reasons"]["en"]):
            assert "poäng" not in line
            assert "points" not in line


@given(a_case())
@settings(max_examples=60, deadline=None)
def test_each_need_lists_roles_apart_members_first_then_by_score(case: Case) -> None:
    body = low(case)
    order = [
        (
            [one["id"] for one in body["needs"]].index(match["need_id"]),
            ["supplier", "study_visit_host", "knowledge_partner"].index(match["role"]),
            match["company"]["membership"] == "network",
            -match["score"],
            match["company"]["id"],
        )
        for match in body["matches"]
    ]
    assert order == sorted(order)
    matched = {match["need_id"] for match in body["matches"]}
    assert [one["covered"] for one in body["needs"]] == [one["id"] in matched for one in body["needs"]]
    assert {(one["company"]["id"], one["need_id"]) for one in body["excluded"]}.isdisjoint(
        (match["company"]["id"], match["need_id"]) for match in body["matches"]
    )


@given(a_case(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_needs_changes_nothing_but_the_order_of_their_answers(
    case: Case, chance: random.Random
) -> None:
    companies, asked, of = case
    needs = list(asked.needs)
    chance.shuffle(needs)
    turned = report(companies, replace(asked, needs=tuple(needs)), of, policy=LOW).to_json()
    straight = low(case)
    for part in ("matches", "excluded"):
        for one in asked.needs:
            assert [found for found in turned[part] if found["need_id"] == one.id] == [
                found for found in straight[part] if found["need_id"] == one.id
            ]


@given(a_case())
@settings(max_examples=60, deadline=None)
def test_a_small_member_is_ranked_and_scored_as_a_large_one(case: Case) -> None:
    companies, asked, of = case

    def ranked(membership: str) -> list[tuple[str, float]]:
        members = [
            one if one.membership == "network" else replace(one, membership=membership) for one in companies
        ]
        return [
            (match["id"], match["score"])
            for match in report(members, asked, of, policy=LOW).to_json()["matches"]
        ]

    assert ranked("member") == ranked("small member") == ranked("institution")
