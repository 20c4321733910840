"""Which known organisations a submission may be about."""

from __future__ import annotations

from typing import Any

import pytest

from services.profiles.submissions.domain.likeness import LikeBy, known_of, likely, name_key

ORGANISATIONS: dict[str, dict[str, Any]] = {
    "P1": {"name": "Fjord Hospital", "country": "Norway", "website": "https://www.fjord.example/en"},
    "P2": {"name": "Bergen Kommune", "country": "Norway", "contact": {"email": "post@bergen.example"}},
    "P3": {"name": "Österlens Vård AB", "country": "Sweden"},
}
KNOWN = [known_of({"status": "active", "id": id, **fields}) for id, fields in ORGANISATIONS.items()]


def found(**organisation: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (one.known.id, one.reasons) for one in likely(organisation, KNOWN, [known.key for known in KNOWN])
    ]


@pytest.mark.parametrize(
    ("organisation", "expected"),
    [
        ({"name": "FJORD HOSPITAL", "country": "Norge"}, [("P1", (LikeBy.SAME_NAME,))]),
        ({"name": "Osterlens vard"}, [("P3", (LikeBy.SAME_NAME,))]),
        ({"name": "Fjord Hospitall", "country": "Norway"}, [("P1", (LikeBy.SIMILAR_NAME,))]),
        ({"name": "Hospital Fjord", "country": "Norway"}, [("P1", (LikeBy.SAME_NAME,))]),
        ({"name": "Fjord Hospital", "country": "Chile"}, []),
        ({"name": "Another", "website": "fjord.example"}, [("P1", (LikeBy.WEBSITE,))]),
        ({"name": "Another", "contact": {"email": "ola@FJORD.example"}}, [("P1", (LikeBy.MAIL,))]),
        ({"name": "Another", "contact": {"email": "x@bergen.example"}}, [("P2", (LikeBy.MAIL,))]),
        ({"name": "Another"}, []),
        ({}, []),
    ],
)
def test_name_website_and_mail_domain_say_who_it_may_be(
    organisation: dict[str, Any], expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert found(**organisation) == expected


def test_a_mail_address_that_everybody_can_have_says_nothing() -> None:
    mine = known_of({"status": "active", "id": "P4", "name": "A", "contact": {"email": "a@gmail.com"}})
    assert likely({"name": "B", "contact": {"email": "b@gmail.com"}}, [mine], [mine.key]) == []


@pytest.mark.parametrize("website", ["https://www.linkedin.com/company/b", "b.hotmail.se", "hotmail.se"])
def test_a_page_where_many_have_one_says_nothing(website: str) -> None:
    mine = known_of(
        {"status": "active", "id": "P4", "name": "A", "website": "https://linkedin.com/company/a",
         "contact": {"email": "a@hotmail.se"}}
    )  # fmt: skip
    assert likely({"name": "B", "website": website}, [mine], [mine.key]) == []


@pytest.mark.parametrize(
    ("name", "key"), [("Exempel AB", "exempel"), ("AB", "ab"), ("ÅÄÖ  Vård (publ)", "aao vard")]
)
def test_a_name_is_compared_without_case_accents_and_legal_form(name: str, key: str) -> None:
    assert name_key(name) == key
