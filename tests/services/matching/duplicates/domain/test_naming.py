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
        ("https://www.zaffo.se/", ("zaffo.se", "")),
        ("Zaffo.se/sv", ("zaffo.se", "")),
        ("http://zaffo.se:8080/units/east?x=1", ("zaffo.se", "units/east")),
        ("https://www.linkedin.com/company/x", ("", "")),
        ("https://www.example.org/zaffo", ("", "")),
        ("zaffo.example", ("", "")),
        ("none", ("", "")),
        ("http://[", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_website_is_its_host_and_its_path(website: str, place: tuple[str, str]) -> None:
    assert website_place(website) == place


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("a@Zaffo.se", "zaffo.se"),
        ("a@mail.zaffo.se", "mail.zaffo.se"),
        ("a@testing-zaffo.se", "testing-zaffo.se"),
        ("a@gmail.com", ""),
        ("a@Telia.com", ""),
        ("C001@sample.invalid", ""),
        ("a@zaffo.test", ""),
        ("a@zaffo.example", ""),
        ("a@mail.localhost", ""),
        ("a@example.com", ""),
        ("a@mail.example.net", ""),
        ("nobody", ""),
        ("", ""),
    ],
)
def test_a_mail_domain_is_kept_unless_strangers_share_it(address: str, domain: str) -> None:
    assert mail_domain(address) == domain
