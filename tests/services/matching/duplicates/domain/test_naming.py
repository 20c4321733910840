"""Names, websites and mail domains made comparable."""

from __future__ import annotations

import pytest

from services.matching.duplicates.domain.naming import distinctive, mail_domain, name_words, website_place


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Vårdbolaget AB", "VARDBOLAGET"),
        ("AB Vårdbolaget (publ)", "Vårdbolaget"),
        ("Müller Klinik GmbH & Co. KG", "Mueller Klinik"),
        ("Nordlys A/S", "Nordlys Aps"),
        ("Zdrowie Sp. z o.o.", "Zdrowie"),
        ("ТОВ «Медтехніка»", "Medtekhnika"),
        ("Ægir Helse AS", "Aegir Helse"),
        ("O'Neill Ltd.", "ONeill Limited"),
        ("Terveys Oy", "Terveys Oyj Group"),
    ],
)
def test_one_name_written_in_several_ways_is_one(name: str, other: str) -> None:
    assert name_words(name) == name_words(other)


@pytest.mark.parametrize(("name", "words"), [("AB", ("ab",)), ("", ()), ("!?", ()), ("3M", ("3m",))])
def test_a_name_of_nearly_nothing_is_kept(name: str, words: tuple[str, ...]) -> None:
    assert name_words(name) == words


def test_ordinary_words_of_the_trade_tell_no_names_apart() -> None:
    assert distinctive(name_words("Lindarna University Hospital")) == ("lindarna",)


@pytest.mark.parametrize(
    ("website", "place"),
    [
        ("https://www.example.org/", ("example.org", "")),
        ("Example.org/sv", ("example.org", "")),
        ("http://example.org:8080/units/east?x=1", ("example.org", "units/east")),
        ("https://www.linkedin.com/company/x", ("", "")),
        ("none", ("", "")),
        ("http://[", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_website_is_its_host_and_its_path(website: str, place: tuple[str, str]) -> None:
    assert website_place(website) == place


@pytest.mark.parametrize(
    ("address", "domain"), [("a@Example.org", "example.org"), ("a@gmail.com", ""), ("nobody", ""), ("", "")]
)
def test_a_mail_domain_is_kept_unless_everybody_has_it(address: str, domain: str) -> None:
    assert mail_domain(address) == domain
