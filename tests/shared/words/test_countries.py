"""Countries and groups of countries, as people write them."""

from __future__ import annotations

import pytest

from shared.words.countries import (
    country_code,
    country_name,
    covers,
    in_country,
    same_country,
)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Norway", "NO"), ("Norge", "NO"), ("NO", "NO"), ("norwegen", "NO"), ("Viet Nam", "VN"), ("UK", "GB"),
        ("The Netherlands", "NL"), ("Україна", "UA"), ("Czech Republic", "CZ"), ("Bosnia and Herzegovina", "BA"),
    ],
)  # fmt: skip
def test_a_country_is_known_by_its_names_in_several_languages(written: str, code: str) -> None:
    assert country_code(written) == code


def test_an_unknown_name_has_no_code_and_is_the_same_only_as_itself() -> None:
    assert country_code("Ruritania") is None
    assert country_code("") is None
    assert same_country("Ruritania", " ruritania")
    assert not same_country("Ruritania", "Norway")
    assert not same_country("", "")


@pytest.mark.parametrize(
    "words", [["Norge"], ["Nordics"], ["Europe"], ["EEA"], ["worldwide"], ["all"], ["?", "Norden"]]
)
def test_lists_that_have_norway_in_them(words: list[str]) -> None:
    assert covers(words, "Norway") is True


@pytest.mark.parametrize("words", [["EU"], ["Sweden", "Germany"], ["Asia"], []])
def test_lists_that_do_not_have_norway_in_them(words: list[str]) -> None:
    assert covers(words, "Norway") is False


@pytest.mark.parametrize(
    ("words", "country"),
    [
        (["Sweden", "selected neighbours"], "Norway"),
        (["Western Europe"], "Norway"),
        (["Europe"], "Türkiye"),
        (["Sweden"], "Ruritania"),
        (["Sweden"], ""),
    ],
)
def test_it_is_not_known_when_a_word_or_the_country_is_not(words: list[str], country: str) -> None:
    assert covers(words, country) is None


def test_names_stand_as_a_sentence_needs_them() -> None:
    assert in_country("Netherlands", "en") == "in the Netherlands"
    assert in_country("Norge", "en") == "in Norway"
    assert in_country("Iceland", "sv") == "på Island"
    assert in_country("Viet Nam", "sv") == "i Vietnam"
    assert country_name("Ruritania", "sv") == "Ruritania"
