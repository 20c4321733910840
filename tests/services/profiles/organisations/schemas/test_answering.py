"""What is dumped without marshmallow's steps is what its schema dumps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, fields

from services.profiles.organisations.domain.offers import company_fields, partner_fields
from services.profiles.organisations.schemas.answering import plain_dumper
from services.profiles.organisations.schemas.profiles import NEW, WHOLE, example

KINDS = list(WHOLE)
KEPT = {"id": "x-1", "version": 3, "status": "active", "updated_at": "2026-03-02T08:00:00Z"}


def state_of(kind: str) -> dict[str, Any]:
    loaded: dict[str, Any] = NEW[kind]().load(example(kind))
    if kind in ("companies", "partners"):
        loaded = (company_fields if kind == "companies" else partner_fields)(loaded)
    return {**loaded, **KEPT}


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_is_dumped_as_its_schema_dumps_it(kind: str) -> None:
    state = state_of(kind)
    dumped = plain_dumper(WHOLE[kind]())(state)
    assert dumped == WHOLE[kind]().dump(state)
    assert list(dumped) == list(WHOLE[kind]().dump(state))


@pytest.mark.parametrize("kind", KINDS)
def test_fields_that_newer_code_wrote_are_not_answered(kind: str) -> None:
    state = {**state_of(kind), "unheard_of": 1}
    for inner in ("capabilities", "needs"):
        state[inner] = [{**one, "unheard_of": 1} for one in state.get(inner, [])]
    assert plain_dumper(WHOLE[kind]())(state) == WHOLE[kind]().dump(state)


class _Inner(Schema):
    text = fields.String()


class _Whole(Schema):
    name = fields.String()
    number = fields.Integer()
    texts = fields.List(fields.String())
    inners = fields.List(fields.Nested(_Inner))
    words = fields.Dict(keys=fields.String(), values=fields.String())


_VALUES = st.none() | st.text(max_size=3) | st.integers(-9, 9)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "name": _VALUES,
            "number": st.none() | st.integers() | st.just("7"),
            "texts": st.none() | st.lists(_VALUES, max_size=3),
            "inners": st.none() | st.lists(st.none() | st.fixed_dictionaries({"text": _VALUES}), max_size=2),
            "words": st.none() | st.dictionaries(st.text(max_size=2), _VALUES, max_size=2),
        },
    )
)
def test_values_of_other_types_are_dumped_as_the_schema_dumps_them(state: dict[str, Any]) -> None:
    assert plain_dumper(_Whole())(state) == _Whole().dump(state)
