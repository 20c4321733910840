"""Both sides of a match as matching sees them: plain values, read from the states that events carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.words.membership import Membership

ACTIVE, WITHDRAWN = "active", "withdrawn"
"""Whether an organisation stands in the register; a visit or a request that is taken back is withdrawn, too."""
PLANNED = "planned"
"""A visit that is not withdrawn."""
OPEN, CLOSED = "open", "closed"
"""Whether reports are made for a request that is not withdrawn."""


@dataclass(frozen=True)
class Capability:
    """One thing a company offers. `regulatory_status` None: not known."""

    id: str
    text: str
    title: str = ""
    focus_areas: tuple[str, ...] = ()
    regulatory_status: tuple[str, ...] | None = None
    evidence: str = ""
    stage: str | None = None
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Need:
    """One thing a partner looks for."""

    id: str
    text: str
    title: str = ""
    focus_areas: tuple[str, ...] = ()
    requirements: str = ""


@dataclass(frozen=True)
class Company:
    """An organisation that offers something. No contact: matching never sees personal data."""

    id: str
    version: int
    name: str
    country: str = ""
    city: str = ""
    website: str = ""
    kind: str = ""
    language: str = ""
    membership: str = Membership.MEMBER.value
    description: str = ""
    capabilities: tuple[Capability, ...] = ()
    markets: tuple[str, ...] | None = None
    excluded_markets: tuple[str, ...] = ()
    exclusive_distributors: Mapping[str, str] = field(default_factory=dict)
    partnership_kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    employees: int | None = None
    capacity: int | None = None
    not_to_meet: tuple[str, ...] = ()
    existing_customers: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    status: str = ACTIVE


@dataclass(frozen=True)
class Partner:
    """A foreign organisation that looks for something."""

    id: str
    version: int
    name: str
    country: str = ""
    city: str = ""
    kind: str = ""
    language: str = ""
    description: str = ""
    needs: tuple[Need, ...] = ()
    languages: tuple[str, ...] = ()
    partnership_kinds: tuple[str, ...] = ()
    employees: int | None = None
    not_to_meet: tuple[str, ...] = ()
    status: str = ACTIVE


@dataclass(frozen=True)
class MustHaves:
    """What a company must have to be introduced at all; empty asks nothing."""

    regulatory_status: tuple[str, ...] = ()
    partnership_kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class MatchRequest:
    """A partner's enquiry."""

    id: str
    version: int
    partner_id: str
    needs: tuple[Need, ...]
    visit_id: str | None = None
    title: str = ""
    must_haves: MustHaves = MustHaves()
    procurement_stage: str = "none"
    status: str = OPEN


def company_from_state(state: Mapping[str, Any]) -> Company:
    """Read a company from its event state (shape: shared.events.states.Company)."""
    return Company(
        capabilities=tuple(
            Capability(**_frozen(item, Capability)) for item in state.get("capabilities") or ()
        ),
        **_frozen(state, Company, leave={"capabilities"}),
    )


def partner_from_state(state: Mapping[str, Any]) -> Partner:
    """Read a partner from its event state (shape: shared.events.states.Partner)."""
    return Partner(needs=_needs(state), **_frozen(state, Partner, leave={"needs"}))


def request_from_state(state: Mapping[str, Any]) -> MatchRequest:
    """Read a match request from its event state (shape: shared.events.states.MatchRequest)."""
    return MatchRequest(
        needs=_needs(state),
        must_haves=MustHaves(**_frozen(state.get("must_haves") or {}, MustHaves)),
        **_frozen(state, MatchRequest, leave={"needs", "must_haves"}),
    )


def _needs(state: Mapping[str, Any]) -> tuple[Need, ...]:
    return tuple(Need(**_frozen(item, Need)) for item in state.get("needs") or ())


def _frozen(
    state: Mapping[str, Any], kind: Any, leave: frozenset[str] | set[str] = frozenset()
) -> dict[str, Any]:
    """Take the fields that `kind` has from a state, lists as tuples; other fields are ignored."""
    known = set(kind.__dataclass_fields__) - leave
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in state.items()
        if name in known
    }
