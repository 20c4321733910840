"""Lists that a person reads as alphabetical, in the alphabet of that person's language."""

from __future__ import annotations

import unicodedata
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.words.collation import sort_key

NAMES = ["Zeta", "Åker", "Äng", "Öster", "Écho", "Øre", "Alfa", "Über", "Ulm", "Ærlig"]
LANGUAGES = ("sv", "en", "da", "nb", "de", "fi", "sv-FI", "no", "", "tlh")


def ordered(names: list[str], language: str) -> list[str]:
    return sorted(names, key=lambda name: sort_key(name, language))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("sv", "Alfa Écho Ulm Über Zeta Åker Äng Ærlig Øre Öster"),
        ("sv-FI", "Alfa Écho Ulm Über Zeta Åker Äng Ærlig Øre Öster"),
        ("fi", "Alfa Écho Ulm Über Zeta Åker Äng Ærlig Øre Öster"),
        ("da", "Alfa Écho Ulm Über Zeta Äng Ærlig Øre Öster Åker"),
        ("nb", "Alfa Écho Ulm Über Zeta Äng Ærlig Øre Öster Åker"),
        ("de", "Ærlig Åker Alfa Äng Écho Øre Öster Über Ulm Zeta"),
        ("en", "Ærlig Åker Alfa Äng Écho Øre Öster Über Ulm Zeta"),
        ("no language", "Ærlig Åker Alfa Äng Écho Øre Öster Über Ulm Zeta"),
    ],
)
def test_each_language_has_its_alphabet(language: str, expected: str) -> None:
    assert ordered(NAMES, language) == expected.split()


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("sv", ["(Beta)", "24 timmar", "3 M", "alfa", "Alfa", "Alfa AB", "Alfa-AB", "Alfaab", "Vega", "Vinge", "Wega"]),
        ("da", ["Zebra", "Århus", "Aarup"]),
        ("sv", ["Aarup", "Vega", "Wall", "Wega", "Xenon", "Århus"]),
        ("de", ["Strasse", "Straße", "Strasser"]),
    ],
)  # fmt: skip
def test_signs_come_before_digits_and_these_before_letters_and_case_and_accents_decide_last(
    language: str, expected: list[str]
) -> None:
    assert ordered(sorted(expected), language) == expected


texts = st.text(st.characters(codec="utf-8"), max_size=20)


@settings(max_examples=50)
@given(st.lists(texts, max_size=6), st.sampled_from(LANGUAGES), st.randoms())
def test_the_order_is_total_and_the_same_whatever_the_order_before(
    names: list[str], language: str, random: Random
) -> None:
    shuffled = names[:]
    random.shuffle(shuffled)
    assert ordered(shuffled, language) == ordered(names, language)
    for one in names:
        assert all(
            (sort_key(one, language) == sort_key(other, language)) == (one == other) for other in names
        )


@settings(max_examples=50)
@given(texts, st.sampled_from(LANGUAGES))
def test_letters_taken_apart_stand_where_composed_ones_do(text: str, language: str) -> None:
    composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert sort_key(composed, language)[0] == sort_key(apart, language)[0]


@settings(max_examples=30)
@given(texts, st.text(max_size=50))
def test_any_language_will_do(text: str, language: str) -> None:
    assert sort_key(text, language)[1] == text
