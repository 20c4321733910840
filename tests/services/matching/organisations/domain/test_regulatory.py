"""Regulatory statuses: met, missing for certain, or not given."""

from __future__ import annotations

import pytest

from services.matching.organisations.domain.model import Capability
from services.matching.organisations.domain.regulatory import RegulatoryAnswer, regulatory_answer


def having(*statuses: str) -> Capability:
    return Capability("c", "text", regulatory_status=statuses)


UNKNOWN = Capability("u", "text")


@pytest.mark.parametrize(
    ("status", "required"),
    [
        ("CE", "ce-marked"),
        ("CE MDR class IIa", "CE class IIa"),
        ("CE-märkt, klass IIb", "CE class IIa"),
        ("MDR class IIa", "CE"),
        ("ISO 13485:2016", "ISO13485"),
    ],
)
def test_a_status_that_says_all_that_is_required_meets_it(status: str, required: str) -> None:
    assert regulatory_answer([required], [having(status)]) == RegulatoryAnswer()


@pytest.mark.parametrize(
    ("status", "required"),
    [("ISO 9001", "ISO 13485"), ("FDA 510(k)", "CE"), ("CE class I", "CE class IIa")],
)
def test_another_status_is_known_to_be_missing(status: str, required: str) -> None:
    assert regulatory_answer([required], [having(status)]).missing == (required,)


def test_a_known_empty_list_is_known_to_miss_it() -> None:
    assert regulatory_answer(["CE"], [having()]).missing == ("CE",)


def test_a_status_that_says_a_part_leaves_the_question_open() -> None:
    assert regulatory_answer(["CE class IIa"], [having("CE")]) == RegulatoryAnswer((), ("CE class IIa",))


def test_one_capability_of_unknown_status_leaves_the_question_open() -> None:
    assert regulatory_answer(["CE"], [having("ISO 13485"), UNKNOWN]) == RegulatoryAnswer((), ("CE",))
    assert regulatory_answer(["CE"], []) == RegulatoryAnswer((), ("CE",))


def test_a_requirement_without_a_telling_word_is_asked_about() -> None:
    assert regulatory_answer(["approved"], [having("CE")]) == RegulatoryAnswer((), ("approved",))
