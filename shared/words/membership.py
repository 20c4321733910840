"""How a company belongs to the organiser."""

from __future__ import annotations

from enum import StrEnum


class Membership(StrEnum):
    """How a company belongs to the organiser; `network` is not a member."""

    MEMBER = "member"
    SMALL_MEMBER = "small_member"
    INSTITUTION = "institution"
    NETWORK = "network"
    LAPSED = "lapsed"


MEMBERS = (Membership.MEMBER, Membership.SMALL_MEMBER, Membership.INSTITUTION)
"""Who counts as a member."""
