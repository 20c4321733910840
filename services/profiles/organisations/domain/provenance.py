"""Who made each part of a record, and who last confirmed it.

The parts are `profile` (what no other part holds), `contact`, `blocks` (whom it is kept from) and one for each
capability or need, such as `needs.n1`. A part that nothing is known of has no entry: it is older than provenance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from shared.events.origins import PROVENANCE, Maker

State = dict[str, Any]
Provenance = dict[str, dict[str, Any]]
"""By part: `made_by`, `made_at`, `confirmed_by` and `confirmed_at`; the last two are None where nobody confirmed it."""


@dataclass(frozen=True)
class Origin:
    """Where a change comes from: who made what it says, and who confirmed it (None: nobody)."""

    made_by: Maker
    confirmed_by: Maker | None


BY_STAFF = Origin(Maker.STAFF, Maker.STAFF)
BY_IMPORT = Origin(Maker.IMPORT, Maker.IMPORT)
LET_IN = Origin(Maker.ANYONE, Maker.STAFF)
"""What a stranger sent and staff let in."""

Repeats = Callable[[str, Any], bool]
"""Says whether somebody says a part anew, with what it says; a part that says the same as before is then confirmed."""


def repeats_nothing(part: str, says: Any) -> bool:
    """Confirm no part that is left as it is."""
    return False


def repeats_everything(part: str, says: Any) -> bool:
    """Confirm each part that is left as it is: who replaces a record says all of it."""
    return True


NOTHING_KNOWN: Mapping[str, Mapping[str, Any] | None] = MappingProxyType({})

PROFILE = "profile"
CONTACT = "contact"
BLOCKS = "blocks"
BLOCK_FIELDS = ("not_to_meet", "excluded_markets", "exclusive_distributors", "competitors")
OFFER_FIELDS = ("capabilities", "needs")
_NOT_OF_PROFILE = frozenset(
    ("id", "version", "status", "updated_at", PROVENANCE, CONTACT, *BLOCK_FIELDS, *OFFER_FIELDS)
)


def part_of(field: str) -> str | None:
    """Return the part that holds a field; None for capabilities and needs, which are parts one by one."""
    if field in OFFER_FIELDS:
        return None
    if field in BLOCK_FIELDS:
        return BLOCKS
    return CONTACT if field == CONTACT else PROFILE


def parts_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts that a state has, with what each of them says."""
    return dict(_parts(state))


def _parts(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield PROFILE, {name: value for name, value in state.items() if name not in _NOT_OF_PROFILE}
    if state.get(CONTACT):
        yield CONTACT, state[CONTACT]
    blocks = {name: state[name] for name in BLOCK_FIELDS if state.get(name)}
    if blocks:
        yield BLOCKS, blocks
    for field in OFFER_FIELDS:
        for offer in state.get(field) or ():
            yield f"{field}.{offer['id']}", offer


def provenance_of(
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    origin: Origin,
    known: Mapping[str, Mapping[str, Any] | None] = NOTHING_KNOWN,
    repeats: Repeats = repeats_nothing,
) -> Provenance:
    """Return the provenance of a state that a change made; what says the same as before keeps its own.

    The moment is the state's `updated_at`. `before` is None where the record is new. `known` has the provenance of
    parts that the change takes from elsewhere; None for one that nothing is known of. What says the same and is
    repeated is confirmed by another than before; the same again changes nothing.
    """
    said_before = {} if before is None else parts_of(before)
    kept: Mapping[str, Any] = {} if before is None else before.get(PROVENANCE) or {}
    now = after["updated_at"]
    made = {
        "made_by": origin.made_by.value,
        "made_at": now,
        "confirmed_by": None if origin.confirmed_by is None else origin.confirmed_by.value,
        "confirmed_at": None if origin.confirmed_by is None else now,
    }
    found: Provenance = {}
    for part, says in parts_of(after).items():
        if part not in said_before or said_before[part] != says:
            if (taken := known.get(part, made)) is not None:
                found[part] = dict(taken)
        elif part in kept:
            found[part] = kept[part]
            again = part not in known and repeats(part, says)
            if again and origin.confirmed_by and kept[part]["confirmed_by"] != origin.confirmed_by:
                found[part] = {**kept[part], "confirmed_by": made["confirmed_by"], "confirmed_at": now}
    return found
