"""The states that changes make. Moments are texts as `shared.clock.to_text` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.profiles.organisations.domain.codes import (
    KINDS,
    MEMBERSHIP_BY_OTHERS,
    MEMBERSHIP_BY_STAFF,
    WITHDRAWN,
)

State = dict[str, Any]

KEPT_BY_SERVICE = ("id", "version", "status", "updated_at")
"""What a client reads and never sets (an id may be chosen once, at the start)."""


def new_state(kind: str, id: str, fields: Mapping[str, Any], now: str) -> State:
    """Give the first state of an aggregate of `kind` (a key of `words.KINDS`), version 1."""
    return {"id": id, "version": 1, "status": KINDS[kind].first_status, **fields, "updated_at": now}


def replaced(state: Mapping[str, Any], fields: Mapping[str, Any], now: str) -> State | None:
    """Give the next state with other fields, or None when they say what the state says already.

    Fields of the state that are not among `fields` stay: newer code, which runs beside this one during an
    upgrade, wrote them.
    """
    set_before = fields_of(state)
    if {**set_before, **fields} == set_before:
        return None
    return {**state, "version": state["version"] + 1, **fields, "updated_at": now}


def at_status(state: Mapping[str, Any], status: str, now: str) -> State | None:
    """Give the next state with everything kept and another status, or None when it has that already."""
    if state["status"] == status:
        return None
    return {**state, "version": state["version"] + 1, "status": status, "updated_at": now}


def withdrawn(state: Mapping[str, Any], now: str) -> State | None:
    """Give the next state with everything kept and the status withdrawn, or None when it is so already."""
    return at_status(state, WITHDRAWN, now)


def fields_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a client may set of a state."""
    return {name: value for name, value in state.items() if name not in KEPT_BY_SERVICE}


def membership_problem(membership: str | None, by_staff: bool) -> str | None:
    """Say what is wrong with a membership that somebody gave, or None when they may give it."""
    if by_staff or membership in (None, MEMBERSHIP_BY_OTHERS):
        return None
    return f"{membership} is given by staff; leave membership out"


def membership_of(membership: str | None, by_staff: bool) -> str:
    """Give the membership that is meant when none is given."""
    return membership or (MEMBERSHIP_BY_STAFF if by_staff else MEMBERSHIP_BY_OTHERS)


def focus_areas_of(state: Mapping[str, Any]) -> list[str]:
    """Give every focus area that a capability or need of the state names, once each, in order."""
    offers = [*(state.get("capabilities") or ()), *(state.get("needs") or ())]
    for delegate in state.get("delegates") or ():
        offers.extend(delegate.get("needs") or ())
    return list(dict.fromkeys(area for offer in offers for area in offer.get("focus_areas") or ()))
