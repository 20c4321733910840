"""What one organisation may cost an embedding is bounded: sentences, characters and vectors."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.text.domain.passages import (
    MOST_OF_ORGANISATION,
    MOST_OF_TEXT,
    Effort,
    closely_read,
    units,
)

SHORT = "We make things. " * 320
LONG = "Hospitals ask for devices that last and can be cleaned by anyone, " * 120
WORDS = "word" * 3_000


def cost(texts: list[str], ends: list[int]) -> Effort:
    embedded = [unit for text, end in zip(texts, ends, strict=True) for unit in units(text[:end])]
    return Effort(len(embedded), sum(map(len, embedded)))


def within(found: Effort, most: Effort) -> bool:
    return found.passages <= most.passages and found.characters <= most.characters


@pytest.mark.parametrize("text", [f"{SHORT}", "".join(f"We make {n}. " for n in range(400)), LONG, WORDS])
def test_a_long_text_is_embedded_at_its_beginning_only(text: str) -> None:
    (end,) = closely_read([text])
    assert 0 < end < len(text)
    assert within(cost([text], [end]), MOST_OF_TEXT)


def test_a_text_within_the_bound_is_embedded_whole() -> None:
    texts = ["", "Autoclaves.", "Two sentences. With a second one.\n\n", "…"]
    assert closely_read(texts) == [len(text) for text in texts]


def test_many_texts_share_what_an_organisation_may_cost() -> None:
    texts = [f"This is capability {number}. It has a second sentence." for number in range(200)]
    ends = closely_read(texts)
    assert within(cost(texts, ends), MOST_OF_ORGANISATION)
    assert ends[0] == len(texts[0])
    assert ends[-1] == 0


@settings(max_examples=60)
@given(
    st.lists(st.text(alphabet="ab .!\n", max_size=400), max_size=12), st.integers(1, 12), st.integers(1, 200)
)
def test_no_texts_cost_more_than_the_bound(texts: list[str], passages: int, characters: int) -> None:
    most = Effort(passages, characters)
    ends = closely_read(texts, most)
    assert within(cost(texts, ends), most)
    assert all(0 <= end <= len(text) for text, end in zip(texts, ends, strict=True))
