"""Bodies that would hurt later are refused with the reason."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.json_body import DEEPEST, BadJsonError, read_json

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=4
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
