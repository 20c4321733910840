"""Several values in one text, as people write them."""

from __future__ import annotations

from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.words.countries import NAME_LANGUAGES, country_code, read_areas

SEPARATORS = (
    ", ", ",", "; ", ";", " / ", "/", " & ", " + ", " | ", "\n", "\r\n", "\v", "\n• ", " • ", "\n- ", " – ", "\t",
    " and ", " och ", " og ", " und ", " et ", " y ", " en ", " ja ", " i ", ", and ", " OCH ", " samt ", " or ",
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
    joined = names[0] + "".join(data.draw(st.sampled_from(SEPARATORS)) + name for name in names[1:])
    reading = read_areas([joined])
    assert (list(reading.values), reading.unknown) == (list(dict.fromkeys(names)), ())
