"""Only a known conflict keeps two apart; the unknown becomes a question."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.organisations.domain.model import MustHaves
from services.matching.scoring.domain.exclusions import (
    LIFTABLE,
    conflicts,
    exclusions,
    lifted_conflicts,
    questions,
)
from tests.services.matching.reports.domain.small_world import company, partner, request

CE = request(must_haves=MustHaves(regulatory_status=("CE class IIa",)))


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("withdrawn", {"status": "withdrawn"}),
        ("company_declines", {"not_to_meet": ("P1",)}),
        ("excluded_market", {"excluded_markets": ("Norge",)}),
        ("excluded_market", {"markets": ("worldwide",), "excluded_markets": ("Nordics",)}),
        ("outside_markets", {"markets": ("Germany", "EU")}),
        ("regulatory_status_missing", {"regulatory_status": ("ISO 13485",)}),
    ],
)
def test_a_known_conflict_excludes_with_a_reason_in_both_languages(code: str, more: dict[str, Any]) -> None:
    (found,) = exclusions(company(**more), partner(), CE)
    assert found.code == code
    assert "Company C1" in found.reason["sv"]
    assert "Company C1" in found.reason["en"]


def test_the_partners_block_list_excludes_too() -> None:
    (found,) = exclusions(company(), partner(not_to_meet=("C1",)), request())
    assert found.code == "partner_declines"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"markets": None},
        {"markets": ()},
        {"markets": ("Norway",)},
        {"markets": ("Europe",)},
        {"markets": ("EU", "neighbouring countries")},
        {"excluded_markets": ("somewhere",)},
        {"regulatory_status": None},
        {"regulatory_status": ("CE",)},
        {"capabilities": ()},
        {"not_to_meet": ("P2",)},
    ],
)
def test_what_is_unknown_or_fits_excludes_nobody(more: dict[str, Any]) -> None:
    assert exclusions(company(**more), partner(), CE) == ()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"excluded_markets": ("Norway, Denmark",)}, "excluded_market"),
        ({"excluded_markets": ("Norge och Danmark",)}, "excluded_market"),
        ({"markets": ("Finland / Germany",)}, "outside_markets"),
    ],
)
def test_a_word_of_an_older_profile_that_names_several_countries_is_read_as_several(
    more: dict[str, Any], code: str
) -> None:
    assert [one.code for one in exclusions(company(**more), partner(), request())] == [code]


@pytest.mark.parametrize(
    "more", [{"markets": ("N/A",)}, {"markets": ("Germany", "Atlantis")}, {"excluded_markets": ("Atlantis",)}]
)
def test_a_market_that_nobody_knows_is_asked_about(more: dict[str, Any]) -> None:
    assert exclusions(company(**more), partner(), request()) == ()
    assert "Is Company C1 allowed to sell in Norway?" in [
        one["en"] for one in questions(company(**{"markets": ("Norway",), **more}), partner(), request())
    ]


def test_a_status_that_says_that_it_is_not_known_is_asked_about_and_excludes_nobody() -> None:
    unknown = company(regulatory_status=("N/A",))
    assert exclusions(unknown, partner(), CE) == ()
    assert [one["en"] for one in questions(unknown, partner(), CE) if "CE" in one["en"]]


def test_a_partner_without_a_country_is_in_nobodys_excluded_market() -> None:
    picky = company(markets=("Germany",), excluded_markets=("Norway",))
    assert exclusions(picky, partner(country=""), request()) == ()


def test_staff_lift_one_exclusion_of_one_company() -> None:
    declining = company(not_to_meet=("P1",), markets=("Germany",))
    codes = [one.code for one in exclusions(declining, partner(), request())]
    assert codes == ["company_declines", "outside_markets"]
    lifted = frozenset({("C1", "company_declines"), ("C2", "outside_markets")})
    assert [one.code for one in exclusions(declining, partner(), request(), lifted)] == ["outside_markets"]


def test_a_lifted_exclusion_is_still_known_as_a_conflict() -> None:
    declining = company(not_to_meet=("P1",), markets=("Germany",))
    lifted = frozenset({("C1", "company_declines")})
    assert [one.code for one in lifted_conflicts(declining, partner(), request(), lifted)] == [
        "company_declines"
    ]
    assert len(conflicts(declining, partner(), request())) == 2
    assert lifted_conflicts(company(), partner(), request(), lifted) == ()


def test_a_company_that_has_left_the_register_cannot_be_lifted_back() -> None:
    gone = company(status="withdrawn")
    assert "withdrawn" not in LIFTABLE
    assert exclusions(gone, partner(), request(), frozenset({("C1", "withdrawn")}))[0].code == "withdrawn"


def test_an_exclusive_distributor_is_a_route_and_no_conflict() -> None:
    through = company(markets=("Germany",), exclusive_distributors={"Nordics": "Nordic Care AS"})
    assert exclusions(through, partner(), request()) == ()
    assert questions(company(exclusive_distributors={"Norway": "Nordic Care AS"}), partner(), request()) == ()
    elsewhere = company(markets=("Germany",), exclusive_distributors={"Poland": "Other"})
    assert [one.code for one in exclusions(elsewhere, partner(), request())] == ["outside_markets"]


def test_a_market_that_a_company_rules_out_stays_out_whoever_sells_there() -> None:
    through = company(excluded_markets=("Norway",), exclusive_distributors={"Norway": "Nordic Care AS"})
    assert [one.code for one in exclusions(through, partner(), request())] == ["excluded_market"]


def test_a_required_kind_of_partnership_is_asked_about_when_the_company_states_none() -> None:
    pilot = request(must_haves=MustHaves(partnership_kinds=("pilot", "licence")))
    (asked,) = questions(company(markets=("all",)), partner(), pilot)
    assert asked["en"] == "Is Company C1 open to this kind of partnership: pilot or licence?"
    stated = company(markets=("all",), partnership_kinds=("distribution",))
    assert questions(stated, partner(), pilot) == ()
    assert exclusions(stated, partner(), pilot) == ()


def test_an_unknown_market_is_asked_about() -> None:
    (asked,) = questions(company(), partner(), request())
    assert asked == {"sv": "Får Company C1 sälja i Norge?", "en": "Is Company C1 allowed to sell in Norway?"}


@pytest.mark.parametrize("more", [{"markets": ("Nordics",)}, {"country": "Norge"}, {"kind": "academia"}])
def test_a_market_that_is_known_or_beside_the_point_is_not_asked_about(more: dict[str, Any]) -> None:
    assert questions(company(**more), partner(), request()) == ()


def test_a_required_status_that_is_not_given_is_asked_about() -> None:
    asked = [
        one["en"] for one in questions(company(markets=("all",), regulatory_status=("CE",)), partner(), CE)
    ]
    assert asked == ["Does Company C1 have CE class IIa? It is required, and the profile does not say."]
    assert questions(company(markets=("all",), regulatory_status=("CE class IIa",)), partner(), CE) == ()


def test_a_required_language_is_asked_about_when_the_company_states_none() -> None:
    polish = request(must_haves=MustHaves(languages=("pl",)))
    asked = questions(company(markets=("all",)), partner(), polish)
    assert asked == ({"sv": "Kan Company C1 arbeta på polska?", "en": "Can Company C1 work in Polish?"},)
    assert questions(company(markets=("all",), languages=("pl",)), partner(), polish) == ()


def test_a_host_is_asked_whether_it_receives_visits_instead_of_where_it_sells() -> None:
    asked = [one["en"] for one in questions(company(kind="hospital"), partner(), request())]
    assert asked == ["Can Company C1 receive a study visit?"]


@given(
    st.text(max_size=20),
    st.lists(st.text(max_size=12), max_size=3),
    st.one_of(st.none(), st.lists(st.text(max_size=12), min_size=1, max_size=3)),
)
def test_words_that_nobody_knows_never_exclude(
    country: str, excluded: list[str], markets: list[str] | None
) -> None:
    unknown = [f"¤{word}¤xyzzy" for word in excluded]
    selling = [f"¤{word}¤xyzzy" for word in markets] if markets else None
    offering = company(excluded_markets=tuple(unknown), markets=tuple(selling) if selling else None)
    assert exclusions(offering, partner(country=country), request()) == ()
