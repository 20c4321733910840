"""Reading a text: which concepts it mentions, and in which words. A port, with the engine that needs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from services.matching.text.domain.read_texts import How, ReadTexts
from services.matching.text.domain.spans import Spans
from services.matching.text.domain.stems import StemMatcher
from services.matching.text.domain.thesaurus import Thesaurus, standard_thesaurus
from shared.words.folding import fold

READING_VERSION = "1"
"""Changes when the same thesaurus would be read differently: it is part of the engine's name in reports."""


@dataclass(frozen=True)
class Mention:
    """A concept in a text: `quote` is exactly `text[start:end]`; `strength` over 0 to 1, a plain mention 1.0.

    `near`: no word says it; the quoted sentence stands near the concept's terms.
    """

    concept: str
    quote: str
    start: int
    end: int
    strength: float
    near: bool = False


@dataclass(frozen=True, eq=False)
class Passage:
    """A sentence of a text, `text[start:end]`, with its vector of length 1, comparable across languages."""

    start: int
    end: int
    vector: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Reading:
    """A text and its mentions by place, then concept. `language` is ISO 639-1, or empty when not known.

    Where the engine has an embedding, `vector` is the whole text's, of length 1, and `passages` are its sentences.
    """

    text: str
    language: str
    mentions: tuple[Mention, ...]
    vector: npt.NDArray[np.float32] | None = field(default=None, compare=False)
    passages: tuple[Passage, ...] = field(default=(), compare=False)

    def strongest(self) -> dict[str, Mention]:
        """Return each concept's strongest mention; of equals the first."""
        best: dict[str, Mention] = {}
        for mention in self.mentions:
            if mention.concept not in best or mention.strength > best[mention.concept].strength:
                best[mention.concept] = mention
        return best


class TextEngine(Protocol):
    """What reads texts. The same name promises the same readings, so the name carries a hash of all it rests on."""

    @property
    def name(self) -> str:
        """Its name with a content hash, as reports carry it."""

    @property
    def thesaurus(self) -> Thesaurus:
        """The concepts it knows."""

    def __hash__(self) -> int:
        """Engines are kept in caches."""

    @property
    def vector_size(self) -> int:
        """The numbers in a text's vector; 0 where there is no embedding."""

    def prepare(self, texts: Iterable[str]) -> None:
        """Be told which texts are about to be read."""

    def read(self, text: str, language: str, by_words: bool = False, closely: int | None = None) -> Reading:
        """Find the concepts of a text. The same arguments always lead to the same reading.

        `by_words`: only what its words say, and no vector. `closely`: so many characters from its beginning are
        embedded, as `passages.closely_read` says for the texts of an organisation.
        """


class ConceptEngine:
    """Concepts by their words alone."""

    def __init__(self, thesaurus: Thesaurus) -> None:
        self._thesaurus = thesaurus
        self._read = ReadTexts()
        self._matcher = StemMatcher(
            (one.id, language, stem) for one in thesaurus.concepts.values() for language, stem in one.stems
        )

    @property
    def name(self) -> str:
        """Return `concepts-<version>-<hash of the thesaurus>`."""
        return f"concepts-{READING_VERSION}-{self._thesaurus.content_hash}"

    @property
    def thesaurus(self) -> Thesaurus:
        """Return the concepts it knows."""
        return self._thesaurus

    @property
    def vector_size(self) -> int:
        """Return 0: words have no vector."""
        return 0

    def prepare(self, texts: Iterable[str]) -> None:
        """Do nothing: words are read at once."""

    def read(self, text: str, language: str, by_words: bool = False, closely: int | None = None) -> Reading:
        """Find the concepts whose stems stand in the text and are not ruled out there."""
        how = How(language)
        return self._read.get(text, how) or self._read.add(self._find(text, language), how)

    def _find(self, text: str, language: str) -> Reading:
        folded = fold(text)
        found = self._matcher.find(folded.text, language)
        no_more: dict[str, list[tuple[int, int]]] = {}
        for one in found:
            if one.sign == 0.0:
                no_more.setdefault(one.key, []).append((one.start, one.end))
        ruled_out = {key: Spans(spans) for key, spans in no_more.items()}
        best: dict[tuple[int, int, str], float] = {}
        for one in found:
            if one.sign == 0.0 or (one.key in ruled_out and ruled_out[one.key].touch(one.start, one.end)):
                continue
            key = (*folded.span(one.start, one.end), one.key)
            best[key] = max(best.get(key, 0.0), one.sign)
        mentions = tuple(
            Mention(concept, text[start:end], start, end, strength)
            for (start, end, concept), strength in sorted(best.items())
        )
        return Reading(text, language, mentions)


@cache
def standard_engine() -> ConceptEngine:
    """Return the engine that is always there: the standard thesaurus by words."""
    return ConceptEngine(standard_thesaurus())


def engine_by_words(thesaurus: Thesaurus) -> ConceptEngine:
    """Return an engine for a thesaurus; the standard one's is made once a process, for it takes a third of a second."""
    return standard_engine() if thesaurus is standard_thesaurus() else ConceptEngine(thesaurus)
