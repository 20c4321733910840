"""Reading texts: exact quotes, signs, and the same answer every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.text.domain.concept_engine import ConceptEngine, standard_engine
from services.matching.text.domain.thesaurus import make_thesaurus, standard_thesaurus

WORDS = st.sampled_from(
    [
        "trygghetslarm",
        "Großgerät",
        "bukspottkörtelcancer",
        "hand",
        "hygiene",
        "nød\u00adkald",
        "a\u030aldre",
        "ﬁn",
        "ß",
        ".",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=12).map(" ".join))


def engine(*concepts: tuple[str, Sequence[str]]) -> ConceptEngine:
    rows: list[Mapping[str, Any]] = [
        {"id": one, "names": {"sv": one, "en": one}, "stems": {"sv": list(stems)}} for one, stems in concepts
    ]
    return ConceptEngine(make_thesaurus(rows, "test"))


def test_a_mention_quotes_the_words_of_the_text() -> None:
    (mention,) = engine(("wounds", ["sårvård*"])).read("Vi gör Sårvårdsmaterial.", "sv").mentions
    assert (mention.concept, mention.quote, mention.start, mention.end) == (
        "wounds",
        "Sårvårdsmaterial",
        7,
        23,
    )
    assert mention.strength == 1.0


def test_a_question_mark_is_a_weak_sign_and_a_plain_one_wins() -> None:
    assert [m.strength for m in engine(("doors", ["?dörr*"])).read("dörrar", "sv").mentions] == [0.5]
    assert [m.strength for m in engine(("doors", ["?dörr*", "dörrar"])).read("dörrar", "sv").mentions] == [
        1.0
    ]


def test_a_minus_rules_a_concept_out_only_where_its_words_stand() -> None:
    reader = engine(("screens", ["skärm*", "-skärmbesök*"]), ("visits", ["skärmbesök*"]))
    assert [(m.concept, m.quote) for m in reader.read("skärmbesök och skärmar", "sv").mentions] == [
        ("visits", "skärmbesök"),
        ("screens", "skärmar"),
    ]


@settings(max_examples=300)
@given(TEXTS, st.sampled_from(["", "sv", "en", "de", "xx"]))
def test_every_quote_stands_in_the_text_at_its_place(text: str, language: str) -> None:
    reading = standard_engine().read(text, language)
    for mention in reading.mentions:
        assert mention.quote
        assert text[mention.start : mention.end] == mention.quote
        assert 0.0 < mention.strength <= 1.0


@pytest.fixture(scope="module")
def made_again() -> ConceptEngine:
    return ConceptEngine(standard_thesaurus())


@settings(deadline=None)  # the first one makes the engine
@given(text=TEXTS)
def test_a_text_is_read_the_same_way_again(made_again: ConceptEngine, text: str) -> None:
    assert standard_engine().read(text, "sv") == made_again.read(text, "sv")


def test_the_name_changes_with_the_thesaurus() -> None:
    rows = [{"id": "a", "names": {"sv": "a", "en": "a"}, "stems": {"en": ["aa"]}}]
    names = {ConceptEngine(make_thesaurus(rows, content)).name for content in ("one", "two")}
    assert len(names) == 2


@pytest.mark.parametrize(
    ("concept", "texts"),
    [
        (
            "telecare",
            ["trygghetslarm", "nødkald", "trygghetsalarmer", "Hausnotruf", "social alarms", "téléassistance"],
        ),
        ("linac", ["linjäraccelerator", "linear accelerators", "Linearbeschleuniger", "lineærakselerator"]),
        ("cancer", ["bukspottkörtelcancer", "kræftbehandling", "kreftsenter", "Krebspatienten", "oncology"]),
        ("hand_hygiene", ["handhygien", "håndhygiejne", "Händehygiene", "hand hygiene"]),
        ("pressure_ulcers", ["trycksår", "tryksår", "trykksår", "Dekubitus", "pressure injuries"]),
        ("dementia", ["demensboende", "demens", "Demenzkranke", "dementia", "dementie"]),
        ("telemedicine", ["videobesök", "videokonsultation", "Videosprechstunde", "video visits"]),
        ("sterilisation", ["sterilisering", "Sterilisation", "autoclaves"]),
    ],
)
def test_one_concept_is_read_from_many_languages(concept: str, texts: list[str]) -> None:
    for text in texts:
        assert concept in standard_engine().read(text, "").strongest(), text


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("smarta lösningar", "arthritis_pain"),
        ("business operations", "surgery"),
        ("microbes", "obesity"),
        ("larmmottagning", "acoustics"),
        ("kraftfulla verktyg", "cancer"),
        ("registered trademark", "quality_registers"),
        ("planning", "staff_scheduling"),
        ("förskolor", "research"),
        ("ledarskap", "furniture"),
        ("på distans genom chatt", "genomics"),
        ("batteries", "microbiology"),
        ("sucht Partner", "addiction"),
        ("glömmer sina tabletter", "telehealth_cart"),
        ("nursing homes", "nursing"),
        ("translational research", "language_support"),
        ("malaria bed nets", "beds"),
    ],
)
def test_words_that_only_look_alike_are_not_taken(text: str, concept: str) -> None:
    assert concept not in standard_engine().read(text, "en" if text.isascii() else "sv").strongest()
