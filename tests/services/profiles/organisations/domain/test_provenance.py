"""Who made each part of a record, and who confirmed it."""

from __future__ import annotations

from typing import Any

from services.profiles.organisations.domain import profile_state as states
from services.profiles.organisations.domain.provenance import (
    BY_IMPORT,
    BY_STAFF,
    LET_IN,
    parts_of,
    repeats_everything,
)
from shared.events.origins import Maker, parts_by_anyone

NOW, LATER = "2026-03-02T08:00:00.000000Z", "2026-03-03T08:00:00.000000Z"
FIELDS: dict[str, Any] = {
    "name": "Fjord Hospital",
    "contact": {"email": "a@fjord.example"},
    "not_to_meet": ["C1"],
    "needs": [{"id": "n1", "text": "Fewer infections."}, {"id": "n2", "text": "Better beds."}],
}


def makers(state: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    return {part: (one["made_by"], one["confirmed_by"]) for part, one in state["provenance"].items()}


def test_profile_contact_blocks_and_each_offer_are_parts_of_their_own() -> None:
    assert list(parts_of(FIELDS)) == ["profile", "contact", "blocks", "needs.n1", "needs.n2"]
    assert list(parts_of({"name": "a", "contact": None, "not_to_meet": [], "capabilities": []})) == [
        "profile"
    ]


def test_only_the_parts_that_change_change_hands() -> None:
    first = states.new_state("partners", "P1", FIELDS, NOW, LET_IN)
    assert set(makers(first).values()) == {("anyone", "staff")}
    changed = {**FIELDS, "contact": {"email": "b@fjord.example"}, "needs": FIELDS["needs"][:1]}
    after = states.replaced(first, changed, LATER, BY_IMPORT)
    assert after is not None
    assert makers(after) == {
        "profile": ("anyone", "staff"),
        "contact": ("import", "import"),
        "blocks": ("anyone", "staff"),
        "needs.n1": ("anyone", "staff"),
    }
    assert (after["provenance"]["contact"]["made_at"], after["provenance"]["profile"]["made_at"]) == (
        LATER,
        NOW,
    )
    assert parts_by_anyone(after) == ["profile", "blocks", "needs.n1"]


def test_the_same_fields_from_somebody_else_are_no_new_version() -> None:
    first = states.new_state("partners", "P1", FIELDS, NOW, BY_STAFF)
    assert states.replaced(first, FIELDS, LATER, BY_IMPORT) is None


def test_who_says_the_same_again_confirms_it_once() -> None:
    first = states.new_state("partners", "P1", FIELDS, NOW, BY_IMPORT)
    after = states.replaced(first, FIELDS, LATER, BY_STAFF, repeats=repeats_everything)
    assert after is not None
    assert set(makers(after).values()) == {("import", "staff")}
    assert {one["made_at"] for one in after["provenance"].values()} == {NOW}
    assert {one["confirmed_at"] for one in after["provenance"].values()} == {LATER}
    assert after["version"] == first["version"] + 1
    assert states.replaced(after, FIELDS, LATER, BY_STAFF, repeats=repeats_everything) is None


def test_what_is_not_said_again_is_not_confirmed() -> None:
    first = states.new_state("partners", "P1", FIELDS, NOW, LET_IN)
    after = states.replaced(
        first, {**FIELDS, "name": "Fjord"}, LATER, BY_IMPORT, repeats=lambda part, _: part == "contact"
    )
    assert after is not None
    assert makers(after) == {
        "profile": ("import", "import"),
        "contact": ("anyone", "import"),
        "blocks": ("anyone", "staff"),
        "needs.n1": ("anyone", "staff"),
        "needs.n2": ("anyone", "staff"),
    }


def test_a_record_from_before_says_nothing_of_what_it_does_not_know() -> None:
    old = states.new_state("partners", "P1", FIELDS, NOW)
    del old["provenance"]
    after = states.replaced(old, {**FIELDS, "name": "Fjord"}, LATER)
    assert after is not None
    assert makers(after) == {"profile": (Maker.STAFF, Maker.STAFF)}
    assert parts_by_anyone(old) == []
