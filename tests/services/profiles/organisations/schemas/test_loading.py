"""What is loaded field by field is what marshmallow's own steps load, and what these refuse is refused."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from services.profiles.organisations.schemas.profiles import NEW, example

KINDS = list(NEW)
ODD: list[Any] = [None, "", "  a \r\n b ", "a\x00b", "x" * 6000, 0, -1, 1.5, True, [], ["a", "a"], [None], {}]


def by_marshmallow(kind: str, fields: Any) -> Any:
    return outcome(lambda: Schema.load(NEW[kind](), fields))


def outcome(load: Any) -> Any:
    try:
        return list(load().items())
    except ValidationError as error:
        return error.messages


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_right_is_loaded_alike_and_in_the_same_order(kind: str) -> None:
    loaded = outcome(lambda: NEW[kind]().load(example(kind)))
    assert isinstance(loaded, list)
    assert loaded == by_marshmallow(kind, example(kind))


@given(kind=st.sampled_from(KINDS), data=st.data())
def test_whatever_stands_in_a_field_the_outcome_is_the_same(kind: str, data: st.DataObject) -> None:
    fields: dict[str, Any] = deepcopy(example(kind))
    places = [fields, *(one for value in fields.values() if isinstance(value, list) for one in value)]
    objects = [one for one in places if isinstance(one, dict)]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(objects))
        name = data.draw(st.sampled_from(["unheard_of", "title", *NEW[kind]().fields, *place]))
        place[name] = data.draw(st.sampled_from(ODD))
    assert outcome(lambda: NEW[kind]().load(fields)) == by_marshmallow(kind, fields)


@pytest.mark.parametrize("odd", [None, [], "text", 7])
def test_what_is_no_object_is_refused(odd: Any) -> None:
    assert outcome(lambda: NEW["companies"]().load(odd)) == {
        "_schema": ["is of the wrong type; send an object"]
    }


def test_what_is_missing_is_named() -> None:
    assert outcome(lambda: NEW["companies"]().load({"capabilities": [{}]})) == {
        "name": ["is missing; give it"],
        "capabilities": {0: {"text": ["is missing; give it"]}},
    }
