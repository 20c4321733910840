"""What the schemas load, and how they say of everything wrong what it is and how to mend it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from services.profiles.organisations.schemas.profiles import NEW, example
from shared.faults import Fault
from shared.web.problems import faults_in

KINDS = list(NEW)
ODD: list[Any] = [None, "", "  a \r\n b ", "a\x00b", "x" * 6000, 0, -1, 1.5, True, [], ["a", "a"], [None], {}]


def faults_of(kind: str, fields: Any) -> list[Fault]:
    with pytest.raises(ValidationError) as refused:
        NEW[kind]().load(fields)
    return faults_in(refused.value.messages)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_right_is_loaded_and_loads_again_as_the_same(kind: str) -> None:
    loaded = NEW[kind]().load(example(kind))
    assert {name: loaded[name] for name in example(kind)}.keys() == example(kind).keys()
    assert NEW[kind]().load(loaded) == loaded


@given(kind=st.sampled_from(KINDS), data=st.data())
def test_whatever_stands_in_a_field_it_is_loaded_or_named_with_what_is_wrong(
    kind: str, data: st.DataObject
) -> None:
    fields: dict[str, Any] = deepcopy(example(kind))
    places = [fields, *(one for value in fields.values() if isinstance(value, list) for one in value)]
    objects = [one for one in places if isinstance(one, dict)]
    names = set()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(objects))
        name = data.draw(st.sampled_from(["unheard_of", "title", *NEW[kind]().fields, *place]))
        place[name] = data.draw(st.sampled_from(ODD))
        names.add(name)
    try:
        loaded = NEW[kind]().load(fields)
    except ValidationError as error:
        faults = faults_in(error.messages)
        assert faults
        assert all(fault.problem for fault in faults)
        assert all(names.intersection(fault.field.split(".")) for fault in faults)
    else:
        assert NEW[kind]().load(loaded) == loaded


@pytest.mark.parametrize("odd", [None, [], "text", 7])
def test_what_is_no_object_is_refused(odd: Any) -> None:
    assert faults_of("companies", odd) == [Fault("(body)", "is of the wrong type", "send an object")]


def test_what_is_missing_is_named() -> None:
    assert faults_of("companies", {"capabilities": [{}]}) == [
        Fault("name", "is missing", "give it"),
        Fault("capabilities.0.text", "is missing", "give it"),
    ]
