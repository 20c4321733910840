"""From what was heard to deliveries: grouping, contacts, cancellations, latecomers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.notifications.contacts.domain.contact import Side
from services.notifications.deliveries.domain.mail_plan import delivery_id
from tests.services.notifications.world import World


def test_nothing_happens_before_all_introductions_of_an_approval_are_here(world: World) -> None:
    world.introduction("C1", size=2)
    world.compose()
    assert world.deliveries() == []
    world.introduction("C2", size=2)
    world.compose()
    assert [(one.organisation_id, one.introduction_ids) for one in world.deliveries()] == [
        ("C1", ("R-P1.C1",)),
        ("C2", ("R-P1.C2",)),
        ("P1", ("R-P1.C1", "R-P1.C2")),
    ]


def test_after_five_minutes_the_mails_go_with_what_has_arrived(world: World) -> None:
    world.introduction("C1", size=2)
    world.clock.advance(timedelta(minutes=4, seconds=59))
    world.compose()
    assert world.deliveries() == []
    world.clock.advance(timedelta(seconds=1))
    world.compose()
    assert [one.organisation_id for one in world.deliveries()] == ["C1", "P1"]


def test_a_latecomer_joins_an_unsent_mail_to_the_partner(world: World) -> None:
    world.introduction("C1", size=2)
    world.clock.advance(timedelta(minutes=5))
    world.compose()
    world.introduction("C2", size=2)
    world.compose()
    assert [(one.organisation_id, one.introduction_ids, one.version) for one in world.deliveries()] == [
        ("C1", ("R-P1.C1",), 1),
        ("C2", ("R-P1.C2",), 1),
        ("P1", ("R-P1.C1", "R-P1.C2"), 2),
    ]


def test_without_a_contact_a_delivery_waits_and_says_so(world: World) -> None:
    world.organisation("partner", "P1", "kari@sykehus.example")
    world.introduction("C1")
    world.compose()
    company, partner = world.deliveries()
    assert (company.status, partner.status) == ("waiting", "queued")
    assert (
        company.reason
        == "No contact is known for company C1. Add a contact with a mail address to its profile."
    )
    assert world.events() == [("delivery.waiting", company.id, 1), ("delivery.queued", partner.id, 1)]


def test_a_waiting_delivery_is_queued_once_its_contact_is_known(world: World) -> None:
    world.introduction("C1")
    world.compose()
    world.organisation("company", "C1", "asa@c1.example")
    world.compose()
    assert world.statuses() == {"C1": "queued", "P1": "waiting"}
    assert world.events()[-1][0] == "delivery.queued"


def test_a_contact_on_the_other_side_with_the_same_id_is_not_taken(world: World) -> None:
    world.organisation("partner", "C1", "someone@else.example")
    world.introduction("C1")
    world.compose()
    assert world.statuses() == {"C1": "waiting", "P1": "waiting"}


@pytest.mark.parametrize("gone", ["withdrawn", "erased", "without a contact"])
def test_a_contact_that_is_gone_is_not_written_to(world: World, gone: str) -> None:
    world.organisation("company", "C1", "asa@c1.example")
    if gone == "erased":
        world.hear("companies", "C1", None)
    else:
        email = "asa@c1.example" if gone == "withdrawn" else None
        world.organisation("company", "C1", email, status="withdrawn" if gone == "withdrawn" else "active")
    world.introduction("C1")
    world.compose()
    assert world.statuses()["C1"] == "waiting"


@pytest.mark.parametrize("contact", [None, "asa@c1.example"])
def test_what_is_cancelled_before_sending_is_cancelled_for_its_recipients(
    world: World, contact: str | None
) -> None:
    world.organisation("company", "C1", contact)
    world.introduction("C1", size=2)
    world.introduction("C2", size=2)
    world.compose()
    world.introduction("C1", size=2, status="cancelled")
    world.compose()
    # The partner still hears of the other company.
    assert world.statuses() == {"C1": "cancelled", "C2": "waiting", "P1": "waiting"}
    world.introduction("C2", size=2, status="cancelled")
    world.compose()
    assert set(world.statuses().values()) == {"cancelled"}


def test_an_introduction_cancelled_before_its_mails_are_made_makes_none(world: World) -> None:
    world.introduction("C1", size=2)
    world.introduction("C1", size=2, status="cancelled")
    world.introduction("C2", size=2)
    world.compose()
    assert [one.organisation_id for one in world.deliveries()] == ["C2", "P1"]


def test_an_erased_introduction_is_told_to_nobody(world: World) -> None:
    world.introduction("C1")
    world.compose()
    world.hear("introductions", "R-P1.C1", None)
    world.compose()
    assert set(world.statuses().values()) == {"cancelled"}


def test_the_same_event_again_makes_no_second_delivery(world: World) -> None:
    for _again in range(3):
        world.introduction("C1")
        world.compose()
    assert len(world.deliveries()) == 2
    assert len(world.events()) == 2


def test_a_later_approval_of_the_same_introduction_takes_it_over(world: World) -> None:
    world.introduction("C1", approval="A1")
    world.compose()
    world.introduction("C1", approval="A2")
    world.compose()
    assert sorted((one.organisation_id, one.approval_id, one.status) for one in world.deliveries()) == [
        ("C1", "A1", "cancelled"),
        ("C1", "A2", "waiting"),
        ("P1", "A1", "cancelled"),
        ("P1", "A2", "waiting"),
    ]


def test_a_delivery_is_known_by_its_approval_and_recipient(world: World) -> None:
    world.introduction("C1")
    world.compose()
    company = world.deliveries()[0]
    assert company.id == delivery_id("A1", Side.COMPANY, "C1", "introduction_to_company")
