"""Ids that are joined can be taken apart again, and no two pairs are called the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ids import ID_PATTERN, joined, joined_identifier, may_be_joined_with, taken_apart

ids = st.from_regex(ID_PATTERN, fullmatch=True)
near = st.text(alphabet="ab.-~%7E25", min_size=1, max_size=6)
"""Texts that are close to each other, with every sign that stands for another."""


@settings(max_examples=100)
@given(st.lists(st.one_of(ids, near, st.text(max_size=4)), min_size=1, max_size=4))
def test_what_is_joined_can_be_taken_apart(parts: list[str]) -> None:
    assert taken_apart(joined(*parts)) == tuple(parts)


@settings(max_examples=100)
@given(near, st.integers(1, 5), st.integers(1, 5))
def test_two_pairs_are_joined_alike_only_when_they_are_the_same(text: str, first: int, second: int) -> None:
    one, other = ((f"a{text[:cut]}", f"{text[cut:]}b") for cut in (first, second))
    plain = [(f"{left}.x", right) for left, right in (one, other)] + [(one[0], f"x.{one[1]}")]
    assert len({joined(*pair) for pair in plain}) == len(set(plain))
    assert len({joined_identifier(*pair) for pair in plain}) == len(set(plain))


@settings(max_examples=100)
@given(ids, ids)
def test_ids_are_joined_to_an_identifier_that_is_known_by_its_second(one: str, other: str) -> None:
    made = joined_identifier(one, other)
    assert ID_PATTERN.fullmatch(made)
    assert may_be_joined_with(made, other)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("C1", "n1"), "C1.n1"),
        (("company-0a1b", "need_2"), "company-0a1b.need_2"),
        (("COL", "x.n1"), "COL.x~n1"),
        (("COL.x", "n1"), "COL~x.n1"),
        (("a..b", "c."), "a~~b.c~"),
        (("V1",), "V1"),
    ],
)
def test_only_a_full_stop_within_a_part_is_written_otherwise(parts: tuple[str, ...], text: str) -> None:
    assert joined(*parts) == text


def test_no_id_that_somebody_chooses_is_that_of_two_others() -> None:
    long = ("request-of-a-long-name-indeed", "company-of-a-name-that-is-longer-still")
    made = joined_identifier(*long)
    first, _, rest = made.partition(".")
    pairs = [
        long,
        (first, rest),
        ("a", "b.c"),
        ("a.b", "c"),
        ("a-b", "c"),
        ("a", "b-c"),
        ("R1", "C1"),
        ("R1", "C.1"),
    ]
    assert len({joined_identifier(*pair) for pair in pairs}) == len(pairs)
    assert joined_identifier("R1", "C1") == "R1.C1"
    assert may_be_joined_with("R1.C.1", "C.1"), "as these were joined before"
    assert not may_be_joined_with("R1.C1", "C")
    assert not may_be_joined_with("R1.C1", "1")
