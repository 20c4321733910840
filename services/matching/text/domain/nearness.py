"""Embeddings made comparable across languages, and how near a text stands to the concepts.

Raw cosines of a sentence model lie close together (0.8 to 0.93) and depend on the language. From each vector the mean
of its language is taken away; the means come from `reference.json`, sentences that say the same in many languages, so
that no organisation's vector depends on which others there are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from services.matching.text.domain.stems import Stem
from services.matching.text.domain.thesaurus import Concept, Thesaurus

Vector = npt.NDArray[np.float32]
Wide = npt.NDArray[np.float64]

REFERENCE_FILE = Path(__file__).with_name("reference.json")
SHRINKING = 8.0
"""As many sentences of the common mean are added to a language's own."""
TERM_LANGUAGES = ("sv", "en")
TERMS_EACH = 2
"""Words of a concept that are embedded beside its names, of each of those languages."""


class LackingError(LookupError):
    """Vectors that nearness rests on cannot be had, or not yet."""


class VectorSource(Protocol):
    """Where the vectors of texts come from. The same text always has the same vector."""

    @property
    def name(self) -> str:
        """The model's name with its version."""

    def vectors(self, texts: Iterable[str]) -> Mapping[str, Vector]:
        """Return the vectors of texts, all of one length; those that cannot be had are left out."""

    def known(self, texts: Iterable[str]) -> Mapping[str, Vector]:
        """Return the vectors of texts that need not be made."""

    def prepare(self, texts: Iterable[str]) -> None:
        """Have the vectors of texts made, and kept for others where that is done."""


@cache
def reference_sentences() -> Mapping[str, Sequence[str]]:
    """Return the reference sentences by language (ISO 639-1)."""
    sentences: dict[str, list[str]] = json.loads(REFERENCE_FILE.read_text(encoding="utf-8"))
    return sentences


def terms_of(concept: Concept) -> str:
    """Return the words that stand for a concept: its names and the first of its stems that are plain words."""
    words = [concept.names["sv"], concept.names["en"]]
    for language in TERM_LANGUAGES:
        stems = [stem for of, stem in concept.stems if of == language]
        words += [_plain(stem) for stem in stems if stem.sign == 1.0 and not stem.beside][:TERMS_EACH]
    return ", ".join(dict.fromkeys(words))


def _plain(stem: Stem) -> str:
    return " ".join(word.text for word in stem.words)


def material(thesaurus: Thesaurus) -> tuple[str, ...]:
    """Return every text that nearness to a thesaurus rests on: the concepts' terms and the reference sentences."""
    terms = [terms_of(concept) for concept in thesaurus.concepts.values()]
    return tuple(dict.fromkeys([*terms, *(one for some in reference_sentences().values() for one in some)]))


def material_hash(thesaurus: Thesaurus) -> str:
    """Return a hash of that material."""
    return hashlib.sha256("\n".join(material(thesaurus)).encode()).hexdigest()[:12]


class Nearness:
    """Centres vectors by language, and tells how far each concept stands out for a vector."""

    def __init__(self, thesaurus: Thesaurus, source: VectorSource) -> None:
        """Take the vectors of the material from the source. Raises LackingError where some are missing."""
        texts = material(thesaurus)
        had = source.vectors(texts)
        if len(had) < len(texts):
            raise LackingError(
                f"{len(texts) - len(had)} of {len(texts)} vectors of {source.name} are not there"
            )
        by_language = {
            language: [had[one].astype(np.float64) for one in some]
            for language, some in reference_sentences().items()
        }
        sums = {language: np.sum(some, axis=0) for language, some in by_language.items()}
        means = [total / len(by_language[language]) for language, total in sums.items()]
        self._common: Wide = np.mean(means, axis=0)
        self._means = {
            language: (total + SHRINKING * self._common) / (len(by_language[language]) + SHRINKING)
            for language, total in sums.items()
        }
        self.size = len(self._common)
        self.concepts = tuple(thesaurus.concepts)
        terms = [had[terms_of(concept)].astype(np.float64) for concept in thesaurus.concepts.values()]
        middle = np.mean(terms, axis=0)
        self._matrix = np.array([_unit(term - middle) for term in terms])

    def centred(self, vector: Vector, language: str) -> Wide:
        """Take a language's mean from a vector (the common mean where the language is not known); length 1."""
        return _unit(vector.astype(np.float64) - self._means.get(language, self._common))

    def standing_out(self, centred: Wide) -> Wide:
        """Return by how many standard deviations each concept's nearness lies above the mean of all concepts."""
        near: Wide = self._matrix @ centred
        spread = float(near.std())
        out: Wide = (near - near.mean()) / spread if spread > 0.0 else np.zeros(len(near))
        return out


def _unit(vector: Wide) -> Wide:
    length = float(np.sqrt(np.sum(vector * vector)))
    return vector / length if length else vector
