"""Exact pieces of texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.reports.domain.phrases import alike_words, phrase_around


@pytest.mark.parametrize(
    ("text", "quote", "phrase"),
    [
        (
            "Framework: remote clinical monitoring, digital alarms, records.",
            "monitoring",
            "remote clinical monitoring",
        ),
        ("Levererar trygghetslarm till kommuner.", "larm", "Levererar trygghetslarm till kommuner"),
        ("They need the alarm and", "alarm", "They need the alarm"),
        ("alarm", "alarm", "alarm"),
        ("no such word", "alarm", "alarm"),
    ],
)
def test_a_quote_is_shown_with_the_words_around_it(text: str, quote: str, phrase: str) -> None:
    assert phrase_around(text, quote) == phrase


def test_a_long_sentence_is_cut_between_words() -> None:
    text = " ".join(f"word{n}" for n in range(50))
    phrase = phrase_around(text, "word25")
    assert "word25" in phrase.split()
    assert len(phrase) <= 55
    assert set(phrase.split()) <= set(text.split())


@given(st.text(alphabet="ab åé.,–(\n'", max_size=200), st.data())
def test_a_phrase_holds_its_quote_and_stands_in_the_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    quote = text[start : data.draw(st.integers(start, len(text)))]
    phrase = phrase_around(text, quote)
    assert quote.strip() in phrase
    assert phrase in text


def test_words_that_begin_alike_are_found_as_written() -> None:
    assert alike_words("Sterilisation av instrument", "Sterilising units") == (
        ("Sterilisation", "Sterilising"),
    )
    assert alike_words("short", "shore") == ()


@given(st.text(max_size=80), st.text(max_size=80))
def test_alike_words_stand_in_their_texts(one: str, other: str) -> None:
    for mine, their in alike_words(one, other):
        assert mine in one
        assert their in other
