"""Organisations that may be one and the same."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.duplicates.domain.suggestions import LEAST, Identity, Suggestion, compare, suggest

SAMPLE = Path(__file__).parents[5] / "deploy" / "sample"

TEXT = (
    "Läkare och psykologer i appen: videobesök, recept och remisser dygnet runt för patienter i hela landet, "
    "med egna mottagningar i de största städerna."
)
OTHER_TEXT = (
    "Doctors and psychologists in an app: video visits, prescriptions and referrals around the clock."
)


def codes(found: Sequence[Suggestion]) -> list[tuple[str, str, str]]:
    return [(one.id, one.other_id, one.reasons[0].code) for one in found]


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (Identity("a", "Vårdbolaget AB"), Identity("b", "VARDBOLAGET"), "same_name"),
        (
            Identity("a", "Lindarna Instruments AB", country="Sweden"),
            Identity("b", "Lindarma Instruments", country="Sverige"),
            "similar_name",
        ),
        (
            Identity("a", "Лікарня Степова"),
            Identity("b", "Likarnya Stepova"),
            "same_name",
        ),
        (
            Identity("a", "Zaffo", website="https://zaffo.se/sv"),
            Identity("b", "Brillig", website="www.zaffo.se"),
            "same_website",
        ),
        (Identity("a", "Zaffo", texts=(TEXT,)), Identity("b", "Brillig", texts=(TEXT,)), "same_text"),
        (
            Identity("a", "Zaffo", texts=(f"{OTHER_TEXT} In other markets we are known as Brillig.",)),
            Identity("b", "Brillig", texts=(TEXT,)),
            "says_so",
        ),
        (
            Identity("a", "Zaffo Care", contact_domain="zaffo.se", city="Oslo", country="Norway"),
            Identity("b", "Brillig", contact_domain="zaffo.se", city="Oslo", country="Norway"),
            "same_contact_domain",
        ),
    ],
)
def test_two_that_may_be_one_are_suggested_with_the_reason(one: Identity, other: Identity, code: str) -> None:
    assert codes(suggest([one, other])) == [("a", "b", code)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Identity("a", "Region North Hospital"), Identity("b", "Region South Hospital")),
        (Identity("a", "Klinik 1"), Identity("b", "Klinik 2")),
        (Identity("a", "Zaffo Medical", city="Oslo"), Identity("b", "Brillig Medical", city="Oslo")),
        (
            Identity("a", "Central Hospital", country="Norway", city="Moss"),
            Identity("b", "Central Hospital", country="Norway", city="Oslo"),
        ),
        (
            Identity("a", "Zaffo", website="https://linkedin.com/zaffo"),
            Identity("b", "Brillig", website="linkedin.com/b"),
        ),
        (
            Identity("a", "Zaffo", texts=("We sell to Brillig and others.",)),
            Identity("b", "Brillig", country="Norway"),
        ),
        (
            Identity("a", "Zaffo", texts=("Known as the best: we shine brilliantly.",)),
            Identity("b", "Shine"),
        ),
        (Identity("a", ""), Identity("b", "")),
    ],
)
def test_two_that_only_look_alike_are_not_suggested(one: Identity, other: Identity) -> None:
    assert suggest([one, other]) == []


def test_a_reason_has_the_words_of_both() -> None:
    one = Identity("a", "Zaffo AB", city="Oslo", texts=("Formerly Brillig, we make lamps.",))
    (found,) = suggest([one, Identity("b", "Brillig", city="Oslo")])
    assert [(reason.code, reason.words, reason.other_words) for reason in found.reasons] == [
        ("says_so", "Brillig", ""),
        ("same_city", "Oslo", "Oslo"),
    ]


def test_a_host_that_many_share_says_nothing() -> None:
    names = ["Anemon", "Brillig", "Citrus", "Dovre", "Ekvator", "Fjord", "Granit", "Hassel", "Indigo", "Jord"]
    many = [
        Identity(name, name, website=f"portal.se/{name}{'x' * 5}")
        for name in [*names, "Kvarts", "Lupin", "Malva"]
    ]
    assert suggest(many) == []


NAMES = st.sampled_from(
    ["Zaffo AB", "Zaffo", "Zafo GmbH", "Brillig Medical", "Brillig", "Медтехніка", "Medtekhnika", "AB", ""]
)
IDENTITIES = st.lists(
    st.builds(
        Identity,
        id=st.sampled_from("abcdefghij"),
        name=NAMES,
        website=st.sampled_from(["", "zaffo.se", "https://zaffo.se/units", "brillig.se"]),
        country=st.sampled_from(["", "Sweden", "Norway"]),
        city=st.sampled_from(["", "Oslo", "Moss"]),
        texts=st.lists(
            st.sampled_from([TEXT, OTHER_TEXT, "Now known as Zaffo.", "", "Brillig helps us."]), max_size=2
        ).map(tuple),
        contact_domain=st.sampled_from(["", "zaffo.se"]),
    ),
    max_size=10,
    unique_by=lambda one: one.id,
)


@settings(deadline=None)
@given(IDENTITIES, st.randoms(use_true_random=False))
def test_the_order_of_the_organisations_changes_nothing(
    identities: list[Identity], shuffler: random.Random
) -> None:
    found = suggest(identities)
    mixed = list(identities)
    shuffler.shuffle(mixed)
    assert suggest(mixed) == found
    assert all(one.id < one.other_id and LEAST <= one.score <= 1.0 and one.reasons for one in found)
    assert len({(one.id, one.other_id) for one in found}) == len(found)


@settings(deadline=None)
@given(IDENTITIES.filter(lambda some: len(some) >= 2))
def test_two_are_as_alike_as_the_other_way_round(identities: list[Identity]) -> None:
    one, other = identities[:2]
    assert compare(one, other) == compare(other, one)


def test_planted_duplicates_are_found_among_many_others() -> None:
    draw = random.Random(20)
    syllables = [
        "ka",
        "ro",
        "mi",
        "len",
        "dan",
        "vi",
        "sta",
        "bru",
        "fel",
        "gon",
        "pur",
        "wex",
        "zor",
        "hym",
        "qui",
    ]
    words = ["".join(draw.choices(syllables, k=draw.randint(3, 4))) for _ in range(1500)]
    cities = ["Stockholm", "Malmö", "Umeå", "Oslo"]

    def organisation(id: str) -> Identity:
        name = f"{' '.join(draw.sample(words, 2)).title()} {draw.choice(['Medical', 'Health', 'Klinik', 'Systems'])}"
        site = f"https://www.{''.join(draw.choices(words, k=2))}.se"
        text = " ".join(draw.choices(words, k=40)).capitalize()
        return Identity(id, name, site, "Sweden", draw.choice(cities), (text,))

    def twin(one: Identity, number: int) -> Identity:
        first, _, rest = one.name.partition(" ")
        other = " ".join(draw.sample(words, 2)).title()
        brand: dict[str, Any] = {"country": "Norway", "city": "Oslo"}
        some = [
            Identity("", f"{one.name.upper()} AB", "", "Sverige", one.city),
            Identity("", f"{first[:-2]}{first[-1]}{first[-2]} {rest}", "", "Sweden", one.city),
            Identity("", other, one.website.replace("https://www.", "http://"), **brand),
            Identity("", other, texts=(f"{one.texts[0]} And more.",), **brand),
            Identity("", other, texts=(f"We are also known as {one.name} at home.",), **brand),
        ]
        found = some[number % len(some)]
        return Identity(
            f"t{number:03}", *(getattr(found, field) for field in list(Identity.__annotations__)[1:])
        )

    singles = [organisation(f"s{number:04}") for number in range(1200)]
    twins = [twin(one, number) for number, one in enumerate(singles[:100])]
    planted = {(one.id, other.id) for one, other in zip(singles, twins, strict=False)}
    found = {(one.id, one.other_id) for one in suggest([*singles, *twins])}
    hits = len(found & planted)
    print(f"precision {hits / len(found):.2f}, recall {hits / len(planted):.2f} of {len(planted)}")
    assert hits / len(planted) > 0.9
    assert hits / len(found) > 0.9


@pytest.mark.parametrize(("file", "text"), [("companies.csv", "description"), ("partners.csv", "need")])
def test_the_invented_contacts_of_the_sample_speak_for_no_pair(file: str, text: str) -> None:
    with (SAMPLE / file).open(encoding="utf-8", newline="") as rows:
        sample = [
            Identity(
                row["id"],
                row["name"],
                website=row.get("website") or "",
                country=row["country"],
                city=row.get("city") or "",
                texts=(row[text],),
                contact_domain="sample.invalid",
            )
            for row in csv.DictReader(rows)
        ]
    assert len(sample) >= 30
    assert suggest(sample) == []


@pytest.mark.parametrize(
    "domain", ["sample.invalid", "zaffo.test", "mail.example.org", "localhost", "gmail.com"]
)
def test_a_domain_that_strangers_share_is_no_evidence(domain: str) -> None:
    one = Identity("a", "Zaffo", contact_domain=domain, city="Oslo")
    other = Identity("b", "Brillig", contact_domain=domain, city="Oslo")
    assert compare(one, other).reasons == ()
