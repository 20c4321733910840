"""Whom to write to at a company or partner, read from the states that events carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.events.origins import is_unconfirmed

WITHDRAWN = "withdrawn"
"""The status of an organisation that is not written to any more."""


class Side(StrEnum):
    """The two sides of an introduction."""

    COMPANY = "company"
    PARTNER = "partner"

    @property
    def other(self) -> Side:
        """The side that this one is introduced to."""
        return Side.PARTNER if self is Side.COMPANY else Side.COMPANY


@dataclass(frozen=True)
class Contact:
    """Who is written to at an organisation. Personal data. `language` is an ISO 639-1 code or empty."""

    name: str
    email: str
    language: str


def contact_from_state(state: Mapping[str, Any]) -> Contact | None:
    """Read whom to write to from a company's or partner's event state.

    Returns None where nobody is named, the organisation has withdrawn, or a stranger named somebody and nobody
    confirmed it. The contact's own language counts before the organisation's.
    """
    contact = state.get("contact") or {}
    if state["status"] == WITHDRAWN or not contact.get("email") or is_unconfirmed(state, "contact"):
        return None
    language = contact.get("language") or state.get("language") or ""
    return Contact(name=contact.get("name") or "", email=contact["email"], language=language)
