"""The life of a delivery: waiting for a contact, queued, and then sent, failed or cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.notifications.contacts.domain.contact import Side

MOVES: Mapping[str, frozenset[str]] = {
    "waiting": frozenset({"waiting", "queued", "cancelled", "sent"}),
    "queued": frozenset({"queued", "waiting", "sent", "failed", "cancelled"}),
    "failed": frozenset({"queued", "waiting", "sent"}),
    "cancelled": frozenset({"sent"}),
    "sent": frozenset(),
}
"""Which statuses may follow each. A mail in hand may leave while its delivery moves on: then it counts as sent."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
PATIENCE = timedelta(days=5)
"""How long a mail server may be away before a mail counts as failed (RFC 5321, section 4.5.4.1: four to five days)."""


class DeliveryMoveError(Exception):
    """A status that cannot follow the one that a delivery has."""


@dataclass(frozen=True)
class Delivery:
    """One mail to one recipient. It holds ids only: name and address are looked up when the mail is sent.

    `version` grows by one with each change that is published; `updated_at` is the moment of that change.
    """

    id: str
    version: int
    status: str
    updated_at: str
    approval_id: str
    request_id: str
    introduction_ids: tuple[str, ...]
    side: Side
    organisation_id: str
    template: str
    attempts: int = 0
    reason: str = ""

    def state(self) -> dict[str, Any]:
        """Give the state that its events carry (shape: shared.events.states.Delivery)."""
        state = {**asdict(self), "introduction_ids": list(self.introduction_ids)}
        del state["approval_id"]
        return state


def moved(delivery: Delivery, status: str, at: str, reason: str = "", **changes: Any) -> Delivery:
    """Give the delivery's next version in a status, with the reason for it.

    Raises DeliveryMoveError when that status cannot follow.
    """
    if status not in MOVES[delivery.status]:
        raise DeliveryMoveError(f"a delivery that is {delivery.status} cannot become {status}")
    return replace(
        delivery, status=status, reason=reason, updated_at=at, version=delivery.version + 1, **changes
    )


def pause_after(attempts: int) -> timedelta:
    """Give the pause after a number of attempts (at least 1): half a minute, doubling up to one hour."""
    doublings: int = 2 ** min(attempts - 1, 20)
    return min(FIRST_PAUSE * doublings, LONGEST_PAUSE)


def patience_is_over(first_attempt: datetime, now: datetime) -> bool:
    """Tell whether a mail that the server will not take just now has been tried for long enough."""
    return now - first_attempt >= PATIENCE


def retried(delivery: Delivery, contact_known: bool, waits_because: str, at: str) -> Delivery:
    """Give a delivery that staff want tried again now: the same if it is queued already, else its next version.

    Raises DeliveryMoveError for one that is sent or cancelled, or waits while no contact is known.
    """
    if delivery.status == "waiting" and not contact_known:
        raise DeliveryMoveError(delivery.reason)
    if delivery.status in {"sent", "cancelled"}:
        raise DeliveryMoveError(f"A delivery that is {delivery.status} is not tried again.")
    if not contact_known:
        return moved(delivery, "waiting", at, waits_because)
    return delivery if delivery.status == "queued" else moved(delivery, "queued", at)
