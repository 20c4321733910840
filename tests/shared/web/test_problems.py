"""Marshmallow's messages as faults, each with the path of its field."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields

from shared.faults import Fault
from shared.web.problems import MOST_ERRORS, faults_in
from shared.web.schemas import Pattern, Strict, invalid, message


class Inner(Strict):
    time = fields.String(validate=Pattern(r"\d\d", "Not a time", "write it such as 09"))
    colour = fields.String(required=True, error_messages={"required": message("is missing", "choose one")})


class Outer(Strict):
    inners = fields.List(fields.Nested(Inner))
    number = fields.Integer()


def faults_of(schema: Schema, body: Any) -> list[Fault]:
    with pytest.raises(ValidationError) as refused:
        schema.load(body)
    return faults_in(refused.value.messages)


def test_a_fault_gets_the_path_of_its_field_and_marshmallows_own_words_a_fix() -> None:
    body = {"inners": [{"time": "x", "colour": "red"}, {}], "number": "many", "other": 1}
    assert faults_of(Outer(), body) == [
        Fault("inners.0.time", "Not a time", "write it such as 09"),
        Fault("inners.1.colour", "is missing", "choose one"),
        Fault("number", "Not a valid integer.", "Send a whole number, without quotation marks."),
        Fault("other", "Unknown field.", "Take this field out, or correct its name."),
    ]


def test_a_text_of_ours_is_not_cut_at_a_semicolon() -> None:
    assert faults_in({"name": ["is odd; really"]}) == [Fault("name", "is odd; really")]


def test_several_messages_of_one_field_are_several_faults() -> None:
    error = ValidationError({"name": ["one", *invalid("two", "mend it").messages]})
    assert faults_in(error.messages) == [Fault("name", "one"), Fault("name", "two", "mend it")]


def test_a_schemas_faults_get_the_path_of_their_field() -> None:
    messages = {
        "days": {0: {"start": [Fault("", "Not a time; or none", "write 09:15.")]}},
        "rooms": ["is odd"],
    }
    assert [fault.to_json() for fault in faults_in(messages)] == [
        {"field": "days.0.start", "problem": "Not a time; or none", "fix": "write 09:15."},
        {"field": "rooms", "problem": "is odd"},
    ]
    assert faults_in([Fault("", "is no object", "send one")])[0].field == "(body)"


def test_at_most_fifty_errors_are_told_however_many_there_are() -> None:
    told = faults_in({number: {"text": ["is missing"]} for number in range(100_000)})
    assert [fault.field for fault in told] == [f"{number}.text" for number in range(MOST_ERRORS)]
