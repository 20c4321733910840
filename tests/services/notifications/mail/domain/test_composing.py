"""What a mail says, before it is written out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.notifications.contacts.domain.contact import Side, contact_from_state
from services.notifications.mail.domain.composing import LONGEST_TEXT, MailText, compose, mail_language
from services.notifications.mail.domain.introduction import (
    Introduction,
    Organisation,
    introduction_from_state,
)
from tests.services.notifications.world import introduction_state


def introduction(company: str, name: str, website: str = "", country: str = "Sweden") -> Introduction:
    return Introduction(
        id=f"R1.{company}",
        status="approved",
        request_id="R1",
        role="supplier",
        company=Organisation(company, name, country, website),
        partner=Organisation("P1", "Sykehus", "Norway", "https://sykehus.example"),
        approval_id="A1",
        approval_size=1,
        reasons={"sv": ("Därför.",), "en": ("Therefore.",)},
        questions={"sv": ("Varför inte?",)},
    )


def mail(side: Side, *introductions: Introduction, language: str = "sv") -> MailText:
    return compose(f"introduction_to_{side}", side, introductions, "Kari", language, "Org", "a@b.example")


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("sv", "sv"),
        ("SV", "sv"),
        ("sv-FI", "sv"),
        ("sv_SE", "sv"),
        ("en", "en"),
        ("da", "en"),
        ("no", "en"),
        ("", "en"),
    ],
)
def test_swedish_is_for_those_whose_language_it_is_and_english_for_all_else(code: str, language: str) -> None:
    assert mail_language(code) == language


def test_a_company_reads_about_the_partner() -> None:
    said = mail(Side.COMPANY, introduction("C1", "Företaget"))
    assert (said.organisation, [one.name for one in said.counterparts]) == ("Företaget", ["Sykehus"])
    assert said.reference == "R1"


def test_companies_come_in_the_order_of_their_names_not_of_their_rank() -> None:
    said = mail(
        Side.PARTNER, introduction("C1", "Zeta"), introduction("C2", "alfa"), introduction("C3", "Beta")
    )
    assert [one.name for one in said.counterparts] == ["alfa", "Beta", "Zeta"]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("sv", ["Alfa", "Écho", "Zeta", "Åkern", "Ängen", "Østlig", "Öström"]),
        ("en", ["Åkern", "Alfa", "Ängen", "Écho", "Østlig", "Öström", "Zeta"]),
    ],
)
def test_the_order_of_names_is_that_of_the_alphabet_of_who_reads_the_mail(
    language: str, expected: list[str]
) -> None:
    told = [introduction(f"C{number}", name) for number, name in enumerate(sorted(expected))]
    said = mail(Side.PARTNER, *told, language=language)
    assert [one.name for one in said.counterparts] == expected


def test_a_company_without_a_name_stands_where_its_id_does() -> None:
    said = mail(Side.PARTNER, introduction("M1", " "), introduction("C2", "Zeta"), introduction("C3", "Beta"))
    assert [one.name for one in said.counterparts] == ["Beta", "M1", "Zeta"]


def test_sentences_come_in_the_mails_language_or_else_in_the_one_there_is() -> None:
    said = mail(Side.COMPANY, introduction("C1", "Företaget"), language="en").counterparts[0]
    assert (said.reasons, said.questions) == (("Therefore.",), ("Varför inte?",))


@pytest.mark.parametrize(
    ("website", "shown"),
    [
        ("www.example.se", "https://www.example.se"),
        ("https://example.se/a b", "https://example.se/ab"),
        ("javascript:alert(1)", ""),
        ("JAVASCRIPT://x", ""),
        ("file:///etc/passwd", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_become_links(website: str, shown: str) -> None:
    assert mail(Side.PARTNER, introduction("C1", "Företaget", website)).counterparts[0].website == shown


def test_a_name_of_nothing_visible_falls_back_on_the_id() -> None:
    assert mail(Side.PARTNER, introduction("C1", "\u202e\u200b")).counterparts[0].name == "C1"


def test_the_contacts_language_counts_before_the_organisations() -> None:
    state = {"status": "active", "language": "sv", "contact": {"email": "a@b.se", "language": "en"}}
    contact = contact_from_state(state)
    assert contact is not None
    assert contact.language == "en"


@pytest.mark.parametrize("change", [{"status": "withdrawn"}, {"contact": None}])
def test_nobody_is_written_to_who_has_withdrawn_or_names_no_contact(change: dict[str, object]) -> None:
    state = {"status": "active", "language": "sv", "contact": {"email": "a@b.se"}, **change}
    assert contact_from_state(state) is None


def test_a_long_text_of_its_own_is_cut_at_a_word() -> None:
    told = introduction("C1", "Vård AB")
    wordy = replace(told, company=replace(told.company, text="långt ord " * 500))
    (company,) = mail(Side.PARTNER, wordy).counterparts
    assert len(company.text) <= LONGEST_TEXT + 2
    assert company.text.endswith(("långt …", "ord …"))


@pytest.mark.parametrize(
    ("made_by", "confirmed_by", "is_written_to"),
    [("anyone", None, False), ("anyone", "staff", True), ("import", None, True)],
)
def test_nobody_is_written_to_whom_a_stranger_named_and_nobody_confirmed(
    made_by: str, confirmed_by: str | None, is_written_to: bool
) -> None:
    entry = {"made_by": made_by, "made_at": "2026-03-02T08:00:00Z", "confirmed_by": confirmed_by}
    state = {"status": "active", "contact": {"email": "a@example.org"}, "provenance": {"contact": entry}}
    assert (contact_from_state(state) is not None) is is_written_to


@pytest.mark.parametrize(
    ("stages", "told"),
    [
        (("", ""), ""),
        (("none", "exploring"), ""),
        (("none", "market_dialogue"), "market_dialogue"),
        (("market_dialogue", "tender_open"), "tender_open"),
    ],
)
def test_the_strictest_stage_of_procurement_counts(stages: tuple[str, str], told: str) -> None:
    introduced = [
        replace(introduction(f"C{place}", "Vård AB"), stage=stage) for place, stage in enumerate(stages)
    ]
    assert mail(Side.PARTNER, *introduced).stage == told


@pytest.mark.parametrize(("reachable", "told"), [(None, True), ({"C1", "C2"}, True), ({"C1"}, False)])
def test_others_are_written_to_where_all_of_them_can_be(reachable: set[str] | None, told: bool) -> None:
    introduced = introduction("C1", "Alfa"), introduction("C2", "Beta")
    args = ("introduction_to_partner", Side.PARTNER, introduced, "Kari", "sv", "Org", "a@b.example")
    assert compose(*args, reachable).others_written_to is told


def test_a_state_without_the_newer_fields_is_read() -> None:
    state = {"id": "R-P1.C1", **introduction_state("C1", "P1", "A1", 1)}
    read = introduction_from_state(state)
    assert (read.stage, read.distributors) == ("", ())
    approval = {**state["approval"], "procurement_stage": "tender_open"}
    company = {**state["company"], "distributors": ["Salg AS"]}
    newer = introduction_from_state({**state, "approval": approval, "company": company})
    assert (newer.stage, newer.distributors) == ("tender_open", ("Salg AS",))
