"""A fault says what is wrong with a field and how to mend it, as JSON, as a line, and out of marshmallow's messages."""

from __future__ import annotations

from shared.faults import Fault
from shared.web.problems import flatten_messages

LATE = Fault("day.end", "%(given)s is too late", "give at most %(most)s", {"given": "25:00", "most": "24:00"})


def test_its_values_stand_in_both_texts() -> None:
    assert LATE.to_json() == {"field": "day.end", "problem": "25:00 is too late", "fix": "give at most 24:00"}
    assert str(LATE) == "day.end: 25:00 is too late; give at most 24:00"


def test_a_fix_that_is_empty_is_left_out() -> None:
    assert Fault("day", "is full").to_json() == {"field": "day", "problem": "is full"}
    assert str(Fault("day", "is full")) == "day: is full"


def test_a_schemas_faults_get_the_path_of_their_field_and_texts_stay_texts() -> None:
    messages = {
        "days": {0: {"start": [Fault("", "Not a time; or none", "write 09:15.")]}},
        "rooms": ["is odd; mend it"],
    }
    assert flatten_messages(messages) == [
        {"field": "days.0.start", "problem": "Not a time; or none", "fix": "write 09:15."},
        {"field": "rooms", "problem": "is odd", "fix": "mend it"},
    ]
    assert flatten_messages([Fault("", "is no object", "send one")])[0]["field"] == "(body)"
