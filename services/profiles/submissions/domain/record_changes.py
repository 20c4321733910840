"""What a submission would change in a record that is there: field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.profiles.organisations.domain.codes import COMPANIES, PARTNERS
from services.profiles.organisations.domain.offers import company_fields, numbered, partner_fields
from services.profiles.organisations.domain.provenance import BLOCK_FIELDS, CONTACT
from shared.words.folding import fold

LOUD = (CONTACT, *BLOCK_FIELDS)
"""Fields that decide whom mails go to and who is never introduced."""
NOT_CHANGED = ("partner", "partner_id", "visit_id", "membership")
"""What letting in never changes in a record that is there."""


@dataclass(frozen=True)
class RecordChange:
    """One field that a submission would change. Capabilities and needs are added to those that stand there."""

    field: str
    before: Any
    after: Any

    @property
    def loud(self) -> bool:
        """Whether introductions, or who is kept from them, hang on it."""
        return self.field in LOUD


def changes_of(
    kind: str, state: Mapping[str, Any], sent: Mapping[str, Any], whole: Mapping[str, Any]
) -> list[RecordChange]:
    """List what a submission says otherwise than a record; what it leaves out or leaves empty changes nothing.

    `whole` are the sent fields with everything that a schema fills in.
    """
    return list(_changes(kind, state, sent, whole))


def _changes(
    kind: str, state: Mapping[str, Any], sent: Mapping[str, Any], whole: Mapping[str, Any]
) -> Iterator[RecordChange]:
    offers, letter = ("capabilities", "c") if kind == COMPANIES else ("needs", "n")
    short = ("need", "focus_areas", offers)
    for name in sent:
        if name not in short and name not in NOT_CHANGED and whole[name] != state.get(name):
            yield RecordChange(name, state.get(name), whole[name])
    there = list(state.get(offers) or ())
    added = _new_offers(there, _offers(kind, whole, offers), letter)
    if added:
        yield RecordChange(offers, there, [*there, *added])


def _offers(kind: str, whole: Mapping[str, Any], field: str) -> Sequence[Mapping[str, Any]]:
    if kind == COMPANIES:
        return company_fields(whole)[field]  # type: ignore[no-any-return]
    if kind == PARTNERS:
        return partner_fields(whole)[field]  # type: ignore[no-any-return]
    return whole.get(field) or []


def _new_offers(
    there: Sequence[Mapping[str, Any]], offered: Sequence[Mapping[str, Any]], letter: str
) -> list[dict[str, Any]]:
    """Return the offers whose text does not stand there yet, numbered after those that do."""
    said = {fold(one["text"]).text for one in there}
    new = [
        {name: value for name, value in one.items() if name != "id"}
        for one in offered
        if fold(one["text"]).text not in said
    ]
    return numbered([*there, *new], letter, "offers")[len(there) :]
