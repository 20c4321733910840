"""A fault says what is wrong with a field and how to mend it, as JSON, as a line and as a sentence."""

from __future__ import annotations

from shared.faults import Fault

LATE = Fault("day.end", "%(given)s is too late", "give at most %(most)s", {"given": "25:00", "most": "24:00"})


def test_its_values_stand_in_both_texts() -> None:
    assert LATE.to_json() == {"field": "day.end", "problem": "25:00 is too late", "fix": "give at most 24:00"}
    assert str(LATE) == "day.end: 25:00 is too late; give at most 24:00"
    assert LATE.sentence() == "25:00 is too late; give at most 24:00"


def test_a_fix_that_is_empty_is_left_out() -> None:
    assert Fault("day", "is full").to_json() == {"field": "day", "problem": "is full"}
    assert str(Fault("day", "is full")) == "day: is full"


def test_a_text_without_values_stands_as_it_is() -> None:
    assert Fault("share", "is over 100 %").sentence() == "is over 100 %"
