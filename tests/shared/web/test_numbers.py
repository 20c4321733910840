"""Whatever stands for a number in an address or a form, a database can keep what is read of it."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from shared.web.numbers import LARGEST, LAST_PAGE, bound_integers, page_number, whole_number

said = st.text(max_size=30) | st.integers().map(str) | st.floats().map(str)


@given(said)
def test_a_page_is_always_one_that_can_be_looked_for(text: str) -> None:
    assert 1 <= page_number(MultiDict({"page": text})) <= LAST_PAGE


@given(said, st.integers(0, 5), st.integers(5, 10))
def test_a_number_outside_its_range_is_the_standard(text: str, least: int, most: int) -> None:
    assert whole_number(MultiDict({"n": text}), "n", 5, least, most) in range(least, most + 1)


@pytest.mark.parametrize("text", ["9223372036854775807", "9" * 5000, "1e400", "nan", "-1", "", "٣", "1_0"])
def test_what_is_no_page_is_the_first(text: str) -> None:
    assert page_number(MultiDict({"page": text})) == 1


def test_a_number_that_is_said_is_read() -> None:
    assert page_number(MultiDict({"page": " 12 "})) == 12
    assert whole_number(MultiDict({"version": str(LARGEST)}), "version", 0) == LARGEST


def test_an_address_with_a_larger_number_than_a_database_keeps_is_not_there() -> None:
    app = Flask(__name__)
    bound_integers(app.url_map)
    app.add_url_rule("/versions/<int:version>", view_func=lambda version: str(version))
    asked = app.test_client()
    assert asked.get(f"/versions/{LARGEST}").text == str(LARGEST)
    for larger in (LARGEST + 1, 2**63, 10**400):
        assert asked.get(f"/versions/{larger}").status_code == 404
