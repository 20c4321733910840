"""A name is found by what people type for it."""

from __future__ import annotations

import unicodedata
from typing import Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.words.finding import findable, is_found, sought

Form = Literal["NFC", "NFD", "NFKC"]

NAMES = {
    "ear": unicodedata.normalize("NFD", "Malmö Öronklinik AB"),
    "island": "Ærø Hørselscenter A/S",
    "house": "Hôpital de l’Étoile",
    "street": "Straßen-Pflege & Söhne\N{NO-BREAK SPACE}GmbH",
    "mill": "Møller, Łukasz 5% “Æble”",
    "town": "Aalborg O'Neill",
    "hidden": "Sol\N{SOFT HYPHEN}gården\N{ZERO WIDTH SPACE}",
}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("malmö öron", "ear"), ("MALMO ORON", "ear"), ("öronklinik malmö", "ear"), ("malmoe", "ear"),
        ("aero", "island"), ("Ærø", "island"), ("horselscenter", "island"), ("as aero", "island"),
        ("Hoersel", "island"),
        ("hopital", "house"), ("l'etoile", "house"), ("l’étoile", "house"), ("l etoile", "house"), ("letoile", "house"),
        ("strassen pflege", "street"), ("STRASSEN-PFLEGE", "street"), ("Straßen–Pflege", "street"),
        ("sohne gmbh", "street"), ("pflege&söhne", "street"), ("pflege & soehne", "street"),
        ("moller", "mill"), ("möller", "mill"), ("mueller moeller", ""), ("lukasz", "mill"), ("5%", "mill"),
        ('"aeble"', "mill"), ("ålborg", "town"), ("alborg", "town"), ("aalborg oneill", "town"), ("o`neill", "town"),
        ("solgarden", "hidden"), ("sol\N{ZERO WIDTH JOINER}gården", "hidden"), ("5_", ""), ("klinik malmö lund", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_in_plain_letters_and_in_its_own(typed: str, found: str, form: Form) -> None:
    words = sought(unicodedata.normalize(form, typed))
    assert [key for key, name in NAMES.items() if is_found(findable(name), words)] == (
        [found] if found else []
    )


def test_signs_alone_are_no_words() -> None:
    assert sought(" - ’ ./ \N{ZERO WIDTH SPACE}") == []


@settings(max_examples=60)
@given(st.text(max_size=30), st.sampled_from(get_args(Form)), st.data())
def test_a_name_is_found_by_its_words_in_any_order_and_case(
    name: str, form: Form, data: st.DataObject
) -> None:
    words = data.draw(st.permutations(unicodedata.normalize(form, name).split()))
    assert is_found(findable(name), sought(" ".join(words)))
    assert is_found(findable(unicodedata.normalize(form, name)), sought(name))
