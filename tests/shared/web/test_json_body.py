"""Bodies that would hurt later are refused with the reason."""

import contextlib
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.app import MAX_BODY_BYTES
from shared.web.json_body import DEEPEST, LONGEST_KEY, MOST_VALUES, BadJsonError, read_json
from tests.doubling import assert_linear

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=LONGEST_KEY),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(values, st.booleans())
def test_what_json_can_say_is_read_as_it_is(value: object, ascii_only: bool) -> None:
    assert read_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=60))
def test_whatever_comes_is_read_or_refused_and_nothing_else(body: bytes) -> None:
    with contextlib.suppress(BadJsonError):
        read_json(body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"a": ', "not well-formed"),
        (b"\xff\xfe{}", "not UTF-8"),
        ("{}".encode("utf-16"), "not UTF-8 but UTF-16"),
        ("{}".encode("utf-16-be"), "not UTF-8 but UTF-16"),
        ("{}".encode("utf-32"), "not UTF-8 but UTF-32"),
        (b"[" * 1000 + b"]" * 1000, "nested deeper"),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, "nested deeper"),
        (b"9" * 5000, "5000 digits"),
        (b"1e400", "too large"),
        (b'{"' + b"k" * (LONGEST_KEY + 1) + b'": 1}', "key has 201 characters"),
        (b"[" + b"{}," * MOST_VALUES + b"{}]", "more than 30000 values"),
        (b"{" + b",".join(b'"%d":""' % number for number in range(MOST_VALUES)) + b"}", "more than 30000"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": -Infinity}', "-Infinity is not"),
        (b'{"a": 1, "a": 2}', "key 'a' is given twice"),
        (rb'{"a": "\u0000"}', "NUL"),
        (rb'{"a": ["\ud800"]}', "lone surrogate"),
        (rb'{"\udc00": 1}', "lone surrogate"),
    ],
)
def test_each_bad_body_is_refused_with_its_reason(body: bytes, why: str) -> None:
    with pytest.raises(BadJsonError, match=why.replace("(", r"\(")):
        read_json(body)


def test_brackets_inside_a_text_are_not_nesting() -> None:
    assert read_json(json.dumps({"a": "[" * 1000 + '"' + "{" * 1000}).encode())


def test_the_deepest_that_is_allowed_is_read() -> None:
    assert read_json(b"[" * DEEPEST + b"]" * DEEPEST)


def test_a_byte_order_mark_before_it_is_ignored() -> None:
    assert read_json(b'\xef\xbb\xbf{"name": "\xc3\x85re"}') == {"name": "Åre"}


def test_as_many_values_as_are_taken_are_read_and_not_one_more() -> None:
    assert len(read_json(b"[" + b",".join([b"1"] * (MOST_VALUES - 2)) + b"]")) == MOST_VALUES - 2
    with pytest.raises(BadJsonError, match="more than"):
        read_json(b"[" + b",".join([b"1"] * MOST_VALUES) + b"]")


def test_commas_and_brackets_inside_texts_are_no_values() -> None:
    assert read_json(json.dumps(["[{,:" * MOST_VALUES, 1]).encode())


@pytest.mark.parametrize(
    "make",
    [
        lambda size: b"[]" * 33 + b'"' + b'\\"' * (size // 2),
        lambda size: b"[]" * 33 + b'\\"' * (size // 2),
        lambda size: b"[" * size,
        lambda size: b"]" * size,
        lambda size: b'"' * size,
        lambda size: b"[" + b'"a",' * (size // 4),
        lambda size: b"[" + b"{}," * (size // 3) + b"{}]",
        lambda size: b"{" + b'"a":1,' * (size // 6) + b'"b":1}',
        lambda size: b"9" * size,
        lambda size: b'["' + b"\\u00e9" * (size // 6) + b'"]',
        lambda size: b'["' + b"\\ud800" * (size // 6) + b'"]',
        lambda size: b'["' + b"," * size + b'"]',
        lambda size: b" " * size,
        lambda size: b"-" * size,
        lambda size: b"\xc3" * size,
    ],
)
def test_no_body_costs_more_than_its_length(make: Callable[[int], bytes]) -> None:
    def read(body: bytes) -> None:
        with contextlib.suppress(BadJsonError):
            read_json(body)

    assert_linear(read, make, MAX_BODY_BYTES)
