"""How well a partner serves a company's aims."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.organisations.domain.model import MustHaves
from services.matching.reports.domain.explanations import cap_part
from services.matching.scoring.domain.aims import (
    LANGUAGE,
    MARKETS,
    PARTNERSHIP_KINDS,
    AimPart,
    Aims,
    cap_of,
    serves_aims,
    weak_aims,
)
from services.matching.scoring.domain.policy import STANDARD_POLICY
from services.matching.why_not.domain.sentences import gate
from tests.services.matching.reports.domain.small_world import company, partner, request


def shares(**more: Any) -> dict[str, float | None]:
    aims = serves_aims(company(language="", **more), partner(language=""), request())
    return {part.name: part.points / part.most if part.known else None for part in aims.parts}


def test_what_is_not_known_is_neutral_and_never_a_cap() -> None:
    aims = serves_aims(company(language=""), partner(language=""), request())
    assert aims.total == 50.0
    assert aims.unknown == (MARKETS, PARTNERSHIP_KINDS, LANGUAGE)
    assert cap_of(aims, STANDARD_POLICY) is None
    assert cap_of(aims, replace(STANDARD_POLICY, weak_direction=90.0)) is None


def test_reports_and_why_not_name_the_same_known_aims_as_weak() -> None:
    aims = Aims(
        (
            AimPart(MARKETS, 0.0, 50.0, known=True),
            AimPart(PARTNERSHIP_KINDS, 0.0, 30.0, known=False),
            AimPart(LANGUAGE, 0.0, 20.0, known=True),
        )
    )
    assert weak_aims(aims) == {"sv": "marknader och språk", "en": "markets and language"}
    for told in (cap_part(aims, 60.0, 40.0).missing, gate(company(), "weak_direction", aims)):
        assert told["en"].endswith(" looks for: markets and language.")
        assert told["sv"].endswith(": marknader och språk.")


def test_a_wanted_market_counts_and_another_does_not() -> None:
    assert shares(markets=("Nordics",))[MARKETS] == 1.0
    assert shares(markets=("Germany",))[MARKETS] == 0.0
    assert shares(excluded_markets=("Norway",))[MARKETS] == 0.0
    assert shares(markets=("our neighbours",))[MARKETS] is None
    assert shares(markets=("Germany",), exclusive_distributors={"Norway": "Other"})[MARKETS] == 1.0


def test_where_staff_lifted_what_a_profile_says_of_markets_they_are_not_known() -> None:
    outside = company(markets=("Germany",), language="")
    for code, known in [("outside_markets", False), ("excluded_market", False), ("company_declines", True)]:
        aims = serves_aims(outside, partner(language=""), request(), frozenset({("C1", code)}))
        assert {part.name: part.known for part in aims.parts}[MARKETS] is known


def test_partnership_kinds_are_compared_when_both_sides_state_them() -> None:
    seeking = partner(partnership_kinds=("pilot",))
    for kinds, points in [(("Pilot",), 30.0), (("distribution",), 0.0), ((), 15.0)]:
        aims = serves_aims(company(partnership_kinds=kinds), seeking, request())
        assert {part.name: part.points for part in aims.parts}[PARTNERSHIP_KINDS] == points


@pytest.mark.parametrize(
    ("mine", "theirs", "share"),
    [
        (("sv", "en"), ("English",), 1.0),
        (("sv",), ("no",), 0.7),
        (("sv",), ("pl",), 0.0),
        ((), ("pl",), None),
    ],
)
def test_languages_are_compared_when_both_sides_state_them(
    mine: tuple[str, ...], theirs: tuple[str, ...], share: float | None
) -> None:
    aims = serves_aims(company(languages=mine, language=""), partner(languages=theirs), request())
    part = {part.name: part for part in aims.parts}[LANGUAGE]
    assert (part.points / part.most if part.known else None) == share


def test_the_language_of_a_text_can_show_a_shared_language_but_not_the_lack_of_one() -> None:
    shared = serves_aims(company(language="en"), partner(language="en"), request())
    apart = serves_aims(company(language="sv"), partner(language="pl"), request())
    assert LANGUAGE not in shared.unknown
    assert LANGUAGE in apart.unknown


def test_a_language_the_request_requires_counts_as_the_partners() -> None:
    asked = request(must_haves=MustHaves(languages=("pl",)))
    aims = serves_aims(company(languages=("sv",)), partner(language="en"), asked)
    assert {part.name: part.points for part in aims.parts}[LANGUAGE] == 0.0


def test_a_direction_known_to_be_weak_caps_the_total() -> None:
    aims = serves_aims(
        company(partnership_kinds=("distribution",), language=""),
        partner(partnership_kinds=("pilot",)),
        request(),
    )
    assert aims.total < STANDARD_POLICY.weak_direction
    assert cap_of(aims, STANDARD_POLICY) == STANDARD_POLICY.weak_cap


words = st.lists(
    st.sampled_from(["Norway", "EU", "Asia", "pilot", "en", "sv", "pl", "where?"]), max_size=3
).map(tuple)


@given(words, words, words, words, words, words)
def test_the_parts_sum_to_a_total_between_0_and_100(
    markets: tuple[str, ...], excluded: tuple[str, ...], kinds: tuple[str, ...], mine: tuple[str, ...],
    wanted: tuple[str, ...], theirs: tuple[str, ...],
) -> None:  # fmt: skip
    offering = company(
        markets=markets or None, excluded_markets=excluded, partnership_kinds=kinds, languages=mine
    )
    aims = serves_aims(offering, partner(partnership_kinds=wanted, languages=theirs), request())
    assert aims.total == pytest.approx(sum(part.points for part in aims.parts))
    assert sum(part.most for part in aims.parts) == 100.0
    assert all(0.0 <= part.points <= part.most for part in aims.parts)
