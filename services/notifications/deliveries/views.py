"""What has become of the mails, by what keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from services.notifications.deliveries.domain.delivery import Status, shared_reason
from services.notifications.deliveries.store import deliveries as store
from services.notifications.mail.domain.server_answers import Setting, setting_named


@dataclass(frozen=True)
class Mails:
    """Deliveries of one status and one shared reason, and the moment (as text) since when the first is so."""

    status: str
    reason: str
    number: int
    since: str | None = field(default=None, compare=False)

    @property
    def setting(self) -> Setting | None:
        """The setting that is to be mended before they can go."""
        return setting_named(self.reason) if self.status == Status.QUEUED else None


def count_mails(connection: Connection) -> tuple[Mails, ...]:
    """Count all deliveries by status and shared reason, in this order."""
    counted: dict[tuple[str, str], Mails] = {}
    for status, reason, organisation_id, number, since in store.count_by_reason(connection):
        key = status, shared_reason(reason, organisation_id)
        before = counted.get(key, Mails(*key, 0, since))
        counted[key] = Mails(*key, before.number + number, min(before.since or since, since))
    return tuple(counted[key] for key in sorted(counted))


def list_kept(mails: Iterable[Mails]) -> list[Mails]:
    """Return of all mails those that something keeps: what staff can have tried again, most first."""
    kept = [
        one for one in mails if one.status == Status.FAILED or (one.status == Status.QUEUED and one.reason)
    ]
    return sorted(kept, key=lambda one: (one.setting is None, -one.number, one.reason))
