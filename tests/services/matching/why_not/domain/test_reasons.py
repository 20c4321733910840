"""A company learns which gate kept it out and what would change it, without a word of others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from services.matching.organisations.domain.model import Capability, Company, MatchRequest, MustHaves, Partner
from services.matching.scoring.domain.policy import STANDARD_POLICY, ScoringPolicy
from services.matching.why_not.domain.outcomes import NOT_CHOSEN
from services.matching.why_not.domain.reasons import Decided, NeedAnswer, WhyNot, why_not
from tests.services.matching.reports.domain.small_world import (
    company,
    need,
    partner,
    report,
    request,
    small_engine,
)
from tests.services.matching.reports.domain.test_report_properties import Case, a_case

ANSWER = "Telecare with alarms for home care."


def ask(
    one: Company,
    others: list[Company] | None = None,
    asked: MatchRequest | None = None,
    of: Partner | None = None,
    policy: ScoringPolicy = STANDARD_POLICY,
    **more: Any,
) -> WhyNot:
    asked, of = asked or request(), of or partner()
    lifted = more.get("lifted", frozenset())
    made = report([one, *(others or [])], asked, of, policy=policy, lifted=lifted)
    return why_not(asked, of, one, made, policy, small_engine(), **more)


def only(said: WhyNot) -> NeedAnswer:
    (answer,) = said.needs
    return answer


def codes(said: WhyNot) -> list[str]:
    return [one.code for one in only(said).reasons]


def changes(said: WhyNot) -> str:
    return " ".join(one.text["en"] for one in only(said).changes)


@pytest.mark.parametrize(
    ("gate", "one"),
    [
        ("nothing_in_common", company(text="Radiotherapy.")),
        ("outside_markets", company(text=ANSWER, markets=("Germany",))),
        ("company_declines", company(text=ANSWER, not_to_meet=("P1",))),
    ],
)
def test_the_gate_that_kept_a_company_out_is_named(gate: str, one: Company) -> None:
    asked = request(need("Telecare with alarms and hand hygiene."))
    said = ask(one, [company("C2", ANSWER)], asked)
    assert only(said).outcome == NOT_CHOSEN
    assert codes(said) == [gate]


def test_ticked_areas_and_a_fitting_kind_are_told_not_to_be_enough() -> None:
    said = ask(
        company(text="Ventilation.", areas=("amr",)),
        asked=request(need("Hand hygiene.", focus_areas=("amr",))),
        policy=replace(STANDARD_POLICY, least_words=60.0),
    )
    assert codes(said) == ["few_words"]
    assert "not enough" in only(said).reasons[0].text["en"]


def test_a_profile_that_answers_a_part_only_is_under_the_floor() -> None:
    said = ask(company(text=ANSWER), policy=replace(STANDARD_POLICY, floor=99.0))
    assert codes(said) == ["under_floor"]


def test_a_direction_that_is_known_to_be_weak_names_the_aims_that_are_not_met() -> None:
    picky = company(text=ANSWER, partnership_kinds=("licence",), languages=("pl",), language="")
    said = ask(
        picky,
        of=partner(partnership_kinds=("pilot",), languages=("no",)),
        policy=replace(STANDARD_POLICY, weak_cap=10.0),
    )
    assert codes(said) == ["weak_direction"]
    assert "kinds of partnership and language." in only(said).reasons[0].text["en"]
    assert "Look over" in changes(said)


def test_a_full_list_is_told_without_saying_who_is_on_it_or_how_many() -> None:
    others = [company(f"B{n}", f"{ANSWER} {ANSWER}") for n in range(12)]
    said = ask(company(text=ANSWER), others)
    assert codes(said) == ["others_nearer"]
    for language in ("sv", "en"):
        text = said.letter(language)
        assert not any(other.name in text or other.id in text for other in others)
        assert not any(character.isdigit() for character in text.replace("Company C1", ""))


def test_where_nobody_is_suggested_the_company_is_told_so() -> None:
    said = ask(company(text=ANSWER), policy=replace(STANDARD_POLICY, opening_words=99.0))
    assert codes(said) == ["none_sound"]


def test_a_company_that_has_changed_since_is_told_that_the_answer_may_be_another() -> None:
    empty = report([], request(), partner())
    said = why_not(
        request(), partner(), company(text=ANSWER), empty, STANDARD_POLICY, small_engine(), outdated=True
    )
    assert codes(said) == ["changed_since"]


def test_an_excluded_company_that_would_not_match_anyway_learns_both() -> None:
    said = ask(company(text="Radiotherapy.", markets=("Germany",)))
    assert codes(said) == ["outside_markets", "nothing_in_common"]


def test_doing_what_would_change_it_changes_it() -> None:
    outside = company(text=ANSWER, markets=("Germany",))
    assert "Add Norway to the markets" in changes(ask(outside))
    assert only(ask(replace(outside, markets=("Germany", "Norway")))).outcome == "suggested"
    silent = company(text="Ventilation.")
    assert "describe telecare" in changes(ask(silent))
    assert only(ask(company(text="Ventilation and telecare."))).outcome == "suggested"


def test_a_lifted_exclusion_is_no_reason_any_more() -> None:
    lifted = frozenset({("C1", "outside_markets")})
    assert only(ask(company(text=ANSWER, markets=("Germany",)), lifted=lifted)).outcome == "suggested"


def test_what_the_profile_leaves_open_is_asked_for() -> None:
    asked = request(must_haves=MustHaves(regulatory_status=("CE class IIa",), languages=("pl",)))
    found = {one.code: one.text["en"] for one in ask(company(), asked=asked).profile}
    assert set(found) == {
        "regulatory_status_unknown",
        "no_evidence",
        "markets_unknown",
        "languages_unknown",
    }
    assert "CE class IIa" in found["regulatory_status_unknown"]
    assert "Polish" in found["languages_unknown"]
    full = company(
        capabilities=(Capability("c", ANSWER, regulatory_status=("CE class IIa",), evidence="A study."),),
        markets=("Norway",),
        languages=("pl",),
    )
    assert ask(full, asked=asked).profile == ()
    assert [one.code for one in ask(company(capabilities=(), markets=("Norway",))).profile] == ["no_offer"]


def test_neither_the_foreign_organisation_nor_its_words_are_told_to_the_company() -> None:
    secret = request(need("Telecare after the Qvist affair.", title="Confidential tender"))
    for one in (
        company(text="Radiotherapy."),
        company(text=ANSWER, not_to_meet=("P1",)),
        company(text=ANSWER, markets=("Germany",)),
    ):
        said = ask(one, [company("C2", ANSWER)], secret, partner(not_to_meet=("C1",)))
        for language in ("sv", "en"):
            text = said.letter(language)
            assert not any(
                word in text for word in ("Bergen", "P1", "Qvist", "Confidential", "affair", "R1", "n1")
            )
    assert [one.need_quote for one in only(ask(company(text="Radiotherapy."), asked=secret)).asked_for] == [
        "Telecare"
    ]


def test_that_the_partner_declined_is_not_told_in_so_many_words() -> None:
    said = ask(company(text=ANSWER), of=partner(not_to_meet=("C1",)))
    assert codes(said) == ["partner_declines"]
    assert (
        only(said).reasons[0].text["en"]
        == "The organisation behind the request has limits of its own on whom it meets."
    )
    assert only(said).changes == ()


def test_what_staff_decided_is_told_in_their_words() -> None:
    rejected = {"n1": Decided("rejected", "The deadline has passed.")}
    said = ask(company(text=ANSWER), decided=rejected)
    assert only(said).outcome == "rejected"
    assert "The deadline has passed." in said.letter("en")
    assert only(ask(company(text=ANSWER), decided={"n1": Decided("introduced")})).outcome == "introduced"


@given(a_case())
@settings(max_examples=60, deadline=None)
def test_every_company_gets_an_answer_that_names_no_other_no_score_and_no_rank(case: Case) -> None:
    companies, asked, of = case
    named = [replace(one, name=f"Firm {one.id}zq") for one in companies]
    made = report(named, asked, of)
    listed = {match.id for match in made.matches}
    excluded = {(one.company.id, one.need_id, one.code) for one in made.excluded}
    for one in named:
        said = why_not(asked, of, one, made, STANDARD_POLICY, small_engine())
        for answer in said.needs:
            assert (answer.outcome == "suggested") == (f"{one.id}.{answer.need_id}" in listed)
            assert answer.reasons
            told = {reason.code for reason in answer.reasons}
            covered = bool(made.matches_of(answer.need_id))
            assert covered or "others_nearer" not in told
            assert not (covered and "none_sound" in told)
            assert {code for who, where, code in excluded if (who, where) == (one.id, answer.need_id)} <= told
        for language in ("sv", "en"):
            text = said.letter(language).casefold()
            assert not any(other.name.casefold() in text for other in named if other.id != one.id)
            assert not any(word in text for word in ("poäng", "points", "score", "rank", "placering"))
            assert of.name.casefold() not in text


@given(a_case())
@settings(max_examples=40, deadline=None)
def test_who_the_others_are_changes_nothing_in_an_answer(case: Case) -> None:
    companies, asked, of = case
    if not companies:
        return
    one, others = companies[0], companies[1:]
    renamed = [replace(other, name=f"Renamed {n}") for n, other in enumerate(others)]
    first, second = (
        why_not(asked, of, one, report([one, *some], asked, of), STANDARD_POLICY, small_engine())
        for some in (others, renamed)
    )
    assert [first.letter(x) for x in ("sv", "en")] == [second.letter(x) for x in ("sv", "en")]
