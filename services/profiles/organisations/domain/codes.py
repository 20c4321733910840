"""The words that profiles may use where the choice is closed, and those that are usual where it is open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.words.membership import Membership

MEMBERSHIP_BY_STAFF = Membership.MEMBER
MEMBERSHIP_BY_OTHERS = Membership.NETWORK
"""What a company becomes when nothing is said: staff register members, anybody else registers themselves."""


class ProcurementStage(StrEnum):
    """How far a partner is with buying what its match request asks for."""

    NONE = "none"
    EXPLORING = "exploring"
    MARKET_DIALOGUE = "market_dialogue"
    TENDER_OPEN = "tender_open"


class Direction(StrEnum):
    """Where a visit takes place."""

    INCOMING = "incoming"
    OUTBOUND = "outbound"
    ONLINE = "online"


USUAL_COMPANY_KINDS = (
    "manufacturer",
    "digital",
    "care provider",
    "architect",
    "consultant",
    "academia",
    "region",
    "cluster",
    "distributor",
)
USUAL_PARTNER_KINDS = (
    "hospital",
    "region",
    "ministry",
    "procurement body",
    "insurer",
    "distributor",
    "cluster",
    "academia",
    "investor",
    "care provider",
    "municipality",
)
"""Kinds are free words in lower case; these are offered as examples."""


class Status(StrEnum):
    """Where a profile stands: organisations are active, visits planned, match requests open, until they are not."""

    ACTIVE = "active"
    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Kind:
    """One kind of aggregate that this service owns.

    `plural` is its topic, its table and its part of the address; `aggregate` is the word for one of them.
    """

    plural: str
    aggregate: str
    first_status: Status


COMPANIES = "companies"
PARTNERS = "partners"
VISITS = "visits"
REQUESTS = "requests"

KINDS = {
    kind.plural: kind
    for kind in (
        Kind(COMPANIES, "company", Status.ACTIVE),
        Kind(PARTNERS, "partner", Status.ACTIVE),
        Kind(VISITS, "visit", Status.PLANNED),
        Kind(REQUESTS, "request", Status.OPEN),
    )
}
"""Every kind by its plural."""
