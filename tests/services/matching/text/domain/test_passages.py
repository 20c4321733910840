"""A text is cut into sentences and pieces, exactly as it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.matching.text.domain.passages import LONGEST, pieces, sentences, shortened, units

TEXTS = st.text(st.sampled_from("ab å.!?;\n 3,"), max_size=400) | st.text(max_size=200)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fewer night rounds. Alarms that work!", ["Fewer night rounds.", "Alarms that work!"]),
        ("Version 3.5 of it, e.g. here", ["Version 3.5 of it, e.g.", "here"]),
        ("One line\nanother; a third", ["One line", "another;", "a third"]),
        (" … ... ", []),
        ("", []),
    ],
)
def test_sentences_end_at_a_stop_with_a_space_behind_it(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == found


@given(TEXTS)
def test_every_letter_stands_in_one_sentence_and_one_piece(text: str) -> None:
    for spans in (sentences(text), pieces(text)):
        places = [place for start, end in spans for place in range(start, end)]
        assert len(places) == len(set(places))
        assert {at for at, letter in enumerate(text) if letter.isalnum()} <= set(places)
        assert all(end - start <= LONGEST for start, end in spans)


def test_long_texts_are_cut_between_words_and_short_ones_are_one_piece() -> None:
    word = "omsorgstekniken"  # LONGEST is no multiple of it and a space
    assert {part for unit in units(f"{word} " * 200) for part in unit.split()} == {word}
    assert pieces("One. Two. Three.") == ((0, 16),)
    assert units("One.") == ("One.",)


@given(TEXTS.map(str.strip).filter(bool), st.integers(5, 40))
def test_a_shortened_passage_is_its_beginning(text: str, longest: int) -> None:
    start, end = shortened(text, 0, len(text), longest)
    assert start == 0 < end <= min(len(text), longest)
