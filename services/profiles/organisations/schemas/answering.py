"""Answering states that are plainly right without marshmallow's steps, which cost more than writing their JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, fields

Dumper = Callable[[Any], Any]


class _NotPlainError(Exception):
    """The value is not one that is dumped here."""


def plain_dumper(schema: Schema) -> Dumper:
    """Make a function that dumps what `schema.dump` dumps: the known fields, in their order.

    A value that is of another type than its field's is left to the schema.
    """
    dump = _object(schema)

    def plain(state: Any) -> Any:
        try:
            return dump(state)
        except _NotPlainError:
            return schema.dump(state)

    return plain


def _object(schema: Schema) -> Dumper:
    parts = [
        (field.attribute or name, field.data_key or name, *_value(field))
        for name, field in schema.dump_fields.items()
    ]

    def dump(value: Any) -> Any:
        if type(value) is not dict:
            raise _NotPlainError
        dumped = {}
        for name, key, kinds, dump_value in parts:
            if name in value:
                given = value[name]
                dumped[key] = given if type(given) in kinds else dump_value(given)
        return dumped

    return dump


def _value(field: fields.Field[Any]) -> tuple[frozenset[type], Dumper]:
    """Give the types whose values are dumped as they are, and what dumps the others."""
    nothing = type(None)
    if isinstance(field, fields.String):
        return frozenset({str, nothing}), _refuse
    if isinstance(field, fields.Integer):
        return frozenset({int, nothing}), _refuse
    if isinstance(field, fields.List):
        return frozenset({nothing}), _list(*_value(field.inner))
    if isinstance(field, fields.Nested) and not field.many:
        return frozenset({nothing}), _object(field.schema)
    if isinstance(field, fields.Dict):
        return frozenset({nothing}), _dict
    return frozenset(), _refuse


def _refuse(value: Any) -> Any:
    raise _NotPlainError


def _list(kinds: frozenset[type], dump_item: Dumper) -> Dumper:
    def dump(value: Any) -> Any:
        if type(value) is not list:
            raise _NotPlainError
        return [item if type(item) in kinds else dump_item(item) for item in value]

    return dump


def _dict(value: Any) -> Any:
    if type(value) is not dict or not all(type(name) is str is type(one) for name, one in value.items()):
        raise _NotPlainError
    return dict(value)
