"""The fields that profiles are made of: each checks what it takes and says how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from services.profiles.organisations.domain.choices import read_choice
from services.profiles.organisations.domain.plain_text import (
    TextError,
    clean_language,
    clean_lower,
    clean_text,
    clean_time_zone,
    clean_website,
    clean_word,
)
from services.profiles.organisations.domain.value_lists import FOCUS_AREAS, MARKETS, MOST_PIECES, ValueList
from shared.focus_areas import read_focus_areas
from shared.ids import ID_PATTERN
from shared.web.problems import MOST_ERRORS
from shared.web.schemas import CountedList, invalid, message
from shared.words.addresses import LONGEST_ADDRESS, AddressError, read_address
from shared.words.invisible import trimmed
from shared.words.not_known import has_no_value, is_not_known

LARGEST_NUMBER = 10_000_000
MOST_IN_LIST = 100
LONGEST_ITEM = 2_000
"""Characters of an item of a list, which may name several values."""
MOST_MARKUP = 4
"""How many times longer than its text a text with markup may be."""

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
        if value is not None and len(value) > self.most:
            raise invalid("has too many items", "at most %(most)s are taken", most=self.most)
        return value


class Within(validate.Range):
    """A whole number from 0 to the largest."""

    def __init__(self) -> None:
        super().__init__(0, LARGEST_NUMBER)

    def __call__(self, value: Any) -> Any:
        """Return the value; raises ValidationError when it is too small or too large."""
        if value is not None and not 0 <= value <= LARGEST_NUMBER:
            raise invalid(
                "must be a whole number from %(least)s to %(most)s", "", least=0, most=LARGEST_NUMBER
            )
        return value


class OneOfThese(validate.OneOf):
    """One of a few words."""

    def __call__(self, value: Any) -> Any:
        """Return the value; raises ValidationError when it is another."""
        if value not in self.choices:
            raise invalid("must be one of %(choices)s", "", choices=self.choices_text)
        return value


def part(schema: type[Schema], **rest: Any) -> fields.Nested:
    """Make a field for an object inside another."""
    return fields.Nested(
        schema, error_messages={**MESSAGES, "type": message("is of the wrong type", "send an object")}, **rest
    )


def takes_any(text: str) -> bool:
    """Say of no text that it stands for *not known*: every one is taken as it is."""
    return False


class Text(fields.String):
    """A text of at most `most` characters, put in order by `clean`; `least` 1 refuses an empty one.

    A text that stands for *not known* (`no_value`) is an empty one, or null where the field may be null.
    """

    default_error_messages = messages("send a text")

    def __init__(
        self,
        most: int,
        *,
        least: int = 0,
        clean: Callable[[str], str] = clean_text,
        no_value: Callable[[str], bool] = is_not_known,
        **rest: Any,
    ) -> None:
        rest.setdefault("metadata", {})
        rest["metadata"] = {"maxLength": most, **({"minLength": least} if least else {}), **rest["metadata"]}
        super().__init__(**rest)
        self.most = most
        self.least = least
        self.clean = clean
        self.no_value = no_value

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        given = super()._deserialize(value, attr, data, **rest)
        self._refuse_long(given, MOST_MARKUP * self.most)
        try:
            text = self.clean(given)
        except TextError as error:
            raise invalid(error.problem, error.fix, **error.values) from error
        self._refuse_long(text, self.most)
        if self.no_value(text):
            if self.least:
                raise invalid("is missing: %(text)r says that it is not known", "give it", text=text)
            return None if self.allow_none else ""
        if len(text) < self.least:
            raise invalid("is empty", "write something or leave the field out")
        return text

    def _refuse_long(self, text: str, most: int) -> None:
        if len(text) > most:
            raise invalid(
                "has %(length)s characters", "at most %(most)s are taken", length=len(text), most=self.most
            )


def lines_field(most: int, **rest: Any) -> Text:
    """Make a field for a text of several lines."""
    rest.setdefault("no_value", has_no_value)
    return Text(most, clean=lambda text: clean_text(text, lines=True), **rest)


def word_field(most: int = 80, **rest: Any) -> Text:
    """Make a field for a free word, kept in lower case."""
    return Text(most, clean=clean_word, no_value=has_no_value, **rest)


def language_field(**rest: Any) -> Text:
    """Make a field for a language code."""
    return Text(35, clean=clean_language, no_value=takes_any, **rest)


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
    """Make a field for a mail address, as mails can be sent to it."""

    def clean(text: str) -> str:
        try:
            return read_address(trimmed(text)).written
        except AddressError as error:
            raise invalid(error.problem, error.fix, **error.values) from error

    return Text(LONGEST_ADDRESS, least=1, clean=clean, **rest)


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
    return fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=Within(),
        error_messages={
            **MESSAGES,
            "invalid": message(
                "is no whole number", "write it in digits, such as 1200; in JSON without quotation marks"
            ),
        },
        **rest,
    )


class Choice(fields.String):
    """One of a few words, in any case and as people say it (`Tender open`, `Medlem`)."""

    default_error_messages = messages("send a text")

    def __init__(self, choices: type[StrEnum], **rest: Any) -> None:
        super().__init__(validate=OneOfThese([one.value for one in choices]), **rest)
        self.choices = choices

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        word = super()._deserialize(value, attr, data, **rest)
        return read_choice(word, self.choices) or word


def choice_field(choices: type[StrEnum], **rest: Any) -> Choice:
    """Make a field for one of a few words."""
    return Choice(choices, **rest)


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


class Values(Items):
    """A list whose items are read by a `ValueList`: one may name several values; those that say nothing fall away.

    A list of which every item says that nothing is known is null where the field may be null. Raises ValidationError
    for each item with a word that is not known, of which the first 50 are told, and for a list of more than 300 pieces,
    which are counted before any of them is read.
    """

    def __init__(self, values: ValueList, longest: int, *, word: bool = False, **rest: Any) -> None:
        inner = Text(
            LONGEST_ITEM, least=1, clean=_clean_item_word if word else _clean_item, no_value=takes_any
        )
        super().__init__(inner, **rest)
        self.values = values
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        if isinstance(value, list | tuple):
            MostItems(MOST_IN_LIST)(value)
        items: list[str] = super()._deserialize(value, attr, data, **rest)
        _refuse_many_pieces(self.values, items)
        reading = self.values.read(items)
        told = reading.unknown[:MOST_ERRORS]
        errors = {
            place: self._faults(item, told)
            for place, item in enumerate(items)
            if any(word in item for word in told)
        }
        if errors:
            raise ValidationError(errors)
        for one in reading.values:
            if len(one) > self.longest:
                raise invalid(
                    "has an item of %(length)s characters",
                    "at most %(most)s are taken",
                    length=len(one),
                    most=self.longest,
                )
        return None if items and not reading.values and self.allow_none else list(reading.values)

    def _faults(self, item: str, unknown: Sequence[str]) -> list[Any]:
        return [
            one
            for word in unknown
            if word in item
            for one in message(self.values.problem, self.values.fix, word=word)
        ]


def _refuse_many_pieces(values: ValueList, items: Iterable[str]) -> None:
    if values.is_too_long(items):
        raise invalid(
            "names too many values", "write at most %(most)s, in all of its items together", most=MOST_PIECES
        )


def _clean_item(text: str) -> str:
    return clean_text(text, lines=True)


def _clean_item_word(text: str) -> str:
    return clean_lower(text)


class Distributors(fields.Dict):
    """Countries or groups and who sells there alone; a country that names several is an entry for each."""

    default_error_messages = messages("send an object")

    def __init__(self, who: Text, longest: int, **rest: Any) -> None:
        keys = Text(longest, least=1)
        super().__init__(keys=keys, values=who, load_default=dict, validate=MostItems(MOST_IN_LIST), **rest)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        if isinstance(value, Mapping):
            MostItems(MOST_IN_LIST)(value)
        given = super()._deserialize(value, attr, data, **rest)  # type: ignore[no-untyped-call]
        _refuse_many_pieces(MARKETS, given)
        found: dict[str, str] = {}
        errors: dict[str, Any] = {}
        for where, who in given.items():
            reading = MARKETS.read([where])
            for word in (*reading.unknown, *reading.empty):
                errors[where] = {"key": message(MARKETS.problem, MARKETS.fix, word=word)}
            found |= dict.fromkeys(reading.values, who)
        if errors:
            raise ValidationError(errors)
        return found


def focus_areas_field(**rest: Any) -> Values:
    """Make a field for focus areas, by their codes or names."""
    codes = ", ".join(read_focus_areas())
    rest["metadata"] = {
        "description": f"of {codes}; empty: inferred from the text",
        **rest.get("metadata", {}),
    }
    return Values(FOCUS_AREAS, 64, **rest)


def time_zone_field(**rest: Any) -> Text:
    """Make a field for the IANA name of a time zone, in whatever letters it is written."""
    return Text(80, clean=clean_time_zone, **rest)
