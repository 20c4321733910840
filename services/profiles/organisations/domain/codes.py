"""The words that profiles may use where the choice is closed, and those that are usual where it is open."""

from __future__ import annotations

from dataclasses import dataclass

MEMBERSHIPS = ("member", "small_member", "institution", "network", "lapsed")
"""How a company belongs to the organiser; `network` is not a member."""

MEMBERSHIP_BY_STAFF = "member"
MEMBERSHIP_BY_OTHERS = "network"
"""What a company becomes when nothing is said: staff register members, anybody else registers themselves."""

PROCUREMENT_STAGES = ("none", "exploring", "market_dialogue", "tender_open")

DIRECTIONS = ("incoming", "outbound", "online")

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


@dataclass(frozen=True)
class Kind:
    """One kind of aggregate that this service owns.

    `plural` is its topic, its table and its part of the address; `letter` begins the ids of its offers.
    """

    plural: str
    aggregate: str
    first_status: str


KINDS = {
    kind.plural: kind
    for kind in (
        Kind("companies", "company", "active"),
        Kind("partners", "partner", "active"),
        Kind("visits", "visit", "planned"),
        Kind("requests", "request", "open"),
    )
}
"""Every kind by its plural."""

WITHDRAWN = "withdrawn"
CLOSED = "closed"
