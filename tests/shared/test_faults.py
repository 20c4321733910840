"""A fault says what is wrong with a field and how to mend it, as JSON and as a line, its values filled in."""

from __future__ import annotations

from shared.faults import Fault

LATE = Fault("day.end", "%(given)s is too late", "give at most %(most)s", {"given": "25:00", "most": "24:00"})


def test_its_values_stand_in_both_texts() -> None:
    assert LATE.to_json() == {"field": "day.end", "problem": "25:00 is too late", "fix": "give at most 24:00"}
    assert str(LATE) == "day.end: 25:00 is too late; give at most 24:00"


def test_a_value_may_hold_what_would_be_a_place_for_one() -> None:
    fault = Fault("id", "%(id)s is taken", "choose another than %(id)s", {"id": "100 %"})
    assert str(fault) == "id: 100 % is taken; choose another than 100 %"


def test_a_text_without_values_stands_as_it_is() -> None:
    assert str(Fault("share", "is over 100 %")) == "share: is over 100 %"


def test_a_fix_that_is_empty_is_left_out() -> None:
    assert Fault("day", "is full").to_json() == {"field": "day", "problem": "is full"}
    assert str(Fault("day", "is full")) == "day: is full"
