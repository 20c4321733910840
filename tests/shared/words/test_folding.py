"""Texts that differ by case, accents and letters of other alphabets of the Nordics are one when folded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.words.folding import fold, folded_words, plain_letters, without_accents


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Hygien P\u00c5", "hygien pa"),
        ("pa\u030a", "pa"),
        ("\u00d8resund", "oresund"),
        ("\u00c6r\u00f8", "aero"),
        ("Stra\u00dfe", "strasse"),
        ("hand\u00adhygien", "handhygien"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)
def test_case_accents_and_what_cannot_be_seen_are_folded_away(text: str, folded: str) -> None:
    assert fold(text).text == folded


@given(st.text(max_size=60))
def test_a_folded_place_leads_back_into_the_text(text: str) -> None:
    folded = fold(text)
    for start in range(len(folded.text)):
        first, last = folded.span(start, start + 1)
        assert 0 <= first < last <= len(text)
        assert folded.text[start] in fold(text[first:last]).text


def test_words_are_runs_of_letters_and_digits() -> None:
    assert folded_words("V\u00e5rd_niv\u00e5-2, IVA!") == ["vard", "niva", "2", "iva"]


def test_letters_that_unicode_does_not_take_apart_stay_without_accents() -> None:
    assert without_accents("\u00c5 \u00d8 \u00c6 \u0141") == "a \u00f8 \u00e6 \u0142"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("K\u00f8benhavn", "kobenhavn"),
        ("\u00c6r\u00d8", "aro"),
        ("\u00c5re", "are"),
        ("Stra\u00dfe", "strasse"),
    ],
)
def test_plain_letters_are_those_of_a_keyboard_without_the_nordic_ones(text: str, plain: str) -> None:
    assert plain_letters(text) == plain
