"""Which mails an approval yields, and what they are called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.contacts.domain.contact import Side
from services.notifications.deliveries.domain.delivery import Delivery
from services.notifications.deliveries.domain.mail_plan import approval_is_complete, delivery_id, plan_mails
from services.notifications.mail.building import message_id
from services.notifications.mail.domain.introduction import Introduction, Organisation

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def introduction(company: str, status: str = "approved", partner: str = "P1") -> Introduction:
    return Introduction(
        id=f"R1.{company}",
        status=status,
        request_id="R1",
        role="supplier",
        company=Organisation(company, company),
        partner=Organisation(partner, partner),
        approval_id="A1",
        approval_size=1,
    )


def made(side: Side, organisation: str, ids: tuple[str, ...], status: str = "sent") -> Delivery:
    template = f"introduction_to_{side}"
    return Delivery(
        id=delivery_id("A1", side, organisation, template),
        version=1,
        status=status,
        updated_at="",
        approval_id="A1",
        request_id="R1",
        introduction_ids=ids,
        side=side,
        organisation_id=organisation,
        template=template,
    )


def test_several_companies_get_one_mail_each_and_the_partner_one_about_all() -> None:
    mails = plan_mails([introduction("C2"), introduction("C1")])
    assert [(one.side, one.organisation_id, one.introduction_ids) for one in mails] == [
        ("company", "C1", ("R1.C1",)),
        ("company", "C2", ("R1.C2",)),
        ("partner", "P1", ("R1.C1", "R1.C2")),
    ]


def test_a_cancelled_introduction_is_told_to_nobody() -> None:
    assert plan_mails([introduction("C1", "cancelled")]) == []


def test_what_was_told_is_not_told_again() -> None:
    told = [made(Side.COMPANY, "C1", ("R1.C1",)), made(Side.PARTNER, "P1", ("R1.C1",))]
    assert plan_mails([introduction("C1")], told) == []


def test_a_latecomer_joins_the_partners_mail_while_that_can_be_changed() -> None:
    open_mail = made(Side.PARTNER, "P1", ("R1.C1",), "waiting")
    told = [made(Side.COMPANY, "C1", ("R1.C1",)), open_mail]
    mails = plan_mails([introduction("C1"), introduction("C2")], told, {open_mail.id})
    assert [(one.side, one.organisation_id, one.joins) for one in mails] == [
        ("company", "C2", None),
        ("partner", "P1", open_mail.id),
    ]


def test_a_latecomer_after_the_partners_mail_has_left_goes_in_a_further_one() -> None:
    told = [made(Side.COMPANY, "C1", ("R1.C1",)), made(Side.PARTNER, "P1", ("R1.C1",))]
    further = plan_mails([introduction("C1"), introduction("C2")], told)[-1]
    assert (further.template, further.introduction_ids) == ("introduction_to_partner.2", ("R1.C2",))


@pytest.mark.parametrize(
    ("arrived", "minutes", "complete"),
    [(2, 0, True), (3, 0, True), (1, 0, False), (1, 4.99, False), (1, 5, True)],
)
def test_an_approval_is_complete_when_all_is_here_or_after_five_minutes(
    arrived: int, minutes: float, complete: bool
) -> None:
    assert approval_is_complete(2, arrived, NOW, NOW + timedelta(minutes=minutes)) is complete


def test_a_delivery_id_never_changes_between_releases() -> None:
    # A mail whose id changed would be sent again after an upgrade.
    assert (
        delivery_id("A1", Side.COMPANY, "C1", "introduction_to_company") == "5fc83cfb3d4abe0d208646fb412c0ada"
    )
    assert message_id("d1", "organiser.example") == "<d1@organiser.example>"


_parts = st.tuples(*[st.text(st.characters(codec="utf-8"), max_size=8) for _ in range(3)])


@given(_parts, _parts)
def test_different_mails_have_different_ids(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    same = delivery_id(one[0], Side.COMPANY, *one[1:]) == delivery_id(other[0], Side.COMPANY, *other[1:])
    assert same is (one == other)
