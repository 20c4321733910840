"""The states that changes make. Moments are texts as `shared.clock.to_text` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.profiles.organisations.domain.codes import (
    KINDS,
    MEMBERSHIP_BY_OTHERS,
    MEMBERSHIP_BY_STAFF,
    Status,
)
from services.profiles.organisations.domain.provenance import (
    BY_STAFF,
    NOTHING_KNOWN,
    Origin,
    Repeats,
    provenance_of,
    repeats_nothing,
)
from shared.events.origins import PROVENANCE
from shared.faults import Fault

State = dict[str, Any]

KEPT_BY_SERVICE = ("id", "version", "status", "updated_at", PROVENANCE)
"""What a client reads and never sets (an id may be chosen once, at the start)."""


def new_state(
    kind: str,
    id: str,
    fields: Mapping[str, Any],
    now: str,
    origin: Origin = BY_STAFF,
    known: Mapping[str, Mapping[str, Any] | None] = NOTHING_KNOWN,
) -> State:
    """Return the first state of an aggregate of `kind` (a key of `codes.KINDS`), version 1.

    `known` is the provenance of parts that are taken from elsewhere.
    """
    state = {"id": id, "version": 1, "status": KINDS[kind].first_status.value, **fields, "updated_at": now}
    return {**state, PROVENANCE: provenance_of(None, state, origin, known)}


def replaced(
    state: Mapping[str, Any],
    fields: Mapping[str, Any],
    now: str,
    origin: Origin = BY_STAFF,
    known: Mapping[str, Mapping[str, Any] | None] = NOTHING_KNOWN,
    repeats: Repeats = repeats_nothing,
) -> State | None:
    """Return the next state with other fields, or None when it has them already and none of its parts is confirmed.

    Fields of the state that are not among `fields` stay: newer code, which runs beside this one during an
    upgrade, wrote them. `known` is the provenance of parts that are taken from elsewhere, `repeats` says which parts
    are confirmed where they are left as they are.
    """
    set_before = fields_of(state)
    after = {**state, "version": state["version"] + 1, **fields, "updated_at": now}
    provenance = provenance_of(state, after, origin, known, repeats)
    if {**set_before, **fields} == set_before and provenance == (state.get(PROVENANCE) or {}):
        return None
    return {**after, PROVENANCE: provenance}


def at_status(state: Mapping[str, Any], status: Status, now: str) -> State | None:
    """Return the next state with everything kept and another status, or None when it has that status already."""
    if state["status"] == status:
        return None
    return {**state, "version": state["version"] + 1, "status": status.value, "updated_at": now}


def fields_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a client may set of a state."""
    return {name: value for name, value in state.items() if name not in KEPT_BY_SERVICE}


def membership_fault(membership: str | None, by_staff: bool) -> Fault | None:
    """Return what is wrong with a membership that somebody chose, or None when they may choose it."""
    if by_staff or membership in (None, MEMBERSHIP_BY_OTHERS):
        return None
    return Fault(
        "membership",
        "%(membership)s is given by staff",
        "leave membership out",
        {"membership": membership},
    )


def membership_of(membership: str | None, by_staff: bool) -> str:
    """Return a chosen membership, or the one that is meant when none is chosen."""
    return membership or (MEMBERSHIP_BY_STAFF if by_staff else MEMBERSHIP_BY_OTHERS).value


def focus_areas_of(state: Mapping[str, Any]) -> list[str]:
    """Return every focus area that a capability or need of the state names, once each, in order."""
    offers = [*(state.get("capabilities") or ()), *(state.get("needs") or ())]
    for delegate in state.get("delegates") or ():
        offers.extend(delegate.get("needs") or ())
    return list(dict.fromkeys(area for offer in offers for area in offer.get("focus_areas") or ()))
