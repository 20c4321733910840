"""Several values in one text, as people write them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from babel import Locale
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.words.countries import NAME_LANGUAGES, country_code, read_areas
from shared.words.languages import read_languages
from shared.words.lists import ListReading, split_plainly

SEPARATORS = (
    ", ", ",", "; ", ";", " / ", "/", " & ", " + ", " | ", "\n", "\r\n", "\v", "\n• ", " • ", "\n- ", " – ", "\t",
    "\n2. ", "-", " and ", " och ", " og ", " und ", " et ", " y ", " en ", " ja ", " i ", ", and ", " OCH ", " samt ",
    " or ",
)  # fmt: skip
GROUPS = (
    "EU",
    "Nordics",
    "Norden",
    "worldwide",
    "Europe",
    "the Baltics",
    "Benelux",
    "GCC",
    "Latinamerika",
    "EES",
)
NAMES = sorted(
    {
        str(name)
        for language in NAME_LANGUAGES
        for code, name in Locale.parse(language).territories.items()
        if len(code) == 2 and country_code(str(name)) and "," not in str(name)
    }
    | set(GROUPS)
    | {
        "Korea, Republic of",
        "Bosnia and Herzegovina",
        "Trinidad & Tobago",
        "Congo, Democratic Republic of the",
    }
)


@settings(max_examples=150, deadline=None)
@given(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=6), data=st.data())
def test_a_list_of_known_countries_joined_by_any_separators_comes_back_whole(
    names: list[str], data: st.DataObject
) -> None:
    # ISO's name of one that begins with another: `China, Hongkong`.
    assume(not any(country_code(f"{one}, {other}") for one, other in pairwise(names)))
    joined = names[0] + "".join(data.draw(st.sampled_from(SEPARATORS)) + name for name in names[1:])
    reading = read_areas([joined])
    assert (list(reading.values), reading.unknown) == (list(dict.fromkeys(names)), ())


NOTHING = ("N/A", "n.a.", "?", "okänt", "TBD", "none yet", "k.A.", "ikke kjent", "ei tiedossa", "brak danych")


@settings(max_examples=60)
@given(
    parts=st.lists(st.sampled_from(NAMES) | st.sampled_from(NOTHING), min_size=2, max_size=5),
    separator=st.sampled_from(("; ", ";", " / ", " & ", "\n", " • ", " and ", " och ")),
)
def test_words_for_not_known_among_countries_are_told_from_them(parts: list[str], separator: str) -> None:
    reading = read_areas([separator.join(parts)])
    assert list(reading.values) == list(dict.fromkeys(one for one in parts if one not in NOTHING))
    if reading.values:
        assert list(reading.empty) == list(dict.fromkeys(one for one in parts if one in NOTHING))
    assert reading.unknown == ()


@pytest.mark.parametrize(("read", "item"), [(read_areas, "NA–no"), (read_languages, "NA(1)")])
def test_what_is_named_is_named_again_by_itself(read: Callable[[list[str]], ListReading], item: str) -> None:
    values = read([item]).values
    assert read(list(values)).values == values


@pytest.mark.parametrize(
    ("written", "values", "empty"),
    [
        ("Norge, N/A", ("Norge",), ("N/A",)),
        ("okänt, Norge / ?", ("Norge",), ("okänt", "?")),
        ("Norge, -", ("Norge",), ("-",)),
        ("n/a; tbd", (), ("n/a", "tbd")),
        ("1. Norge\n2) Guinea-Bissau", ("Norge", "Guinea-Bissau"), ()),
        ("Norge-Guinea-Bissau", ("Norge", "Guinea-Bissau"), ()),
        ("['Norway', 'Denmark']", ("Norway", "Denmark"), ()),
        ("(Norge (NO), „Danmark“)", ("Norge", "NO", "Danmark"), ()),
        ("Myanmar (Burma)", ("Myanmar (Burma)",), ()),
    ],
)
def test_parts_that_say_nothing_and_signs_around_parts_are_no_values(
    written: str, values: tuple[str, ...], empty: tuple[str, ...]
) -> None:
    reading = read_areas([written])
    assert (reading.values, reading.empty, reading.unknown) == (values, empty, ())


@pytest.mark.parametrize(
    "written", ["Norden utom Danmark", "Norge (inte Danmark)", "Norge, Atlantis", "Allt-utom-Norge"]
)
def test_a_text_with_a_part_that_nobody_knows_names_nothing(written: str) -> None:
    reading = read_areas([written])
    assert reading.unknown


def test_the_slash_of_not_available_parts_nothing() -> None:
    assert split_plainly("CE/FDA, N/A") == ("CE", "FDA", "N/A")


def test_languages_stand_beside_remarks_and_beside_what_says_nothing() -> None:
    assert read_languages(["English (UK), okänt / Norsk (bokmål)"]).values == ("en", "nb")
    assert read_languages(["sv, n/a"]).empty == ("n/a",)
