"""What is put back in a record when the submission that changed it is taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.profiles.organisations.domain.provenance import CONTACT, OFFER_FIELDS, part_of
from services.profiles.submissions.domain.submission import RecordOf
from shared.events.origins import PROVENANCE


@dataclass(frozen=True)
class PutBack:
    """The fields that are put back, with the provenance of their parts (None: not known), and those that are not."""

    fields: Mapping[str, Any]
    provenance: Mapping[str, Mapping[str, Any] | None]
    left: frozenset[str]


def put_back(record: RecordOf, state: Mapping[str, Any], shared: Collection[str] = ()) -> PutBack:
    """Return what of a submission's change is put back in the state that a record has now.

    A field that says something else since then is left as it is. A part whose maker is still the submission's sender
    has its earlier maker again, once all that the submission changed in it is put back; `shared` are the parts that a
    later submission has changed, too.
    """
    fields, left = {}, set()
    for name, before in record.before.items():
        now = state.get(name)
        value, whole = _taken_out(name, now, before, record.after[name])
        if value != now:
            fields[name] = value
        if not whole:
            left.add(name)
    mixed = {*shared, *(part_of(name) for name in left)}
    provenance = state.get(PROVENANCE) or {}
    parts = {part_of(name) for name in fields} - {None}
    return PutBack(
        fields,
        {
            part: record.provenance_before.get(part)
            if part not in mixed and _is_made_alike(provenance.get(part), record.provenance_after.get(part))
            else provenance.get(part)
            for part in parts
            if part is not None
        },
        frozenset(left),
    )


def handed_on(taken: RecordOf, later: RecordOf) -> RecordOf:
    """Return a later change of the same record as if the one that is taken back had never been.

    What the later one found of the other is what the other had found.
    """
    before = dict(later.before)
    for name in before.keys() & taken.before.keys() - set(OFFER_FIELDS):
        before[name], _ = _taken_out(name, before[name], taken.before[name], taken.after[name])
    found = dict(later.provenance_before)
    for part in found.keys() & taken.provenance_after.keys():
        if _is_made_alike(found[part], taken.provenance_after[part]):
            found[part] = taken.provenance_before.get(part)
    return replace(later, before=before, provenance_before=found)


def _is_made_alike(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Say whether a part was made by the same at the same moment, whoever confirmed it since."""
    if one is None or other is None:
        return one is other
    return (one["made_by"], one["made_at"]) == (other["made_by"], other["made_at"])


def narrowed(record: RecordOf, left: frozenset[str]) -> RecordOf:
    """Return a record with only the changes of some fields."""
    return replace(
        record,
        before={name: value for name, value in record.before.items() if name in left},
        after={name: value for name, value in record.after.items() if name in left},
    )


def _taken_out(name: str, now: Any, before: Any, after: Any) -> tuple[Any, bool]:
    """Return what a field says without a change, and whether nothing of the change is left in it."""
    if now in (before, after):
        return before, True
    if name in OFFER_FIELDS:
        return _offers_taken_out(now or [], before or [], after)
    if name == CONTACT and now and after and now["email"].lower() == after["email"].lower():
        return before, True
    if all(isinstance(value, list) for value in (now, before, after)):
        kept = [one for one in now if one in before or one not in after]
        return [*kept, *(one for one in before if one not in after and one not in kept)], True
    return now, False


def _offers_taken_out(
    now: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], bool]:
    """Take out what was added and says the same still; the last of all capabilities or needs stays."""
    ids = {one["id"] for one in before}
    added = {one["id"]: one for one in after if one["id"] not in ids}
    kept = [one for one in now if added.get(one["id"]) != one]
    if not kept:
        return list(now), False
    return kept, not any(one["id"] in added for one in kept)
