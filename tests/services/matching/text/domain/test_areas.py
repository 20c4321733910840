"""Focus areas of a text."""

from __future__ import annotations

import pytest

from services.matching.text.domain.areas import AreaFinding, areas_of, find_areas
from services.matching.text.domain.concept_engine import Reading, standard_engine


def read(text: str) -> Reading:
    return standard_engine().read(text, "")


def test_given_areas_are_kept_in_their_order_with_the_words_that_agree() -> None:
    found = find_areas(read("Trygghetslarm för äldre"), ["hospitals", "ageing"])
    assert [(one.code, one.strength, one.given) for one in found] == [
        ("hospitals", 1.0, True),
        ("ageing", 1.0, True),
    ]
    assert found[0].words == ()
    assert "Trygghetslarm" in found[1].words


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Stråleterapi og doseplanlegging", "cancer"),
        ("Alcohol hand rub against superbugs", "amr"),
        ("Færre fald på plejehjem for ældre med demens", "ageing"),
        ("Elektronische Patientenakte und Interoperabilität", "digital"),
        ("Ventilation, energy and logistics of a new hospital", "hospitals"),
    ],
)
def test_an_area_is_inferred_with_words_that_stand_in_the_text(text: str, code: str) -> None:
    first, *_ = find_areas(read(text), [])
    assert first.code == code
    assert first.words
    assert all(word in text for word in first.words)
    assert not first.given


def test_several_areas_may_be_inferred() -> None:
    found = find_areas(read("Operating theatre ventilation against surgical site infections"), [])
    assert {one.code for one in found} == {"amr", "hospitals"}


@pytest.mark.parametrize("text", ["", "We sell tractors.", "Bröd och smör"])
def test_a_text_that_belongs_nowhere_gets_no_area(text: str) -> None:
    assert find_areas(read(text), []) == ()


def test_an_area_the_thesaurus_does_not_know_can_be_given() -> None:
    assert find_areas(read("Telecare"), ["space"]) == (AreaFinding("space", 1.0, True, ()),)


def test_strengths_are_shares_and_the_strongest_comes_first() -> None:
    strengths = [one.strength for one in find_areas(read("Telecare, EHR, dementia, home care, falls"), [])]
    assert strengths == sorted(strengths, reverse=True)
    assert all(0.0 < one <= 1.0 for one in strengths)


def strength(code: str, *texts: str, shares: tuple[float, ...] | None = None) -> float:
    found = areas_of([read(text) for text in texts], (), None, shares)
    return next((one.strength for one in found if one.code == code), 0.0)


def test_what_is_said_again_counts_somewhat_more_but_not_twice() -> None:
    once, again = strength("amr", "Sepsis"), strength("amr", "Sepsis. Sepsis. Sepsis")
    assert once < again < strength("amr", "Sepsis, tuberculosis, MRSA")


def test_a_name_counts_for_less_than_a_description_and_can_name_an_area_alone() -> None:
    assert 0.0 < strength("cancer", "Oncology", "", shares=(0.6, 1.0)) < strength("cancer", "", "Oncology")


def test_a_further_area_is_named_when_it_is_well_spoken_for_though_another_one_is_more_so() -> None:
    many = "Dementia, falls, telecare, nursing homes, home care, incontinence, loneliness, rollators."
    assert strength("cancer", f"{many} Biopsies.") == 0.0
    assert strength("cancer", f"{many} Biopsies, chemotherapy.") > 0.0
