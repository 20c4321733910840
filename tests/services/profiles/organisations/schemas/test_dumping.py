"""What is answered of a state: the known fields, in their order, and nothing that newer code wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from marshmallow import Schema, fields

from services.profiles.organisations.domain.offers import company_fields, partner_fields
from services.profiles.organisations.schemas.profiles import NEW, WHOLE, example

KINDS = list(WHOLE)
KEPT = {"id": "x-1", "version": 3, "status": "active", "updated_at": "2026-03-02T08:00:00Z"}


def state_of(kind: str) -> dict[str, Any]:
    loaded: dict[str, Any] = NEW[kind]().load(example(kind))
    if kind in ("companies", "partners"):
        loaded = (company_fields if kind == "companies" else partner_fields)(loaded)
    return {**loaded, **KEPT}


def known(schema: Schema, state: Mapping[str, Any]) -> dict[str, Any]:
    """Pick a schema's fields out of a state as they stand, in the schema's order."""
    return {
        name: known_value(field, state[name]) for name, field in schema.dump_fields.items() if name in state
    }


def known_value(field: fields.Field[Any], value: Any) -> Any:
    if isinstance(field, fields.List) and value is not None:
        return [known_value(field.inner, one) for one in value]
    return known(field.schema, value) if isinstance(field, fields.Nested) and value is not None else value


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_is_dumped_with_its_values_as_they_stand_and_its_fields_in_order(kind: str) -> None:
    schema, state = WHOLE[kind](), state_of(kind)
    dumped = schema.dump(state)
    assert dumped == known(schema, state)
    assert list(dumped) == list(known(schema, state))


@pytest.mark.parametrize("kind", KINDS)
def test_fields_that_newer_code_wrote_are_not_answered(kind: str) -> None:
    state = state_of(kind)
    later = {**state, "unheard_of": 1}
    for inner in ("capabilities", "needs"):
        later[inner] = [{**one, "unheard_of": 1} for one in state.get(inner, [])]
    assert WHOLE[kind]().dump(later) == WHOLE[kind]().dump({"capabilities": [], "needs": []} | state)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_dumped_is_taken_back_as_it_is(kind: str) -> None:
    dumped = WHOLE[kind]().dump(state_of(kind))
    assert WHOLE[kind]().dump(WHOLE[kind]().load(dumped)) == dumped
