"""What was read of an organisation as vectors, one a part."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from services.matching.domain.text.areas import strength_of
from services.matching.domain.text.engine import Reading, TextEngine
from services.matching.domain.text.links import Links, make_links
from services.matching.domain.text.ngrams import DIMENSIONS, text_vector

Vector = npt.NDArray[np.float32]
Wide = npt.NDArray[np.float64]

AREA_SLOTS = 32
BREADTH = 0.5
"""How far a company's many concepts thin each out: 0 not at all, 1 as in a cosine."""
BESIDE_GIVEN = 0.3
"""How much areas that the text leans to count beside those that were given."""


class HasMention(Protocol):
    """A mention of a concept with a strength 0..1."""

    @property
    def strength(self) -> float:
        """Give the strength."""


class HasReading(Protocol):
    """A text that was read, with how much it counts (0..1)."""

    @property
    def reading(self) -> Reading:
        """Give the reading."""


class Vectors:
    """Makes the vectors of one text engine; each depends on its own organisation alone."""

    def __init__(self, engine: TextEngine) -> None:
        self.thesaurus = engine.thesaurus
        self.links: Links = make_links(engine.thesaurus)
        self.concepts = len(self.links.order)
        self.area_slots = AREA_SLOTS
        self.text_dimensions = DIMENSIONS
        self._area_codes = sorted({code for one in self.thesaurus.concepts.values() for code in one.areas})

    def asked(self, spots: Mapping[str, HasMention]) -> Vector:
        """Give a need's concepts by weight, as a unit vector."""
        vector: Wide = np.zeros(self.concepts)
        for concept, spot in spots.items():
            place = self.links.index[concept]
            vector[place] = self.links.weights[place] * spot.strength
        return _unit(vector)

    def offered(self, spots: Mapping[str, HasMention]) -> Vector:
        """Give how well a company's concepts answer each concept: its best link, thinned by its breadth."""
        vector: Wide = np.zeros(self.concepts)
        breadth = 0.0
        for concept, spot in spots.items():
            place = self.links.index[concept]
            np.maximum(vector, self.links.strength[place] * spot.strength, out=vector)
            breadth += (self.links.weights[place] * spot.strength) ** 2
        thinned: Vector = (vector / max(1.0, breadth) ** (BREADTH / 2)).astype(np.float32)
        return thinned

    def areas(self, spots: Mapping[str, HasMention], given: Sequence[str]) -> Vector:
        """Give the areas as a unit vector: those given, beside them faintly what the text leans to."""
        vector: Wide = np.zeros(AREA_SLOTS)
        evidence: dict[str, float] = {}
        for concept, spot in sorted(spots.items()):
            for code, leaning in self.thesaurus.concepts[concept].areas.items():
                evidence[code] = evidence.get(code, 0.0) + leaning * spot.strength
        most = max(evidence.values(), default=0.0)
        for code, weight in evidence.items():
            share = strength_of(weight) * weight / most if most else 0.0
            vector[self._area_slot(code)] = share * (BESIDE_GIVEN if given else 1.0)
        for code in given:
            vector[self._area_slot(code)] = 1.0
        return _unit(vector)

    def text(self, fields: Sequence[HasReading]) -> Vector:
        """Give the vector of all its texts taken as one."""
        return text_vector(one.reading.text for one in fields)

    def _area_slot(self, code: str) -> int:
        """Give an area's place; codes the thesaurus does not know share the places that are left, by hash."""
        if code in self._area_codes:
            return self._area_codes.index(code)
        known = len(self._area_codes)
        return known + zlib.crc32(code.encode()) % (AREA_SLOTS - known)


def _unit(vector: Wide) -> Vector:
    length = float(np.sqrt(np.sum(vector * vector)))
    return (vector / length if length else vector).astype(np.float32)


@lru_cache(maxsize=8)
def vectors_of(engine: TextEngine) -> Vectors:
    """Give the vector maker of an engine, made once."""
    return Vectors(engine)
