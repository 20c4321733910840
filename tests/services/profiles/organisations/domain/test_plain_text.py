from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profiles.organisations.domain.plain_text import (
    TextError,
    clean_language,
    clean_lower,
    clean_text,
    clean_website,
    clean_word,
)

PIECES = (
    "a", "B ", "&", ";", "amp", "&amp;", "amp;", "#38;", "lt;", "&lt;", "&gt;", "b", "<b>", "</b>", "<p>", "<br", ">",
    "<", "/", "script", "<script>", "</script>", "<!--", "-->", "&shy;", "&zwnj;", "&nbsp;", "&#10;", "\n", "\u00ad",
    "\u200b", "\u200c", "\u2060", "\u202e", "\u00a0", "e", "\u0301", "\u037e", "\u0338", "\u212a", "\u0e01",
    "\u0130", "ANGST", "&ANGST;", "&COPF;",
)  # fmt: skip
"""What a text of markup, of markup written as text, and of what nobody sees is made of."""

CLEANERS = (clean_text, lambda text: clean_text(text, lines=True), clean_word, clean_lower, clean_website)


@pytest.mark.parametrize(
    "name", ["Больница №1", "مستشفى النور", "בית חולים", "東京大学病院", "Ångström & Söner", "équipe"]
)
def test_a_name_in_any_script_comes_back_unchanged(name: str) -> None:
    assert clean_text(name) == name


def test_letters_that_are_taken_apart_as_some_machines_write_them_are_composed() -> None:
    assert clean_text("e\u0301quipe i Go\u0308teborg, 5 k\u2126") == "équipe i Göteborg, 5 kΩ"


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\x84", "\ud800", "\uffff"])
def test_control_characters_and_half_characters_are_refused_by_name(character: str) -> None:
    with pytest.raises(ValueError, match=f"U\\+{ord(character):04X} at position 2"):
        clean_text(f"a{character}b", lines=True)


def test_newlines_and_tabs_belong_in_texts_of_several_lines_only() -> None:
    assert clean_text("one\r\ntwo\tthree\rfour", lines=True) == "one\ntwo\tthree\nfour"
    for character in "\n\t":
        with pytest.raises(ValueError, match="one line"):
            clean_text(f"a{character}b")


@pytest.mark.parametrize("clean", CLEANERS)
@given(text=st.text() | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_a_cleaned_text_is_clean(clean: Callable[[str], str], text: str) -> None:
    try:
        once = clean(text)
    except ValueError:
        return
    assert clean(once) == once


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("A &\u00adlt; B", "A < B"),
        ("x&\u00adlt;b&\u00adgt;y&\u00adlt;/b&\u00adgt;", "xy"),
        ("&am<b></b>p;", "&"),
        ("&<b></b>lt;b>", "<b>"),
        ("&amp\u037e", "&"),
        ("e\u0301\u200cb", "éb"),
        ("a\u2060\u200cb", "ab"),
        ("&amp;amp;amp;#38;#38;lt;", "<"),
    ],
)
def test_what_hides_markup_is_taken_off_with_it(sent: str, text: str) -> None:
    assert clean_text(sent) == clean_text(sent, lines=True) == text


@pytest.mark.parametrize("hidden", ["&" + "#38;" * 3_000 + "lt;", "<br" * 1_000 + ">" * 1_000])
def test_markup_inside_markup_without_end_is_refused(hidden: str) -> None:
    with pytest.raises(TextError, match="holds markup inside markup, many times over; send it as plain text"):
        clean_text(hidden)


def test_a_word_that_is_markup_in_lower_case_only_is_read_as_such() -> None:
    assert clean_word("&ANGST;") == clean_lower("&ANGST;") == "å"


def test_free_words_are_kept_in_lower_case_with_single_spaces() -> None:
    assert clean_word("  Procurement   Body ") == "procurement body"


def test_a_language_is_a_code() -> None:
    assert [clean_language("SV"), clean_language("")] == ["sv", ""]
    with pytest.raises(ValueError, match="two letters"):
        clean_language("swedish")


@pytest.mark.parametrize(
    "address", ["", "example.org", "https://exämple.se/a?b=c#d", "picta.lindholmen.example:8080/x"]
)
def test_a_website_is_a_host_or_an_address(address: str) -> None:
    assert clean_website(address) == address


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "ftp://example.org", "example", 'a.org/"x', "a b.org"]
)
def test_what_no_page_should_link_to_is_no_website(address: str) -> None:
    with pytest.raises(ValueError, match="no web address"):
        clean_website(address)
