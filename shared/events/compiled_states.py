"""Loading states that are plainly right without marshmallow's steps: most are, and these are most of the work.

A plain loader is made from a schema. It answers as the schema does, or None when a state is wrong or anything
about it needs the schema itself: then that decides, and its errors are the ones that are told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, missing

Loader = Callable[[Any], Any]
CompiledLoader = Callable[[Any], dict[str, Any] | None]


class _DoubtError(Exception):
    """The value, or the schema, is not one that is loaded here."""


def compiled_loader(schema: Schema) -> CompiledLoader:
    """Make the plain loader of a schema; one that always says None when the schema has fields unknown here.

    The schema must have no hooks (`pre_load`, `post_load`, `validates`).
    """
    try:
        load = _object(schema)
    except _DoubtError:
        return lambda state: None

    def plain(state: Any) -> dict[str, Any] | None:
        try:
            loaded: dict[str, Any] = load(state)
        except _DoubtError:
            return None
        return loaded

    return plain


def _object(schema: Schema) -> Loader:
    if schema.unknown != EXCLUDE:
        raise _DoubtError
    parts = [
        (field.data_key or name, field.attribute or name, field.required, field.load_default, *_value(field))
        for name, field in schema.load_fields.items()
    ]

    def load(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _DoubtError
        loaded = {}
        for key, name, required, default, kinds, load_value in parts:
            given = value.get(key, missing)
            if type(given) in kinds:
                loaded[name] = given
            elif given is not missing:
                loaded[name] = load_value(given)
            elif required:
                raise _DoubtError
            elif default is not missing:
                loaded[name] = default() if callable(default) else default
        return loaded

    return load


Kinds = frozenset[type]
"""The types whose values are taken as they are; any other value goes to the loader beside them."""
_NONE = type(None)


def _value(field: fields.Field[Any]) -> tuple[Kinds, Loader]:
    if field.validators:
        raise _DoubtError
    kinds, load = _not_null(field)
    return (kinds | {_NONE} if field.allow_none else kinds), load


def _not_null(field: fields.Field[Any]) -> tuple[Kinds, Loader]:
    if type(field) is fields.String:
        return frozenset({str}), _refuse
    if type(field) is fields.Integer and field.strict:
        return frozenset({int}), _refuse
    if type(field) is fields.List:
        return frozenset(), _list(*_value(field.inner))
    if type(field) is fields.Dict and field.key_field and field.value_field:
        return frozenset(), _dict(_value(field.key_field), _value(field.value_field))
    if type(field) is fields.Nested and not field.many and field.unknown is None:
        return frozenset(), _object(field.schema)
    raise _DoubtError


def _refuse(value: Any) -> Any:
    raise _DoubtError


def _list(kinds: Kinds, load_item: Loader) -> Loader:
    def load(value: Any) -> Any:
        if type(value) is not list:
            raise _DoubtError
        return [item if type(item) in kinds else load_item(item) for item in value]

    return load


def _dict(key: tuple[Kinds, Loader], item: tuple[Kinds, Loader]) -> Loader:
    (key_kinds, load_key), (item_kinds, load_item) = key, item

    def load(value: Any) -> Any:
        if type(value) is not dict:
            raise _DoubtError
        return {
            name if type(name) in key_kinds else load_key(name): (
                one if type(one) in item_kinds else load_item(one)
            )
            for name, one in value.items()
        }

    return load
