from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.organisations.domain.model import Company, MatchRequest, Partner
from services.matching.reports.domain.change_impact import (
    ONE_BY_ONE,
    Watched,
    bars_of,
    changed_between,
    stacked,
    touched,
)
from services.matching.reports.domain.make_report import MadeReport, make_report
from services.matching.reports.domain.report import canonical_json
from services.matching.scoring.domain.features import company_features, need_features
from services.matching.scoring.domain.history import History
from services.matching.scoring.domain.policy import STANDARD_POLICY, ScoringPolicy
from tests.services.matching.reports.domain.small_world import (
    AS_OF,
    company,
    need,
    partner,
    report,
    request,
    small_engine,
)
from tests.services.matching.reports.domain.test_report_properties import LOW, Case, a_case, a_company, low

POLICIES = [
    STANDARD_POLICY,
    replace(STANDARD_POLICY, floor=1.0, tail=0.0, opening_words=0.0, least_words=0.0),
    replace(STANDARD_POLICY, floor=1.0, tail=0.9, opening_words=0.0, least_words=0.0),
    replace(STANDARD_POLICY, floor=5.0, tail=0.3, candidates=1, opening_words=0.0),
    replace(STANDARD_POLICY, floor=5.0, tail=0.0, candidates=2, most_matches=1),
    replace(STANDARD_POLICY, floor=1.0, tail=0.0, candidates=1, opening_words=0.0, least_words=0.0),
]

Asked = tuple[MatchRequest, Partner]


def report_of(companies: list[Company], asked: Asked, policy: ScoringPolicy) -> MadeReport:
    engine = small_engine()
    features = company_features(companies, engine)
    moments = {one.id: AS_OF + timedelta(days=one.version) for one in companies}
    return make_report(*asked, features, History(), policy, engine, AS_OF, frozenset(), moments=moments)


def made(companies: list[Company], asked: Asked, policy: ScoringPolicy) -> dict[str, Any]:
    return report_of(companies, asked, policy).report.to_json()


def touches(
    before: list[Company], after: list[Company], asked: list[Asked], policy: ScoringPolicy
) -> dict[str, set[str]]:
    engine = small_engine()
    needs = [need_features([(of, one) for one in each.needs], engine, policy) for each, of in asked]
    reports = [report_of(before, one, policy) for one in asked]
    bars = [bars_of(one.report, one.reach, policy) for one in reports]
    watched = Watched(
        stacked(needs),
        np.array([bar for some in bars for bar in some], dtype=np.float32),
        [each.id for (each, _), some in zip(asked, bars, strict=True) for _ in some],
    )
    return touched(watched, *(company_features(side, engine) for side in (before, after)))


@st.composite
def changes(draw: st.DrawFn) -> tuple[list[Company], list[Company], Asked]:
    before, asked, of = draw(a_case())
    after = [one for one in before if draw(st.integers(0, 4))]
    after = [
        replace(draw(a_company(one.id)), version=2) if not draw(st.integers(0, 2)) else one for one in after
    ]
    after += [draw(a_company(f"C{number}")) for number in range(7, 7 + draw(st.integers(0, 2)))]
    return before, after, (asked, of)


@given(changes(), st.sampled_from(POLICIES))
@settings(max_examples=120, deadline=None)
def test_a_report_that_a_change_does_not_touch_is_the_same_byte_for_byte(
    case: tuple[list[Company], list[Company], Asked], policy: ScoringPolicy
) -> None:
    before, after, asked = case
    if asked[0].id not in touches(before, after, [asked], policy):
        old, new = (canonical_json(made(side, asked, policy)) for side in (before, after))
        assert old == new


@given(a_case(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_company_that_scores_just_enough_to_be_named_touches(case: Case, data: st.DataObject) -> None:
    companies, asked, of = case
    named = [one for one in low(case)["matches"] if one["cap"] is None and one["score"] >= 1.0]
    if named:
        chosen = data.draw(st.sampled_from(named))
        just = replace(LOW, floor=chosen["score"])
        changed = chosen["company"]["id"]
        after = [replace(one, version=2) if one.id == changed else one for one in companies]
        assert touches(companies, after, [(asked, of)], just) == {asked.id: {changed}}


def test_most_of_many_reports_are_not_touched_and_those_are_the_same() -> None:
    chance = random.Random(5)
    texts = [
        "telecare alarms",
        "radiotherapy linac",
        "hand hygiene",
        "digital locks",
        "ventilation",
        "home care",
    ]
    before = [company(f"C{number:03}", f"{chance.choice(texts)} {number}.") for number in range(30)]
    asked = [
        (request(need(f"We need {chance.choice(texts)} and {number}."), id=f"R{number}"), partner())
        for number in range(10)
    ]
    for step in range(5):
        after = list(before)
        place = chance.randrange(len(after))
        after[place] = replace(company(after[place].id, chance.choice(texts)), version=step + 2)
        found = touches(before, after, asked, STANDARD_POLICY)
        assert set().union(*found.values()) <= {after[place].id}
        assert len(found) < len(asked)
        for one in asked:
            same = made(before, one, STANDARD_POLICY) == made(after, one, STANDARD_POLICY)
            assert same or one[0].id in found
        before = after


def test_a_company_that_is_named_touches_and_one_that_has_nothing_to_do_with_it_does_not() -> None:
    asked: Asked = (request(), partner())
    before = [company("C1"), company("C2", "Radiotherapy linac.")]
    for changed, named in (("C1", True), ("C2", False)):
        after = [replace(one, version=2) if one.id == changed else one for one in before]
        assert touches(before, after, [asked], STANDARD_POLICY) == ({"R1": {changed}} if named else {})


def test_the_first_and_the_last_company_touch_every_report() -> None:
    asked: Asked = (request(), partner())
    some = [company("C1", "Radiotherapy linac.")]
    assert touches([], some, [asked], STANDARD_POLICY) == {"R1": set()}
    assert touches(some, [], [asked], STANDARD_POLICY) == {"R1": set()}


def test_of_very_many_changes_it_is_not_said_which_touched() -> None:
    before = [company(f"C{number:02}") for number in range(ONE_BY_ONE + 1)]
    after = [replace(one, version=2) for one in before]
    assert touches(before, after, [(request(), partner())], STANDARD_POLICY) == {"R1": set()}


def test_what_changed_is_what_is_new_gone_or_of_another_version() -> None:
    engine = small_engine()
    before, after = (
        company_features(side, engine)
        for side in (
            [company("C1"), company("C2"), company("C3")],
            [company("C2", version=2), company("C3"), company("C4")],
        )
    )
    assert changed_between(before, after) == ["C1", "C2", "C4"]


@pytest.mark.parametrize("excluding", [True, False])
def test_what_is_excluded_from_one_need_leaves_the_candidates_of_another(excluding: bool) -> None:
    policy = replace(STANDARD_POLICY, candidates=1, tail=0.0, floor=5.0, opening_words=0.0, least_words=0.0)
    both = request(need("Radiotherapy linac."), need("Telecare with alarms.", "n2"))
    others = [company("C1", "Telecare alarms."), company("C2", "Telecare.")]
    markets = ("Norway",) if excluding else ()
    first = company("C9", "Radiotherapy linac.", excluded_markets=markets)
    found = report([first, *others], both, policy=policy)
    assert [one.company.id for one in found.matches_of("n2")] == ["C1"]
