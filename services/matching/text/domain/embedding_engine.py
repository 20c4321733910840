"""The text engine with an embedding beside the words: a concept may be there by its words or, weaker, by nearness."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from services.matching.text.domain.concept_engine import (
    Mention,
    Passage,
    Reading,
    TextEngine,
    engine_by_words,
)
from services.matching.text.domain.nearness import LackingError, Nearness, VectorSource, Wide, material_hash
from services.matching.text.domain.passages import (
    LONGEST_QUOTE,
    closely_read,
    pieces,
    sentences,
    shortened,
    units,
)
from services.matching.text.domain.read_texts import How, ReadTexts
from services.matching.text.domain.thesaurus import Thesaurus

EMBEDDING_VERSION = "1"
"""Changes when the same vectors would be read differently."""
MOST_NEAR = 6
"""Concepts that one text may have by nearness."""
FROM, FULL = 1.75, 4.25
"""A concept begins to count, and counts in full, when it stands out by so many standard deviations."""
STRONGEST = 0.7
"""The strength of a concept that counts in full by nearness; one by words has 1.0."""
LEAST = 0.1
_BESIDE = "+"


class EmbeddingEngine:
    """Concepts by their words, and by nearness of the text's vectors to the concepts' terms.

    Where the source computes nothing the vectors of those terms may not be there yet: take the engine from `at_hand`
    then, `vector_size` and `read` raise LackingError.
    """

    def __init__(self, thesaurus: Thesaurus, source: VectorSource, waits: bool = True) -> None:
        """Read by the vectors of a source; one that does not wait has none made for texts, and takes those known."""
        self._by_words = engine_by_words(thesaurus)
        self._source = source
        self._waits = waits
        self._read = ReadTexts()

    @property
    def name(self) -> str:
        """Return the name of the concepts' engine, the model's and a hash of what nearness rests on."""
        return (
            f"{self._by_words.name}{_BESIDE}{self._source.name}-{EMBEDDING_VERSION}-"
            f"{material_hash(self._by_words.thesaurus)}"
        )

    @property
    def model(self) -> str:
        """Return the name of the model whose vectors it reads."""
        return self._source.name

    @property
    def thesaurus(self) -> Thesaurus:
        """Return the concepts it knows."""
        return self._by_words.thesaurus

    def with_thesaurus(self, thesaurus: Thesaurus) -> EmbeddingEngine:
        """Return the same engine for other concepts."""
        return EmbeddingEngine(thesaurus, self._source)

    def at_hand(self) -> TextEngine:
        """Return this engine if all that nearness rests on is there by now, else the engine of the concepts alone.

        Both engines are the same objects each time, so that a reading tells which of the two made it.
        """
        try:
            self._nearness  # noqa: B018  # made now, or else next time
        except LackingError:
            return self._by_words
        return self

    @property
    def vector_size(self) -> int:
        """Return how many numbers a vector of the model has."""
        return self._nearness.size

    @cached_property
    def _nearness(self) -> Nearness:
        return Nearness(self.thesaurus, self._source)

    def prepare(self, texts: Iterable[str]) -> None:
        """Have the vectors of texts made in one go; reading them is quick then."""
        wanted = dict.fromkeys(unit for text in texts for unit in units(_embedded(text)))
        if self._waits:
            self._source.prepare(wanted)
        else:
            self._source.known(wanted)

    def without_waiting(self) -> EmbeddingEngine:
        """Return the same engine, which reads a text by its words until another one has had its vectors made."""
        return EmbeddingEngine(self.thesaurus, self._source, waits=False)

    def read_on(self, texts: Iterable[str], most: int) -> bool:
        """Have up to `most` more vectors of texts made, and say whether all of them are there now."""
        wanted = dict.fromkeys(unit for text in texts for unit in units(_embedded(text)))
        known = self._source.known(wanted)
        lacking = [unit for unit in wanted if unit not in known]
        if len(lacking) > most:
            self._source.prepare(lacking[:most])
            return False
        self._source.prepare(wanted)  # those that others lack, too
        return True

    def read(self, text: str, language: str, by_words: bool = False, closely: int | None = None) -> Reading:
        """Find the concepts of a text; `by_words`: without nearness.

        Nearness looks at the `closely` first characters, otherwise at what `MOST_OF_TEXT` allows. Where any of their
        vectors cannot be had, words must do, and the reading has no vector.
        """
        reading = self._by_words.read(text, language)
        if by_words:
            return reading
        beginning = _embedded(text) if closely is None else text[:closely]
        how = How(language, len(beginning))
        known = self._read.get(text, how)
        if known is not None:
            return known
        embedded = units(beginning)
        had = self._source.vectors(embedded) if self._waits else self._source.known(embedded)
        nearness = self._nearness
        if not embedded or len(had) < len(embedded):
            return reading

        def centred(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int, Wide]]:
            return [(start, end, nearness.centred(had[text[start:end]], language)) for start, end in spans]

        whole, parts = centred(pieces(beginning)), centred(sentences(beginning))
        passages = tuple(Passage(start, end, vector.astype(np.float32)) for start, end, vector in parts)
        total = np.sum([vector for _, _, vector in whole], axis=0)
        mean = (total / np.sqrt(np.sum(total * total))).astype(np.float32)
        near = self._near(reading, whole, parts)
        mentions = sorted([*reading.mentions, *near], key=lambda one: (one.start, one.end, one.concept))
        return self._read.add(Reading(text, language, tuple(mentions), mean, passages), how)

    def _near(
        self, reading: Reading, whole: list[tuple[int, int, Wide]], parts: list[tuple[int, int, Wide]]
    ) -> list[Mention]:
        """Return the concepts that stand out most, each with the beginning of the sentence that is nearest to it."""
        by_part = np.array([self._nearness.standing_out(vector) for _, _, vector in parts])
        by_whole = np.array([self._nearness.standing_out(vector) for _, _, vector in whole])
        # The whole text tells better what it is about, a sentence what it names in passing: both count alike.
        out = (by_whole.max(axis=0) + by_part.max(axis=0)) / 2.0
        said = reading.strongest()
        near = []
        for place in np.lexsort((np.arange(len(out)), -out))[:MOST_NEAR]:
            strength = round(STRONGEST * min(1.0, float((out[place] - FROM) / (FULL - FROM))), 2)
            concept = self._nearness.concepts[place]
            if strength < LEAST:
                break
            if concept in said and said[concept].strength >= strength:
                continue
            start, end, _ = parts[int(by_part[:, place].argmax())]
            start, end = shortened(reading.text, start, end, LONGEST_QUOTE)
            near.append(Mention(concept, reading.text[start:end], start, end, strength, near=True))
        return near


def has_embedding(engine_name: str) -> bool:
    """Say whether the engine of this name, as reports carry it, has an embedding beside the words."""
    return _BESIDE in engine_name


def _embedded(text: str) -> str:
    return text[: closely_read([text])[0]]
