"""Loading states that are plainly right without marshmallow's steps: most are, and these are most of the work.

A plain loader is made from a schema. It answers as the schema does, or None when a state is wrong or anything
about it needs the schema itself: then that decides, and its errors are the ones that are told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, missing

Loader = Callable[[Any], Any]
PlainLoader = Callable[[Any], dict[str, Any] | None]


class _NotPlainError(Exception):
    """The value, or the schema, is not one that is loaded here."""


def plain_loader(schema: Schema) -> PlainLoader:
    """Make the plain loader of a schema; one that always says None when the schema has fields unknown here.

    The schema must have no hooks (`pre_load`, `post_load`, `validates`).
    """
    try:
        load = _object(schema)
    except _NotPlainError:
        return lambda state: None

    def plain(state: Any) -> dict[str, Any] | None:
        try:
            loaded: dict[str, Any] = load(state)
        except _NotPlainError:
            return None
        return loaded

    return plain


def _object(schema: Schema) -> Loader:
    if schema.unknown != EXCLUDE:
        raise _NotPlainError
    parts = [
        (field.data_key or name, field.attribute or name, field.load_default, _value(field))
        for name, field in schema.load_fields.items()
    ]

    def load(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _NotPlainError
        loaded = {}
        for key, name, default, load_value in parts:
            if key in value:
                loaded[name] = load_value(value[key])
            elif default is missing:
                raise _NotPlainError
            else:
                loaded[name] = default() if callable(default) else default
        return loaded

    return load


def _value(field: fields.Field[Any]) -> Loader:
    if field.validators:
        raise _NotPlainError
    load = _not_null(field)
    if not field.allow_none:
        return load
    return lambda value: None if value is None else load(value)


def _not_null(field: fields.Field[Any]) -> Loader:
    if type(field) is fields.String:
        return _exactly(str)
    if type(field) is fields.Integer and field.strict:
        return _exactly(int)
    if type(field) is fields.List:
        return _list(_value(field.inner))
    if type(field) is fields.Dict and field.key_field and field.value_field:
        return _dict(_value(field.key_field), _value(field.value_field))
    if type(field) is fields.Nested and not field.many and field.unknown is None:
        return _object(field.schema)
    raise _NotPlainError


def _exactly(kind: type) -> Loader:
    def load(value: Any) -> Any:
        if type(value) is not kind:
            raise _NotPlainError
        return value

    return load


def _list(inner: Loader) -> Loader:
    def load(value: Any) -> Any:
        if type(value) is not list:
            raise _NotPlainError
        return [inner(one) for one in value]

    return load


def _dict(key: Loader, inner: Loader) -> Loader:
    def load(value: Any) -> Any:
        if type(value) is not dict:
            raise _NotPlainError
        return {key(name): inner(one) for name, one in value.items()}

    return load
