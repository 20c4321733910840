"""What was read of an organisation as vectors, one a part."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from services.matching.text.domain.areas import strength_of
from services.matching.text.domain.concept_engine import Reading, TextEngine
from services.matching.text.domain.concept_links import Links, make_links
from services.matching.text.domain.word_pieces import DIMENSIONS, text_vector

Vector = npt.NDArray[np.float32]
Wide = npt.NDArray[np.float64]

AREA_SLOTS = 32
BREADTH = 0.5
"""How far a company's many concepts thin each out: 0 not at all, 1 as in a cosine."""
BESIDE_GIVEN = 0.3
"""How much areas that the text leans to count beside those that were given."""
PRIOR = 1.5
"""What a need leaves unsaid, in squared weights (a telling concept: 1): a vague word alone is no full answer."""


WORDS_SHARE, MEANING_SHARE = 0.5, 0.5
"""How much the likeness of words and the nearness of vectors count in the text part, where there are vectors."""


class HasMention(Protocol):
    """A mention of a concept with a strength 0..1."""

    @property
    def strength(self) -> float:
        """Return the strength."""


class HasReading(Protocol):
    """A text that was read, with how much it counts (0..1)."""

    @property
    def reading(self) -> Reading:
        """Return the reading."""


class Vectors:
    """Makes the vectors of one text engine; each depends on its own organisation alone."""

    def __init__(self, engine: TextEngine) -> None:
        self.thesaurus = engine.thesaurus
        self.links: Links = make_links(engine.thesaurus)
        self.concepts = len(self.links.order)
        self.area_slots = AREA_SLOTS
        self.text_dimensions = DIMENSIONS + engine.vector_size
        self._vector_size = engine.vector_size
        self._area_codes = sorted({code for one in self.thesaurus.concepts.values() for code in one.areas})

    def asked(self, spots: Mapping[str, HasMention]) -> Vector:
        """Return a need's concepts by weight; shorter than a unit vector, the more so the less they tell.

        Weights m become m / sqrt(PRIOR + sum of m^2): one telling concept makes a length of 0.63, six 0.89.
        """
        vector: Wide = np.zeros(self.concepts)
        for concept, spot in spots.items():
            place = self.links.index[concept]
            vector[place] = self.links.weights[place] * spot.strength
        asked: Vector = (vector / np.sqrt(PRIOR + np.sum(vector * vector))).astype(np.float32)
        return asked

    def offered(self, spots: Mapping[str, HasMention]) -> Vector:
        """Return how well a company's concepts answer each concept: its best link, thinned by its breadth."""
        vector: Wide = np.zeros(self.concepts)
        breadth = 0.0
        for concept, spot in spots.items():
            place = self.links.index[concept]
            np.maximum(vector, self.links.strength[place] * spot.strength, out=vector)
            breadth += (self.links.weights[place] * spot.strength) ** 2
        thinned: Vector = (vector / max(1.0, breadth) ** (BREADTH / 2)).astype(np.float32)
        return thinned

    def asked_areas(self, spots: Mapping[str, HasMention], given: Sequence[str]) -> Vector:
        """Return a need's areas: given ones count in full, others by how telling the concepts are that lean there."""
        if given:
            return self.areas(spots, given)
        telling = self._leanings(spots, weighted=True)
        return self.areas(spots, ()) * np.float32(strength_of(max(telling.values(), default=0.0)))

    def areas(self, spots: Mapping[str, HasMention], given: Sequence[str]) -> Vector:
        """Return the areas as a unit vector: those given, beside them faintly what the text leans to."""
        vector: Wide = np.zeros(AREA_SLOTS)
        evidence = self._leanings(spots)
        most = max(evidence.values(), default=0.0)
        for code, weight in evidence.items():
            share = strength_of(weight) * weight / most if most else 0.0
            vector[self._area_slot(code)] = share * (BESIDE_GIVEN if given else 1.0)
        for code in given:
            vector[self._area_slot(code)] = 1.0
        return _unit(vector)

    def _leanings(self, spots: Mapping[str, HasMention], weighted: bool = False) -> dict[str, float]:
        """Sum by area what the concepts lean to it; `weighted`: each by its own weight."""
        evidence: dict[str, float] = {}
        for name, spot in sorted(spots.items()):
            concept = self.thesaurus.concepts[name]
            strength = spot.strength * (concept.weight if weighted else 1.0)
            for code, leaning in concept.areas.items():
                evidence[code] = evidence.get(code, 0.0) + leaning * strength
        return evidence

    def text(self, fields: Sequence[HasReading]) -> Vector:
        """Return the vector of all its texts taken as one: by pieces of words and, beside it, by the embedding.

        The product of two is the mean of both products by `WORDS_SHARE` and `MEANING_SHARE`; of an engine
        without an embedding that of the words alone.
        """
        words = text_vector(one.reading.text for one in fields)
        if not self._vector_size:
            return words
        total: Wide = np.zeros(self._vector_size)
        for one in fields:
            if one.reading.vector is not None:
                # A title says less than a long text, but more than its share of the letters.
                total += math.sqrt(len(one.reading.text)) * one.reading.vector.astype(np.float64)
        both = [np.sqrt(WORDS_SHARE) * words, np.sqrt(MEANING_SHARE) * _unit(total)]
        return np.concatenate(both).astype(np.float32)

    def _area_slot(self, code: str) -> int:
        """Return an area's place; codes the thesaurus does not know share the places that are left, by hash."""
        if code in self._area_codes:
            return self._area_codes.index(code)
        known = len(self._area_codes)
        return known + zlib.crc32(code.encode()) % (AREA_SLOTS - known)


def _unit(vector: Wide) -> Vector:
    length = float(np.sqrt(np.sum(vector * vector)))
    return (vector / length if length else vector).astype(np.float32)


@lru_cache(maxsize=8)
def vectors_of(engine: TextEngine) -> Vectors:
    """Return the vector maker of an engine, made once."""
    return Vectors(engine)
