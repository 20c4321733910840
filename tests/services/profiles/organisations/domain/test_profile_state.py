"""The states that changes make."""

from __future__ import annotations

from typing import Any

import pytest

from services.profiles.organisations.domain import profile_state as states
from services.profiles.organisations.domain.codes import KINDS, Status

NOW, LATER = "2026-03-02T08:00:00.000000Z", "2026-03-03T08:00:00.000000Z"
BY_STAFF_NOW = {"made_by": "staff", "made_at": NOW, "confirmed_by": "staff", "confirmed_at": NOW}


@pytest.mark.parametrize(
    ("kind", "status"),
    [("companies", "active"), ("partners", "active"), ("visits", "planned"), ("requests", "open")],
)
def test_a_new_state_has_version_one_and_the_first_status_of_its_kind(kind: str, status: str) -> None:
    assert states.new_state(kind, "X1", {"name": "a"}, NOW) == {
        "id": "X1",
        "version": 1,
        "status": status,
        "name": "a",
        "updated_at": NOW,
        "provenance": {"profile": BY_STAFF_NOW},
    }
    assert KINDS[kind].plural == kind


def test_other_fields_make_the_next_version_and_the_same_ones_none() -> None:
    state = states.new_state("companies", "X1", {"name": "a"}, NOW)
    assert states.replaced(state, {"name": "a"}, LATER) is None
    assert states.replaced(state, {"name": "b"}, LATER) == {
        **state,
        "version": 2,
        "name": "b",
        "updated_at": LATER,
        "provenance": {"profile": {**BY_STAFF_NOW, "made_at": LATER, "confirmed_at": LATER}},
    }


def test_withdrawing_keeps_everything_and_happens_once() -> None:
    state = states.new_state("companies", "X1", {"name": "a"}, NOW)
    after = states.at_status(state, Status.WITHDRAWN, LATER)
    assert after == {**state, "version": 2, "status": "withdrawn", "updated_at": LATER}
    assert states.at_status(after, Status.WITHDRAWN, LATER) is None


def test_anybody_may_join_the_network_and_only_staff_make_members() -> None:
    assert states.membership_fault("member", by_staff=True) is None
    assert states.membership_fault("network", by_staff=False) is None
    assert "given by staff" in str(states.membership_fault("member", by_staff=False))
    assert states.membership_of(None, by_staff=True) == "member"
    assert states.membership_of(None, by_staff=False) == "network"
    assert states.membership_of("lapsed", by_staff=True) == "lapsed"


@pytest.mark.parametrize("part", ["capabilities", "needs"])
def test_focus_areas_are_those_of_every_offer_once_each(part: str) -> None:
    offers: list[dict[str, Any]] = [{"focus_areas": ["amr", "digital"]}, {"focus_areas": ["amr"]}]
    assert states.focus_areas_of({part: offers}) == ["amr", "digital"]
    assert states.focus_areas_of({"delegates": [{"needs": offers}]}) == ["amr", "digital"]
