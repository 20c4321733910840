"""Which mails an approval yields, and the names they keep for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifications.contacts.domain.contact import Side
from services.notifications.deliveries.domain.delivery import Delivery
from services.notifications.mail.domain.introduction import APPROVED, Introduction

TEMPLATES: Mapping[Side, str] = {
    Side.COMPANY: "introduction_to_company",
    Side.PARTNER: "introduction_to_partner",
}
LONGEST_WAIT = timedelta(minutes=5)
"""How long an approval waits for introductions of it that have not arrived."""


@dataclass(frozen=True)
class PlannedMail:
    """One mail that is to be made: to one organisation, about one or more introductions of one approval.

    `joins` is the id of an unsent delivery that tells of these introductions too, instead of a new one.
    """

    side: Side
    organisation_id: str
    request_id: str
    template: str
    introduction_ids: tuple[str, ...]
    joins: str | None = None


def approval_is_complete(size: int, arrived: int, first_seen: datetime, now: datetime) -> bool:
    """Tell whether an approval's mails may be made: all of it is here, or the first came five minutes ago."""
    return arrived >= size or now - first_seen >= LONGEST_WAIT


def plan_mails(
    introductions: Iterable[Introduction], made: Sequence[Delivery] = (), open_ids: Collection[str] = ()
) -> list[PlannedMail]:
    """Plan the mails about the introductions of one approval: one to each company, one to the partner.

    `made` are the approval's deliveries so far; what they tell of is not told again, and only introductions
    that are approved are told. A latecomer joins its recipient's mail where that is one of `open_ids`, those
    that can still be changed; otherwise it goes in a further mail with a template name of its own
    (`introduction_to_partner.2`).
    """
    approved = sorted((one for one in introductions if one.status == APPROVED), key=lambda one: one.id)
    mails = []
    for side, template in TEMPLATES.items():
        told = {one for delivery in made if delivery.side == side for one in delivery.introduction_ids}
        news = [one for one in approved if one.id not in told]
        for organisation_id in sorted({one.of(side).id for one in news}):
            about = [one for one in news if one.of(side).id == organisation_id]
            before = [one for one in made if (one.side, one.organisation_id) == (side, organisation_id)]
            joins = next((one.id for one in before if one.id in open_ids), None)
            name = f"{template}.{len(before) + 1}" if before else template
            ids = tuple(one.id for one in about)
            mails.append(PlannedMail(side, organisation_id, about[0].request_id, name, ids, joins))
    return mails


def delivery_id(approval_id: str, side: Side, organisation_id: str, template: str) -> str:
    """Derive a delivery's id: the first 32 hexadecimal digits of a SHA-256 over what makes it one of its kind."""
    parts = [approval_id, side, organisation_id, template]
    text = "".join(f"{len(part)}:{part}," for part in parts)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]
