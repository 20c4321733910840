from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from shared.events.catalogue import TOPICS
from shared.events.compiled_states import compiled_loader

_JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False),
    st.text(max_size=3),
    st.lists(st.one_of(st.text(max_size=2), st.none(), st.integers()), max_size=2),
    st.dictionaries(st.text(max_size=2), st.one_of(st.text(max_size=2), st.integers()), max_size=2),
)


def _right(field: fields.Field[Any]) -> st.SearchStrategy[Any]:
    values: st.SearchStrategy[Any]
    if isinstance(field, fields.Nested):
        values = _states(field.schema)
    elif isinstance(field, fields.List):
        values = st.lists(_right(field.inner), max_size=2)
    elif isinstance(field, fields.Dict):
        assert field.key_field is not None
        assert field.value_field is not None
        values = st.dictionaries(_right(field.key_field), _right(field.value_field), max_size=2)
    elif isinstance(field, fields.Integer):
        values = st.integers()
    else:
        values = st.text(max_size=3)
    return st.one_of(st.none(), values) if field.allow_none else values


def _states(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    must = {name: _right(one) for name, one in schema.load_fields.items() if one.required}
    may = {name: _right(one) for name, one in schema.load_fields.items() if not one.required}
    return st.fixed_dictionaries(must, optional={**may, "unheard_of": _JUNK})


SCHEMAS = [pytest.param(topic.schema(), id=name) for name, topic in TOPICS.items()]


@pytest.mark.parametrize("schema", SCHEMAS)
@given(data=st.data())
def test_a_right_state_is_loaded_as_the_schema_loads_it(schema: Schema, data: st.DataObject) -> None:
    state = data.draw(_states(schema))
    before = copy.deepcopy(state)
    assert compiled_loader(schema)(state) == schema.load(state)
    assert state == before


@pytest.mark.parametrize("schema", SCHEMAS)
@given(data=st.data())
def test_what_the_schema_refuses_is_left_to_it(schema: Schema, data: st.DataObject) -> None:
    state = data.draw(_states(schema))
    name = data.draw(st.sampled_from(sorted(schema.load_fields)))
    state[name] = data.draw(_JUNK)
    plain = compiled_loader(schema)(state)
    try:
        loaded = schema.load(state)
    except ValidationError:
        assert plain is None
    else:
        assert plain in (None, loaded)


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("value", [None, [], "text", 1])
def test_what_is_no_object_is_left_to_the_schema(schema: Schema, value: Any) -> None:
    assert compiled_loader(schema)(value) is None


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_state_that_lacks_what_is_required_is_left_to_the_schema(schema: Schema) -> None:
    assert compiled_loader(schema)({}) is None


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_catalogue_has_no_hooks_which_a_plain_loader_would_pass_over(schema: Schema) -> None:
    assert not any(schema._hooks.values())


def test_defaults_are_made_anew_for_each_state() -> None:
    class WithList(Schema):
        items = fields.List(fields.String(), load_default=list)

    load = compiled_loader(WithList(unknown=EXCLUDE))
    first, second = load({}), load({})
    assert first == second == {"items": []}
    assert first is not None
    assert second is not None
    assert first["items"] is not second["items"]


@pytest.mark.parametrize(
    "field",
    [
        fields.Email(),
        fields.Integer(),
        fields.String(validate=validate.Length(max=1)),
        fields.List(fields.Raw()),
    ],
)
def test_a_schema_with_other_fields_is_never_loaded_here(field: fields.Field[Any]) -> None:
    schema = Schema.from_dict({"one": field})(unknown=EXCLUDE)
    assert compiled_loader(schema)({"one": "a"}) is None
