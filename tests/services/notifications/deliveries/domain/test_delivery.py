"""How a delivery lives, and when a mail is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.notifications.contacts.domain.contact import Side
from services.notifications.deliveries.domain.delivery import (
    MOVES,
    Delivery,
    moved,
    patience_is_over,
    pause_after,
    retried,
)
from services.notifications.refusals import RefusedError

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def delivery(status: str, reason: str = "") -> Delivery:
    return Delivery("d", 3, status, "", "A", "R", ("I",), Side.COMPANY, "C", "t", attempts=2, reason=reason)


def test_each_move_makes_the_next_version() -> None:
    sent = moved(delivery("queued", "busy"), "sent", "now")
    assert (sent.status, sent.version, sent.reason, sent.updated_at) == ("sent", 4, "", "now")


@pytest.mark.parametrize(
    ("before", "after"),
    [("sent", "queued"), ("sent", "cancelled"), ("cancelled", "queued"), ("failed", "cancelled")],
)
def test_what_is_settled_stays_settled(before: str, after: str) -> None:
    with pytest.raises(RefusedError, match=before):
        moved(delivery(before), after, "now")


@pytest.mark.parametrize("before", sorted(set(MOVES) - {"sent"}))
def test_a_mail_that_has_left_counts_as_sent_whatever_came_between(before: str) -> None:
    assert moved(delivery(before), "sent", "now").status == "sent"


def test_pauses_grow_from_half_a_minute_to_an_hour() -> None:
    pauses = [pause_after(attempt) for attempt in range(1, 500)]
    assert pauses[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=1)


def test_patience_lasts_five_days() -> None:
    assert not patience_is_over(NOW, NOW + timedelta(days=4, hours=23))
    assert patience_is_over(NOW, NOW + timedelta(days=5))


def test_a_failed_delivery_is_queued_again_or_waits_for_its_contact() -> None:
    assert retried(delivery("failed"), True, "no contact", "now").status == "queued"
    waiting = retried(delivery("failed"), False, "no contact", "now")
    assert (waiting.status, waiting.reason) == ("waiting", "no contact")


@pytest.mark.parametrize("status", ["sent", "cancelled"])
def test_a_sent_or_cancelled_delivery_is_not_tried_again(status: str) -> None:
    with pytest.raises(RefusedError, match=status):
        retried(delivery(status), True, "", "now")


def test_its_published_state_holds_ids_and_no_address() -> None:
    assert set(delivery("queued").state()) == {
        "id", "version", "status", "updated_at", "request_id", "introduction_ids", "side", "organisation_id",
        "template", "attempts", "reason",
    }  # fmt: skip
