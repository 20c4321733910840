"""Marks on a match: what staff should know, without any effect on score or order within a group."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.matching.organisations.domain.model import Company, MatchRequest, MustHaves, Partner
from services.matching.scoring.domain.exclusions import lifted_conflicts
from services.matching.scoring.domain.flags import flags_of
from services.matching.scoring.domain.history import History, PastIntroduction
from services.matching.scoring.domain.policy import STANDARD_POLICY
from tests.services.matching.reports.domain.small_world import AS_OF, company, partner, request


def marks(
    one: Company | None = None,
    of: Partner | None = None,
    asked: MatchRequest | None = None,
    history: History | None = None,
    suppliers: int = 3,
    as_of: datetime = AS_OF,
) -> dict[str, str]:
    found = flags_of(
        one or company(),
        of or partner(),
        asked or request(),
        history or History(),
        STANDARD_POLICY,
        as_of,
        suppliers,
    )
    assert all(flag.text["sv"] and flag.text["en"] for flag in found)
    return {flag.code: flag.text["en"] for flag in found}


def met(days_ago: float, request_id: str = "R0") -> History:
    return History((PastIntroduction("P1", "C1", AS_OF - timedelta(days=days_ago), request_id),))


def test_an_ordinary_match_has_no_marks() -> None:
    assert marks() == {}


@pytest.mark.parametrize(
    ("membership", "code"),
    [
        ("network", "network_company"),
        ("small member", "small_member"),
        ("lapsed", "lapsed_member"),
        ("institution", None),
    ],
)
def test_the_membership_is_marked_where_staff_must_think_of_it(membership: str, code: str | None) -> None:
    assert list(marks(company(membership=membership))) == ([code] if code else [])


@pytest.mark.parametrize("named", ["P1", "bergen city"])
def test_an_existing_customer_and_a_competitor_are_known_by_id_or_name(named: str) -> None:
    assert list(marks(company(existing_customers=(named,)))) == ["existing_customer"]
    assert list(marks(company(competitors=(named,)))) == ["competitor"]


def test_an_introduction_within_the_rest_period_is_marked_with_its_day() -> None:
    assert marks(history=met(30)) == {"already_introduced": "They were introduced on 2026-01-31."}
    assert marks(history=met(365)) != {}
    assert marks(history=met(366)) == {}


def test_an_introduction_of_this_request_or_of_others_is_not_marked() -> None:
    assert marks(history=met(30, "R1")) == {}
    assert marks(company("C2"), history=met(30)) == {}
    assert marks(of=partner(id="P2"), history=met(30)) == {}


def test_an_introduction_after_the_reports_moment_is_not_looked_at() -> None:
    assert marks(history=met(-1)) == {}


def test_an_exclusive_distributor_is_a_route_that_says_who() -> None:
    through = company(exclusive_distributors={"Norge": "Nordic Care AS", "Poland": "Other"})
    assert marks(through) == {
        "exclusive_distributor": "The way goes through Nordic Care AS, the exclusive distributor in Norway."
    }
    own = company(exclusive_distributors={"Norway": "P1"})
    assert marks(own) == {
        "exclusive_distributor": "Bergen City is Company C1's exclusive distributor in Norway."
    }


def test_a_distributor_of_a_group_of_countries_is_the_route_to_each_of_them() -> None:
    assert list(marks(company(exclusive_distributors={"Nordics": "Nordic Care AS"}))) == [
        "exclusive_distributor"
    ]


def test_an_exclusion_that_staff_lifted_stays_visible_with_its_code_and_reason() -> None:
    outside = company(markets=("Germany",))
    lifted = lifted_conflicts(outside, partner(), request(), frozenset({("C1", "outside_markets")}))
    (flag,) = flags_of(outside, partner(), request(), History(), STANDARD_POLICY, AS_OF, 3, lifted)
    assert flag.code == "lifted_outside_markets"
    assert flag.text["en"].startswith("Excluded, lifted by staff: Company C1 does not work in Norway")


def test_a_required_kind_of_partnership_that_a_company_does_not_offer_is_marked() -> None:
    asked = request(must_haves=MustHaves(partnership_kinds=("pilot",)))
    assert list(marks(company(partnership_kinds=("licence",)), asked=asked)) == ["partnership_kind_missing"]
    assert marks(company(partnership_kinds=("Pilot",)), asked=asked) == {}
    assert marks(company(), asked=asked) == {}


@pytest.mark.parametrize("stage", ["tender open", "tender_open"])
def test_an_open_tender_allows_no_one_to_ones(stage: str) -> None:
    assert list(marks(asked=request(procurement_stage=stage))) == ["tender_open"]


def test_a_market_dialogue_wants_three_suppliers_for_each_need() -> None:
    dialogue = request(procurement_stage="market dialogue")
    assert list(marks(asked=dialogue, suppliers=2)) == ["market_dialogue_few_suppliers"]
    assert marks(asked=dialogue, suppliers=3) == {}


def test_a_required_language_that_a_company_does_not_state_is_marked() -> None:
    asked = request(must_haves=MustHaves(languages=("pl", "en")))
    assert marks(company(languages=("sv", "en")), asked=asked) == {
        "language_missing": "The request requires Polish, which Company C1 has not stated."
    }
    assert marks(company(), asked=asked) == {}


def test_several_marks_stand_beside_each_other() -> None:
    marked: dict[str, Any] = {"membership": "network", "competitors": ("P1",)}
    assert list(marks(company(**marked), history=met(1))) == [
        "network_company",
        "competitor",
        "already_introduced",
    ]
