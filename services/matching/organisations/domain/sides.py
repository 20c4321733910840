"""The two sides of a match."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """Which side an organisation stands on."""

    COMPANY = "company"
    PARTNER = "partner"
