"""How stems are written and what they find."""

from __future__ import annotations

import pytest

from services.matching.text.domain.stems import BadStemError, StemMatcher, read_stem
from shared.words.folding import fold


def quotes(notation: str, text: str, language: str = "", own: str = "sv") -> list[str]:
    folded = fold(text)
    found = StemMatcher([("it", own, read_stem(notation))]).find(folded.text, language)
    return [text[slice(*folded.span(one.start, one.end))] for one in found]


@pytest.mark.parametrize(
    ("notation", "text", "found"),
    [
        ("sepsis", "Sepsis, tidigt", ["Sepsis"]),
        ("sepsis", "sepsisvård", []),
        ("dialys*", "Dialysmottagning för dialys", ["Dialysmottagning", "dialys"]),
        ("dialys*", "hemodialys", []),
        ("*sköterska", "Distriktssköterska", ["Distriktssköterska"]),
        ("*sköterska", "sköterskan", []),
        ("*cancer*", "bukspottkörtelcancerpatienter", ["bukspottkörtelcancerpatienter"]),
        ("trygghetslarm*", "TRYGGHETSLARMEN", ["TRYGGHETSLARMEN"]),
    ],
)
def test_an_asterisk_says_where_a_longer_word_may_go_on(notation: str, text: str, found: list[str]) -> None:
    assert quotes(notation, text) == found


@pytest.mark.parametrize(
    "text", ["hygien på händer", "Hygien pa hander", "HYGIEN PÅ HÄNDER", "hygien pa\u030a ha\u0308nder"]
)
def test_case_and_accents_do_not_matter_however_they_are_encoded(text: str) -> None:
    assert quotes("hygien på händer", text) == [text]


@pytest.mark.parametrize(("stem", "text"), [("øre*", "Örebro"), ("kræft*", "KRÆFT"), ("straße", "Strasse")])
def test_nordic_and_german_letters_meet(stem: str, text: str) -> None:
    assert quotes(stem, text) == [text]


def test_danish_cancer_is_not_swedish_power() -> None:
    assert quotes("kræft*", "kraftfull kraft") == []


def test_words_of_a_stem_stand_next_to_each_other_over_space_or_hyphen() -> None:
    assert quotes("point of care", "A point-of-care test; point of the care") == ["point-of-care"]


@pytest.mark.parametrize(
    "text", ["By hand. Hygiene first.", "by hand, hygiene", "(by hand) hygiene", "hand\n\nhygiene"]
)
def test_words_of_a_stem_do_not_cross_a_break(text: str) -> None:
    assert quotes("hand hygiene", text) == []


def test_words_of_a_stem_may_stand_on_two_lines_of_a_paragraph() -> None:
    assert quotes("hand hygiene", "hand\nhygiene") == ["hand\nhygiene"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a lock that is opened by phone", ["lock that is opened by phone"]),
        ("the phone opens any lock", ["phone opens any lock"]),
        ("a lock. The phone rings", []),
        ("a lock on each of the many old wooden doors and a phone", []),
    ],
)
def test_a_tilde_lets_words_stand_apart_within_a_sentence(text: str, found: list[str]) -> None:
    assert quotes("lock ~ phone", text) == found


def test_a_tilde_joins_groups_of_words() -> None:
    assert quotes("blood test* ~ cancer", "cancer is found by a blood test") == [
        "cancer is found by a blood test"
    ]


def test_an_exclamation_mark_keeps_a_stem_to_its_language() -> None:
    assert quotes("kol!", "KOL", "sv") == ["KOL"]
    assert quotes("kol!", "kol", "pl") == []


def test_a_text_of_unknown_language_may_be_in_any() -> None:
    assert quotes("kol!", "KOL") == ["KOL"]


@pytest.mark.parametrize(
    ("notation", "said"),
    [
        ("", "no word"),
        ("*", "separate words"),
        ("x", "2 letters"),
        ("iv*", "3 letters"),
        ("*sår", "4 letters"),
        ("*sår*", "4 letters"),
        ("e-health", "separate words"),
        ("a ~ b ~ c", "once"),
        ("lock ~ ", "separate words"),
    ],
)
def test_an_unsafe_or_malformed_stem_is_refused_with_its_fault(notation: str, said: str) -> None:
    with pytest.raises(BadStemError, match=said):
        read_stem(notation)
