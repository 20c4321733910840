"""The fields that profiles are made of: each checks what it takes and says how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from marshmallow import Schema, ValidationError, fields, missing, validate

from services.profiles.organisations.domain.plain_text import (
    clean_language,
    clean_text,
    clean_website,
    clean_word,
)
from shared.focus_areas import read_focus_areas
from shared.ids import ID_PATTERN

LARGEST_NUMBER = 10_000_000
MOST_IN_LIST = 100

MESSAGES = {
    "required": "is missing; give it",
    "null": "may not be null; give a value or leave the field out",
    "invalid": "is of the wrong type; {hint}",
}


Messages = dict[str, str | list[Any] | dict[Any, Any]]


def messages(hint: str) -> Messages:
    """Give a field's messages, with what to send instead of a wrong type."""
    return {**MESSAGES, "invalid": MESSAGES["invalid"].format(hint=hint)}


class Strict(Schema):
    """A schema that refuses fields it does not know.

    What is right is loaded field by field; only what is not is loaded by marshmallow's own steps, which gather
    all errors and cost more than the checks.
    """

    error_messages = {  # noqa: RUF012  # marshmallow declares it so
        "unknown": "is no field here; take it out",
        "type": "is of the wrong type; send an object",
    }

    def load(self, data: Any, *, many: Any = None, partial: Any = None, unknown: Any = None) -> Any:
        """Load as any schema does."""
        if not (many or partial or unknown or self.many or self.partial or any(self._hooks.values())):
            try:
                return self.load_right(data)
            except ValidationError:
                pass  # and marshmallow says all that is wrong
        return super().load(data, many=many, partial=partial, unknown=unknown)

    def load_right(self, data: Any) -> dict[str, Any]:
        """Load a plain object, without hooks; raises ValidationError, with no word to tell, at the first error."""
        if type(data) is not dict:
            raise ValidationError("")
        loaded = {}
        seen = 0
        for key, name, default, load_value in self._parts:
            if key in data:
                seen += 1
                loaded[name] = load_value(data[key])
            elif default is not missing:
                loaded[name] = default() if callable(default) else default
        if seen < len(data) or not self._required.issubset(data):
            raise ValidationError("")
        return loaded

    @cached_property
    def _parts(self) -> list[tuple[str, str, Any, Callable[[Any], Any]]]:
        return [
            (field.data_key or name, field.attribute or name, field.load_default, right_loader(field))
            for name, field in self.load_fields.items()
        ]

    @cached_property
    def _required(self) -> frozenset[str]:
        return frozenset(field.data_key or name for name, field in self.load_fields.items() if field.required)


def part(schema: type[Schema], **rest: Any) -> fields.Nested:
    """Make a field for an object inside another."""
    return fields.Nested(
        schema, error_messages={**MESSAGES, "type": "is of the wrong type; send an object"}, **rest
    )


class Text(fields.String):
    """A text of at most `most` characters, put in order by `clean`; `least` 1 refuses an empty one."""

    default_error_messages = messages("send a text")

    def __init__(
        self, most: int, *, least: int = 0, clean: Callable[[str], str] = clean_text, **rest: Any
    ) -> None:
        rest.setdefault("metadata", {})
        rest["metadata"] = {"maxLength": most, **({"minLength": least} if least else {}), **rest["metadata"]}
        super().__init__(**rest)
        self.most = most
        self.least = least
        self.clean = clean

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        given = super()._deserialize(value, attr, data, **rest)
        if len(given) > self.most:
            raise ValidationError(f"has {len(given)} characters; at most {self.most} are taken")
        try:
            text = self.clean(given)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        if len(text) < self.least:
            raise ValidationError("is empty; write something or leave the field out")
        return text


def lines_field(most: int, **rest: Any) -> Text:
    """Make a field for a text of several lines."""
    return Text(most, clean=lambda text: clean_text(text, lines=True), **rest)


def word_field(most: int = 80, **rest: Any) -> Text:
    """Make a field for a free word, kept in lower case."""
    return Text(most, clean=clean_word, **rest)


def language_field(**rest: Any) -> Text:
    """Make a field for a language code."""
    return Text(8, clean=clean_language, **rest)


def website_field(**rest: Any) -> Text:
    """Make a field for a web address."""
    return Text(300, clean=clean_website, **rest)


def id_field(**rest: Any) -> fields.String:
    """Make a field for an identifier."""

    def check(text: str) -> None:
        if not ID_PATTERN.fullmatch(text):
            raise ValidationError(
                "is no identifier; use at most 64 letters a-z, digits, dots, dashes and underscores"
            )

    rest["metadata"] = {"pattern": f"^{ID_PATTERN.pattern}$", **rest.get("metadata", {})}
    return fields.String(validate=check, error_messages=messages("send a text"), **rest)


def email_field(**rest: Any) -> Text:
    """Make a field for a mail address."""
    check = validate.Email(error="is no mail address; write for instance name@example.org")
    return Text(254, least=1, validate=check, **rest)


class Day(fields.String):
    """A day as `2026-03-02`."""

    default_error_messages = messages("send a text such as 2026-03-02")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        text = super()._deserialize(value, attr, data, **rest)
        try:
            if len(text) != len("2026-03-02"):
                raise ValueError(text)
            return date.fromisoformat(text).isoformat()
        except ValueError as error:
            raise ValidationError("is no day; write it as year-month-day, such as 2026-03-02") from error


def day_field(**rest: Any) -> Day:
    """Make a field for a day."""
    rest["metadata"] = {"format": "date", **rest.get("metadata", {})}
    return Day(**rest)


def number_field(**rest: Any) -> fields.Integer:
    """Make a field for a whole number of people or introductions; null: not known."""
    check = validate.Range(0, LARGEST_NUMBER, error="must be a whole number from {min} to {max}")
    return fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=check,
        error_messages=messages("send a whole number, not in quotes"),
        **rest,
    )


def choice_field(choices: tuple[str, ...], **rest: Any) -> fields.String:
    """Make a field for one of a few words."""
    check = validate.OneOf(choices, error="must be one of {choices}")
    return fields.String(validate=check, error_messages=messages("send a text"), **rest)


def right_loader(field: fields.Field[Any]) -> Callable[[Any], Any]:
    """Make a function that loads a value as a field does; raises ValidationError at the first error."""
    if isinstance(field, fields.Nested) and isinstance(field.schema, Strict) and not field.validators:
        load_object, may_be_null = field.schema.load_right, field.allow_none
        return lambda value: None if value is None and may_be_null else load_object(value)
    if isinstance(field, Items):
        return field.loader_of_right()
    return field.deserialize


class Items(fields.List[Any]):
    """A list of at most `most` items; of equal texts the first is kept."""

    default_error_messages = messages("send a list")

    def __init__(self, inner: fields.Field[Any], most: int = MOST_IN_LIST, **rest: Any) -> None:
        if not rest.get("required"):
            rest.setdefault("load_default", list)
        rest["validate"] = validate.Length(max=most, error="has too many items; at most {max} are taken")
        super().__init__(inner, **rest)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        return self._once(super()._deserialize(value, attr, data, **rest))

    def loader_of_right(self) -> Callable[[Any], Any]:
        """Make a function that loads a list as this field does; raises ValidationError at the first error."""
        load_item = right_loader(self.inner)

        def load(value: Any) -> Any:
            if type(value) is not list:
                return self.deserialize(value)
            items = self._once([load_item(item) for item in value])
            self._validate(items)
            return items

        return load

    @staticmethod
    def _once(items: list[Any]) -> list[Any]:
        return list(dict.fromkeys(items)) if all(isinstance(item, str) for item in items) else items


def focus_areas_field(**rest: Any) -> Items:
    """Make a field for focus areas, by their codes."""
    codes = ", ".join(read_focus_areas())

    def check(code: str) -> None:
        if code not in read_focus_areas():
            raise ValidationError(f"{code!r} is no focus area; choose from {codes}, or leave it empty")

    rest["metadata"] = {
        "description": f"of {codes}; empty: inferred from the text",
        **rest.get("metadata", {}),
    }
    return Items(Text(64, clean=clean_word, validate=check), **rest)
