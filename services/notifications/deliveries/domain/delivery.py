"""The life of a delivery: waiting for a contact, queued, and then sent, failed or cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.notifications.contacts.domain.contact import Side
from services.notifications.refusals import Refusal, RefusedError


class Status(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    QUEUED = "queued"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SENT = "sent"


MOVES: Mapping[str, frozenset[str]] = {
    Status.WAITING: frozenset({Status.WAITING, Status.QUEUED, Status.CANCELLED, Status.SENT}),
    Status.QUEUED: frozenset(Status),
    Status.FAILED: frozenset({Status.QUEUED, Status.WAITING, Status.SENT}),
    Status.CANCELLED: frozenset({Status.SENT}),
    Status.SENT: frozenset(),
}
"""Which statuses may follow each. A mail in hand may leave while its delivery moves on: then it counts as sent."""

UNSENT: frozenset[str] = frozenset({Status.WAITING.value, Status.QUEUED.value})
"""The statuses of a delivery whose mail is still to leave."""

CANCELLED = "The introduction was cancelled before the mail was sent."
"""The reason of a delivery that is cancelled."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_PAUSE_TO_MEND = timedelta(minutes=5)
"""The longest pause while a setting or the server is at fault: so soon do mails go out once that is mended."""
PATIENCE = timedelta(days=5)
"""How long a mail may be put off for its recipient until it counts as failed (RFC 5321, 4.5.4.1: four to five days)."""


@dataclass(frozen=True)
class Delivery:
    """One mail to one recipient. It holds ids only: name and address are looked up when the mail is sent.

    `version` grows by one with each change that is published; `updated_at` is the moment of that change. `status`
    may be one that only newer code knows, which may run beside this one during an upgrade.
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
        """Return the state that its events carry (shape: shared.events.states.Delivery)."""
        state = {
            **asdict(self),
            "introduction_ids": list(self.introduction_ids),
            "side": self.side.value,
        }
        del state["approval_id"]
        return state


def no_contact(side: Side, organisation_id: str) -> str:
    """Return the reason of a delivery that waits for a contact."""
    return (
        f"No contact is known for {side} {organisation_id}. Add a contact with a mail address to its profile."
    )


def shared_reason(reason: str, organisation_id: str) -> str:
    """Return a delivery's reason without the organisation's id, so that equal ones are told as one."""
    return reason.replace(organisation_id, "…")


def moved(delivery: Delivery, status: str, at: str, reason: str = "", **changes: Any) -> Delivery:
    """Return the delivery's next version in a status, with the reason for it.

    Raises RefusedError when that status cannot follow.
    """
    if status not in MOVES[delivery.status]:
        raise RefusedError(
            Refusal.CONFLICT,
            "a delivery that is %(status)s cannot become %(other)s",
            status=delivery.status,
            other=status,
        )
    return replace(
        delivery, status=str(status), reason=reason, updated_at=at, version=delivery.version + 1, **changes
    )


def pause_after(attempts: int, to_mend: bool = False) -> timedelta:
    """Return the pause after a number of attempts (at least 1): half a minute, doubling up to one hour.

    `to_mend`: while a setting or the mail server is at fault, up to five minutes.
    """
    doublings: int = 2 ** min(attempts - 1, 20)
    return min(FIRST_PAUSE * doublings, LONGEST_PAUSE_TO_MEND if to_mend else LONGEST_PAUSE)


def patience_is_over(first_attempt: datetime, now: datetime) -> bool:
    """Tell whether a mail that the server will not take just now has been tried for long enough."""
    return now - first_attempt >= PATIENCE


def retried(delivery: Delivery, contact_known: bool, waits_because: str, at: str) -> Delivery:
    """Return a delivery that staff want tried again now: the same if it is queued already, else its next version.

    Raises RefusedError for one that is sent or cancelled, or waits while no contact is known.
    """
    if delivery.status == Status.WAITING and not contact_known:
        raise RefusedError(Refusal.CONFLICT, delivery.reason)
    if delivery.status in {Status.SENT, Status.CANCELLED}:
        raise RefusedError(
            Refusal.CONFLICT, "A delivery that is %(status)s is not tried again.", status=delivery.status
        )
    if not contact_known:
        return moved(delivery, Status.WAITING, at, waits_because)
    return delivery if delivery.status == Status.QUEUED else moved(delivery, Status.QUEUED, at)
