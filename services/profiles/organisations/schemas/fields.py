"""The fields that profiles are made of: each checks what it takes and says how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from services.profiles.organisations.domain.plain_text import (
    TextError,
    clean_language,
    clean_text,
    clean_website,
    clean_word,
)
from shared.focus_areas import read_focus_areas
from shared.ids import ID_PATTERN
from shared.web.schemas import CountedList, invalid, message

LARGEST_NUMBER = 10_000_000
MOST_IN_LIST = 100

Messages = dict[str, str | list[Any] | dict[Any, Any]]

MESSAGES: Messages = {
    "required": message("is missing", "give it"),
    "null": message("may not be null", "give a value or leave the field out"),
}


def messages(hint: str) -> Messages:
    """Make the messages of a field, with what to send instead of a wrong type."""
    return {**MESSAGES, "invalid": message("is of the wrong type", hint)}


class ProfileSchema(Schema):
    """A schema that refuses unknown fields, and says of everything wrong how to mend it."""

    error_messages: dict[str, Any] = {  # noqa: RUF012  # marshmallow declares it so
        "unknown": message("is no field here", "take it out"),
        "type": message("is of the wrong type", "send an object"),
    }


class MostItems(validate.Length):
    """At most so many items in a list or an object."""

    def __init__(self, most: int) -> None:
        super().__init__(max=most)
        self.most = most

    def __call__(self, value: Any) -> Any:
        """Return the value; raises ValidationError when it has more items."""
        if len(value) > self.most:
            raise invalid("has too many items", "at most %(most)s are taken", most=self.most)
        return value


class Email(validate.Email):
    """A mail address, as marshmallow checks it."""

    def __call__(self, value: str) -> str:
        """Return the address; raises ValidationError when it is none."""
        try:
            return super().__call__(value)
        except ValidationError as error:
            raise invalid("is no mail address", "write for instance name@example.org") from error


def part(schema: type[Schema], **rest: Any) -> fields.Nested:
    """Make a field for an object inside another."""
    return fields.Nested(
        schema, error_messages={**MESSAGES, "type": message("is of the wrong type", "send an object")}, **rest
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
            raise invalid(
                "has %(length)s characters", "at most %(most)s are taken", length=len(given), most=self.most
            )
        try:
            text = self.clean(given)
        except TextError as error:
            raise invalid(error.problem, error.fix) from error
        if len(text) < self.least:
            raise invalid("is empty", "write something or leave the field out")
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
            raise invalid(
                "is no identifier", "use at most 64 letters a-z, digits, dots, dashes and underscores"
            )

    rest["metadata"] = {"pattern": f"^{ID_PATTERN.pattern}$", **rest.get("metadata", {})}
    return fields.String(validate=check, error_messages=messages("send a text"), **rest)


def email_field(**rest: Any) -> Text:
    """Make a field for a mail address."""
    return Text(254, least=1, validate=Email(), **rest)


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
            raise invalid("is no day", "write it as year-month-day, such as 2026-03-02") from error


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


def choice_field(choices: type[StrEnum], **rest: Any) -> fields.String:
    """Make a field for one of a few words."""
    check = validate.OneOf([one.value for one in choices], error="must be one of {choices}")
    return fields.String(validate=check, error_messages=messages("send a text"), **rest)


class Items(CountedList):
    """A list of at most `most` items; of equal texts the first is kept."""

    default_error_messages = messages("send a list")

    def __init__(self, inner: fields.Field[Any], most: int = MOST_IN_LIST, **rest: Any) -> None:
        if not rest.get("required"):
            rest.setdefault("load_default", list)
        rest["validate"] = MostItems(most)
        super().__init__(inner, **rest)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        items = super()._deserialize(value, attr, data, **rest)
        return list(dict.fromkeys(items)) if all(isinstance(item, str) for item in items) else items


def focus_areas_field(**rest: Any) -> Items:
    """Make a field for focus areas, by their codes."""
    codes = ", ".join(read_focus_areas())

    def check(code: str) -> None:
        if code not in read_focus_areas():
            raise invalid(
                "%(code)r is no focus area",
                "choose from %(codes)s, or leave it empty",
                code=code,
                codes=codes,
            )

    rest["metadata"] = {
        "description": f"of {codes}; empty: inferred from the text",
        **rest.get("metadata", {}),
    }
    return Items(Text(64, clean=clean_word, validate=check), **rest)
