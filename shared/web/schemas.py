"""Schemas that the APIs of several services are made of, and how their fields say what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from shared.faults import Fault


class Strict(Schema):
    """A body whose unknown fields are errors."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE


def message(problem: str, fix: str, **values: object) -> list[Fault]:
    """Make a field's message; marshmallow adds the path of the field to it."""
    return [Fault("", problem, fix, values)]


def invalid(problem: str, fix: str, **values: object) -> ValidationError:
    """Make the error of a value that is not taken."""
    return ValidationError(message(problem, fix, **values))


def _check_count(field: fields.Field[Any], value: object) -> None:
    if isinstance(value, list | tuple | dict):
        for check in field.validators:
            if isinstance(check, validate.Length):
                check(value)


class CountedList(fields.List[Any]):
    """A list whose items are counted before any of them is read: `validate.Length` bounds the work too."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        _check_count(self, value)
        return super()._deserialize(value, attr, data, **rest)


class CountedDict(fields.Dict):
    """An object of free keys that are counted before any of them is read, as the items of a `CountedList`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        _check_count(self, value)
        return super()._deserialize(value, attr, data, **rest)  # type: ignore[no-untyped-call]


class Pattern(validate.Regexp):
    """A pattern that a text must match, with the message for one that does not."""

    def __init__(self, pattern: str, problem: str, fix: str) -> None:
        super().__init__(pattern)
        self.problem = problem
        self.fix = fix

    def __call__(self, value: Any) -> Any:
        """Return the text; raises ValidationError when it does not match."""
        if self.regex.match(value) is None:
            raise invalid(self.problem, self.fix)
        return value
