from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.policies.domain.policy_checks import PARTS, make_policy, scaled
from services.matching.policies.labels import FAULTS, RULE_WORDS
from services.matching.refusals import RefusedError
from services.matching.scoring.domain.features import PARTS as SCORED
from services.matching.scoring.domain.policy import (
    RULES,
    STANDARD_POLICY,
    STANDARD_WEIGHTS,
    ScoringPolicy,
    policy_to_json,
)

WEIGHTS = dict(STANDARD_WEIGHTS)

shares = st.fixed_dictionaries({part: st.floats(0, 1000) for part in PARTS})


def wrong(weights: dict[str, Any], **rules: Any) -> set[str]:
    with pytest.raises(RefusedError) as bad:
        make_policy(1, weights, rules)
    for fault in bad.value.faults:
        assert str(fault).startswith(fault.field)
    return {fault.field for fault in bad.value.faults}


def test_every_field_of_a_policy_has_a_range_and_words() -> None:
    names = {one.name for one in fields(ScoringPolicy)} - {"version", "weights"}
    assert names == set(RULES) == set(RULE_WORDS)
    assert set(PARTS) == set(SCORED)


def test_the_standard_policy_passes_its_own_checks_unchanged() -> None:
    content = policy_to_json(STANDARD_POLICY)
    rules = {name: content[name] for name in RULES}
    assert make_policy(1, content["weights"], rules) == ScoringPolicy(weights=WEIGHTS)


@given(shares.filter(lambda weights: sum(weights.values()) > 1e-6))
def test_weights_are_scaled_to_exactly_100_in_hundredths_and_then_stay(weights: dict[str, float]) -> None:
    once = scaled(weights)
    assert sum(round(points * 100) for points in once.values()) == 10_000
    assert all(points >= 0 and points == round(points, 2) for points in once.values())
    total = math.fsum(weights.values())
    assert all(abs(once[part] - 100 * weights[part] / total) <= 0.01 + 1e-9 for part in PARTS)
    assert scaled(once) == once


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_outside_its_range_is_named(rule: str) -> None:
    huge = (10**400, -(10**400), 10**5000)
    for value in (RULES[rule].low - 1, RULES[rule].high + 1, *huge, math.nan, math.inf, True, "much"):
        assert wrong(WEIGHTS, **{rule: value}) == {rule}
    if RULES[rule].whole:
        assert wrong(WEIGHTS, **{rule: 2.5}) == {rule}


def test_a_fault_shows_what_was_given_in_a_few_digits() -> None:
    for sent, shown in ((1001, "1001"), (10**400, "1.00e+400"), (-(10**5000), "-1.00e+5000")):
        with pytest.raises(RefusedError) as bad:
            make_policy(1, {**WEIGHTS, "text": sent}, {"floor": sent})
        assert {one.values["given"] for one in bad.value.faults} == {shown}


def test_wrong_weights_are_named_all_at_once() -> None:
    assert wrong({"concepts": -1.0, "text": math.nan, "colour": 3.0}) >= {
        "weights.concepts",
        "weights.text",
        "weights.colour",
        "weights.areas",
    }
    assert wrong(dict.fromkeys(PARTS, 0.0)) == {"weights"}
    assert wrong(WEIGHTS, colour=1.0) == {"colour"}


def test_rules_that_contradict_each_other_are_named() -> None:
    assert wrong(WEIGHTS, least_words=20.0, opening_words=10.0) == {"opening_words"}
    assert wrong(WEIGHTS, candidates=5, most_matches=6) == {"candidates"}
    no_words = {**dict.fromkeys(PARTS, 0.0), "areas": 50.0, "kind": 50.0}
    assert wrong(no_words) == {"opening_words"}


@given(
    shares.map(lambda weights: {**weights, "text": weights["text"] - 500}),
    st.fixed_dictionaries({}, optional={name: st.floats(-10, 600) for name in RULES}),
)
def test_whatever_is_sent_makes_a_policy_or_names_a_field_in_words_that_are_translated(
    weights: dict[str, float], rules: dict[str, float]
) -> None:
    found: set[str] = set()
    try:
        policy = make_policy(3, weights, rules)
    except RefusedError as bad:
        found = {text for fault in bad.faults for text in (fault.problem, fault.fix)}
    else:
        assert policy.version == 3
    assert found <= set(FAULTS)
