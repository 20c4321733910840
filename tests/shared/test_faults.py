"""What is wrong with a field, in words that can be translated before their values are filled in."""

from __future__ import annotations

from shared.faults import Fault


def test_values_are_filled_into_problem_and_fix() -> None:
    fault = Fault("id", "%(id)s is taken", "choose another than %(id)s", {"id": "100 %"})
    assert str(fault) == "id 100 % is taken; choose another than 100 %"


def test_a_text_without_values_stands_as_it_is() -> None:
    assert str(Fault("share", "is over 100 %")) == "share is over 100 %"
