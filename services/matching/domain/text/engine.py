"""Reading a text: which concepts it mentions, and in which words. A port, with the engine that needs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol

from services.matching.domain.text.folding import fold
from services.matching.domain.text.stems import StemMatcher
from services.matching.domain.text.thesaurus import Thesaurus, standard_thesaurus

READING_VERSION = "1"
"""Changes when the same thesaurus would be read differently: it is part of the engine's name in reports."""


@dataclass(frozen=True)
class Mention:
    """A concept in a text: `quote` is exactly `text[start:end]`; `strength` over 0 to 1, a plain mention 1.0."""

    concept: str
    quote: str
    start: int
    end: int
    strength: float


@dataclass(frozen=True)
class Reading:
    """A text and its mentions by place, then concept. `language` is ISO 639-1, or empty when not known."""

    text: str
    language: str
    mentions: tuple[Mention, ...]

    def strongest(self) -> dict[str, Mention]:
        """Give each concept's strongest mention; of equals the first."""
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

    def read(self, text: str, language: str) -> Reading:
        """Find the concepts of a text. The same text and language always give the same reading."""


class ConceptEngine:
    """Concepts by their words alone."""

    def __init__(self, thesaurus: Thesaurus) -> None:
        self._thesaurus = thesaurus
        self._matcher = StemMatcher(
            (one.id, language, stem) for one in thesaurus.concepts.values() for language, stem in one.stems
        )

    @property
    def name(self) -> str:
        """Give `concepts-<version>-<hash of the thesaurus>`."""
        return f"concepts-{READING_VERSION}-{self._thesaurus.content_hash}"

    @property
    def thesaurus(self) -> Thesaurus:
        """Give the concepts it knows."""
        return self._thesaurus

    def read(self, text: str, language: str) -> Reading:
        """Find the concepts whose stems stand in the text and are not ruled out there."""
        folded = fold(text)
        found = self._matcher.find(folded.text, language)
        ruled_out = [one for one in found if one.sign == 0.0]
        best: dict[tuple[int, int, str], float] = {}
        for one in found:
            if one.sign == 0.0 or any(
                out.key == one.key and out.start < one.end and one.start < out.end for out in ruled_out
            ):
                continue
            key = (*folded.span(one.start, one.end), one.key)
            best[key] = max(best.get(key, 0.0), one.sign)
        mentions = tuple(
            Mention(concept, text[start:end], start, end, strength)
            for (start, end, concept), strength in sorted(best.items())
        )
        return Reading(text, language, mentions)


@cache
def standard_engine() -> TextEngine:
    """Give the engine that is always there: the standard thesaurus by words."""
    return ConceptEngine(standard_thesaurus())
