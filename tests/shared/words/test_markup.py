"""Texts out of CRMs and web sites."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.words.markup import text_of_markup


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("<p>One &amp; two</p><p>Three</p>", "One & two\n\nThree"),
        ("a <b>bold</b> word<br/>and a line", "a bold word\nand a line"),
        ("<div class=\"x\" style='y'>F&ouml;r v&#229;rd&#xE5;</div>", "För vårdå"),
        ("&lt;p&gt;Hej&amp;nbsp;du&lt;/p&gt;", "Hej\u00a0du"),
        ("<!-- no --><script>alert(1)</script><p>yes<o:p></o:p></p>", "yes"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a  b"),
        ("R&amp;amp;D", "R&D"),
    ],
)
def test_what_is_plainly_html_becomes_text(sent: str, text: str) -> None:
    assert text_of_markup(sent) == text


@pytest.mark.parametrize(
    "text",
    [
        "Alarms for < 5 beds & > 2 wards, R&D included", "a < b", "<5 mmol", "a<b and c>d", "x <i> y", "<Exempel AB>",
        "AT&T; R&D; &notathing;", "&copy 2020", "mail <a@example.org>", "if a<p and q>r", "a\n\n\n\nb",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_stays_as_it_is(text: str) -> None:
    assert text_of_markup(text) == text


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="<>&;/ab p\"'=!-#x1lt", max_size=60))
def test_the_text_of_a_text_is_itself(text: str) -> None:
    once = text_of_markup(text)
    assert text_of_markup(once) == once


@pytest.mark.parametrize(
    "piece", ["<", "<p ", "<a b=", "&amp;", "<!--", "<p><!--", "<b ", "&#", '<a b="', "<b x=1 "]
)
def test_the_work_grows_with_the_length_of_the_text(piece: str) -> None:
    # A pattern that goes back would take hours for this, not a moment.
    text_of_markup("<p>" + piece * (200_000 // len(piece)))
