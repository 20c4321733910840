"""What the catalogue's events look like, as plain JSON: kept for each released version to hold later ones to it.

`python -m tests.golden.describe > tests/golden/vN/schemas.json` writes it, once, when version N is released.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, fields

from shared.events.catalogue import TOPICS

Description = dict[str, Any]


def described() -> Description:
    """Describe every topic: its event types and the fields of the state that they carry."""
    return {
        name: {"types": sorted(topic.event_types), "state": _schema(topic.schema())}
        for name, topic in TOPICS.items()
    }


def breaches(one: Description, other: Description) -> list[str]:
    """Say what keeps code of either version from reading what the other writes; the order does not matter."""
    found = [f"{name}: a topic came or went" for name in sorted(set(one) ^ set(other))]
    for name in sorted(set(one) & set(other)):
        found += _state_breaches(one[name]["state"], other[name]["state"], name)
    return found


def restricted(state: Any, description: Description) -> Any:
    """Return a state without the fields that a description of states lacks, as code of that version reads it."""
    return {
        name: _restricted_value(value, description[name])
        for name, value in state.items()
        if name in description
    }


def _restricted_value(value: Any, field: Description) -> Any:
    if "fields" in field and isinstance(value, dict):
        return restricted(value, field["fields"])
    if "items" in field and isinstance(value, list):
        return [_restricted_value(item, field["items"]) for item in value]
    return value


def _state_breaches(one: Description, other: Description, path: str) -> Iterator[str]:
    for name in sorted(set(one) ^ set(other)):
        if (one.get(name) or other[name])["required"]:
            yield f"{path}.{name}: a required field came or went"
    for name in sorted(set(one) & set(other)):
        yield from _field_breaches(one[name], other[name], f"{path}.{name}")


def _field_breaches(one: Description, other: Description, path: str) -> Iterator[str]:
    for what in ("type", "required", "null"):
        if one.get(what) != other.get(what):
            yield f"{path}: {what} is {one.get(what)} in one and {other.get(what)} in the other"
    if "fields" in one and "fields" in other:
        yield from _state_breaches(one["fields"], other["fields"], path)
    for part in ("keys", "items"):
        if part in one and part in other:
            yield from _field_breaches(one[part], other[part], f"{path}[{part}]")


def _schema(schema: Schema) -> Description:
    return {field.data_key or name: _field(field) for name, field in sorted(schema.fields.items())}


def _field(field: fields.Field[Any]) -> Description:
    said: Description = {
        "type": type(field).__name__,
        "required": field.required,
        "null": bool(field.allow_none),
    }
    if isinstance(field, fields.Nested):
        said["fields"] = _schema(field.schema)
    elif isinstance(field, fields.List):
        said["items"] = _field(field.inner)
    elif isinstance(field, fields.Dict):
        parts = {"keys": field.key_field, "items": field.value_field}
        said |= {name: _field(part) for name, part in parts.items() if part is not None}
    return said


if __name__ == "__main__":
    json.dump(described(), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
