"""What the states of events say of who made their parts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

PROVENANCE = "provenance"


class Maker(StrEnum):
    """Who makes or confirms a part: staff, a file of staff's, the organisation's confirmed account, anyone else."""

    STAFF = "staff"
    IMPORT = "import"
    ORGANISATION = "organisation"
    ANYONE = "anyone"


def parts_by_anyone(state: Mapping[str, Any]) -> list[str]:
    """List the parts of a state that strangers made, whoever confirmed them; what is not known is not named."""
    found = state.get(PROVENANCE) or {}
    return [part for part, entry in found.items() if entry["made_by"] == Maker.ANYONE]


def is_unconfirmed(state: Mapping[str, Any], part: str) -> bool:
    """Say whether a stranger made a part of a state and nobody has confirmed it."""
    entry = (state.get(PROVENANCE) or {}).get(part)
    return entry is not None and entry["made_by"] == Maker.ANYONE and not entry.get("confirmed_by")
