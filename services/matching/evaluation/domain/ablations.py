"""What each part of the ranking is worth: the same ranking with one part left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from services.matching.scoring.domain.features import PARTS
from services.matching.scoring.domain.policy import ScoringPolicy
from services.matching.text.domain.concept_engine import ConceptEngine, Reading, TextEngine, engine_by_words
from services.matching.text.domain.embedding_engine import EmbeddingEngine
from services.matching.text.domain.thesaurus import Thesaurus


class WithoutNearness:
    """An embedding engine whose concepts are only those that words name; the vectors stay."""

    def __init__(self, engine: EmbeddingEngine) -> None:
        self._engine = engine

    @property
    def name(self) -> str:
        """Return the engine's name, marked."""
        return f"{self._engine.name} without nearness"

    @property
    def thesaurus(self) -> Thesaurus:
        """Return the engine's concepts."""
        return self._engine.thesaurus

    @property
    def vector_size(self) -> int:
        """Return how many numbers a vector has."""
        return self._engine.vector_size

    def prepare(self, texts: Iterable[str]) -> None:
        """Do as the engine does."""
        self._engine.prepare(texts)

    def read(self, text: str, language: str, by_words: bool = False, closely: int | None = None) -> Reading:
        """Read a text as the engine does, without the concepts that are only near."""
        reading = self._engine.read(text, language, by_words, closely)
        return replace(reading, mentions=tuple(one for one in reading.mentions if not one.near))


def left_out(engine: TextEngine, policy: ScoringPolicy) -> dict[str, tuple[TextEngine, ScoringPolicy]]:
    """Return by name the engine and the policy with one part left out.

    The parts of the score (their weight 0); `links`: parents and what serves; with an embedding `nearness`: the
    concepts that are only near, and `embedding`: all that rests on it.
    """
    found: dict[str, tuple[TextEngine, ScoringPolicy]] = {
        part: (engine, replace(policy, weights={**policy.weights, part: 0.0})) for part in PARTS
    }
    alone = {id: replace(one, parents=(), served_by={}) for id, one in engine.thesaurus.concepts.items()}
    unlinked = Thesaurus(alone, f"{engine.thesaurus.content_hash} without links")
    if isinstance(engine, EmbeddingEngine):
        found["links"] = engine.with_thesaurus(unlinked), policy
        found["nearness"] = WithoutNearness(engine), policy
        found["embedding"] = engine_by_words(engine.thesaurus), policy
    elif isinstance(engine, ConceptEngine):
        found["links"] = ConceptEngine(unlinked), policy
    return found
