"""Lists whose items name more values than anybody writes are refused before any of them is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import pytest
from marshmallow import Schema, ValidationError

from services.profiles.organisations.domain.value_lists import MOST_PIECES, ValueList
from services.profiles.organisations.schemas.fields import Values
from services.profiles.organisations.schemas.profiles import NewCompany, NewVisit
from shared.web.problems import MOST_ERRORS, faults_in

SEPARATORS = (",", ", ", ";", "/", " & ", "\n", " and ", "|")


def company(**fields: Any) -> dict[str, Any]:
    return {"name": "Exempel AB", **fields}


def faults_of(schema: Schema, given: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as raised:
        schema.load(given)
    return [(fault.field, fault.sentence()) for fault in faults_in(raised.value.messages)]


def words(number: int, *, start: int = 0) -> list[str]:
    return [f"w{1000 + place}" for place in range(start, start + number)]


def too_many(field: str) -> list[tuple[str, str]]:
    return [
        (field, f"names too many values; write at most {MOST_PIECES}, in all of its items together"),
    ]


@pytest.mark.parametrize("field", ["markets", "excluded_markets", "languages", "focus_areas"])
@pytest.mark.parametrize("separator", SEPARATORS)
def test_one_item_may_not_name_more_values_than_a_list_may_have(field: str, separator: str) -> None:
    sent = company(**{field: [separator.join(["x"] * (MOST_PIECES + 1))]})
    assert faults_of(NewCompany(), sent) == too_many(field)


@pytest.mark.parametrize(
    "field", ["markets", "not_to_meet", "competitors", "existing_customers", "partnership_kinds"]
)
def test_all_items_of_a_list_count_together(field: str) -> None:
    sent = company(**{field: [",".join(words(4, start=place)) for place in range(0, 400, 5)]})
    assert faults_of(NewCompany(), sent) == too_many(field)


def test_the_countries_of_distributors_count_too() -> None:
    sent = company(exclusive_distributors={f"a,b,c,{place}": "Exempel Inc." for place in range(80)})
    assert faults_of(NewCompany(), sent) == too_many("exclusive_distributors")


def test_lists_inside_lists_are_counted_each_for_itself() -> None:
    long, short = [",".join(words(MOST_PIECES + 1))], ["digital"]
    offers = [{"text": "Beds", "focus_areas": short}, {"text": "Beds", "focus_areas": long}]
    assert faults_of(NewCompany(), company(capabilities=offers)) == too_many("capabilities.1.focus_areas")
    visit = {"title": "Visit", "direction": "incoming", "starts_on": "2026-09-14", "ends_on": "2026-09-14"}
    assert faults_of(NewVisit(), {**visit, "places": [";".join(["x"] * 301)]}) == too_many("places")


def test_what_is_too_long_is_not_read() -> None:
    def read(items: Sequence[str]) -> NoReturn:
        raise AssertionError("it was read")

    schema = Schema.from_dict({"words": Values(ValueList(read), 80)})()
    assert faults_of(schema, {"words": [",".join(words(MOST_PIECES + 1))]}) == too_many("words")


def test_as_many_as_a_list_may_have_are_taken() -> None:
    named = ",".join(words(100) * (MOST_PIECES // 100))
    assert NewCompany().load(company(not_to_meet=[named]))["not_to_meet"] == words(100)
    customers = [f"Anna-Maria Exempel {place} & Co, Inc." for place in range(100)]
    assert NewCompany().load(company(existing_customers=customers))["existing_customers"] == customers


def test_of_many_unknown_words_the_first_are_told() -> None:
    with pytest.raises(ValidationError) as raised:
        NewCompany().load(company(focus_areas=[",".join(words(30, start=30 * place)) for place in range(10)]))
    assert isinstance(raised.value.messages, dict)
    told = raised.value.messages["focus_areas"]
    assert sum(map(len, told.values())) == MOST_ERRORS
