"""Words and signs that stand for *not known*, in the languages of the trade."""

from __future__ import annotations

import pytest

from shared.words.countries import country_code, covers, read_areas
from shared.words.not_known import has_no_value, is_not_known, means_none


@pytest.mark.parametrize(
    "text",
    [
        "N/A", "n.a.", "NA", "#N/A", "(n/a)", "-", "–", "—", "--", "?", "???", "...", "…", ".", "*", "TBD", "t.b.c.",
        "unknown", "Not known", "none yet", "to be confirmed", "okänt", "Okänd", "ej angivet", "vet ej",
        "ikke kjent", "ukjent", "ikkje kjent", "ikke oplyst", "ukendt", "k.A.", "k. A.", "unbekannt", "keine Angabe",
        "ei tiedossa", "tuntematon", "onbekend", "n.v.t.", "nihil", "inconnu", "s.o.", "sans objet", "non précisé",
        "desconocido", "no disponible", "não se aplica", "desconhecido", "sconosciuto", "da definire", "nieznany",
        "brak danych", " n/a\u00a0", "\u200bTBD",
    ],
)  # fmt: skip
def test_what_people_write_where_nothing_is_known_is_not_known(text: str) -> None:
    assert is_not_known(text)


@pytest.mark.parametrize(
    "text",
    ["", "Namibia", "SO", "NO", "Nr.", "X", "Tom", "Inga", "Unknown Pleasures AB", "N/A Systems", "🏥", "0", "R&D"],
)  # fmt: skip
def test_what_says_something_is_known(text: str) -> None:
    assert not is_not_known(text)


def test_none_is_a_word_where_a_list_is_asked_for_and_may_be_a_name() -> None:
    for text in ("none", "inga", "keine", "Aucun", "ingen"):
        assert means_none(text)
        assert has_no_value(text)
        assert not is_not_known(text)


@pytest.mark.parametrize(
    ("items", "values", "empty"),
    [
        (["NA"], (), ("NA",)),
        (["N/A"], (), ("N/A",)),
        (["NA", "SE"], ("NA", "SE"), ()),
        (["SE, NA, NO"], ("SE", "NA", "NO"), ()),
        (["Namibia"], ("Namibia",), ()),
        (["Norway", "NA"], ("Norway",), ("NA",)),
    ],
)
def test_na_is_namibia_among_other_codes_only(
    items: list[str], values: tuple[str, ...], empty: tuple[str, ...]
) -> None:
    reading = read_areas(items)
    assert (reading.values, reading.empty, reading.unknown) == (values, empty, ())


def test_not_known_is_no_country_and_covers_none_for_certain() -> None:
    assert (country_code("N/A"), country_code("n.a."), country_code("NA")) == (None, None, "NA")
    assert covers(["N/A"], "Namibia") is None
    assert covers(["NA"], "Norway") is None
    assert covers(["NA", "SE"], "Norway") is False


def test_no_alone_may_be_norway_or_none() -> None:
    assert read_areas(["no"]).unknown == ("no",)
    assert read_areas(["NO"]).values == ("NO",)
    assert read_areas(["se, no"]).values == ("se", "no")
