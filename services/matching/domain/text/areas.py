"""Focus areas of a text: those that were given, or else those its concepts lean to, with the words that led there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.matching.domain.text.engine import Mention, Reading
from services.matching.domain.text.thesaurus import Thesaurus, standard_thesaurus

LEAST = 0.45
"""A strength under this names no area."""
BESIDE = 0.5
"""A further area needs this share of the strongest one's evidence."""


@dataclass(frozen=True)
class AreaFinding:
    """One area; `strength` 0..1 (given: 1.0); `words` are quotes from the text that lean to it, strongest first."""

    code: str
    strength: float
    given: bool
    words: tuple[str, ...]


def find_areas(
    reading: Reading, given: Sequence[str], thesaurus: Thesaurus | None = None
) -> tuple[AreaFinding, ...]:
    """Keep the given areas as given; where none is given, infer several or none, strongest first."""
    return areas_of([reading], given, thesaurus)


def areas_of(
    readings: Iterable[Reading], given: Sequence[str], thesaurus: Thesaurus | None = None
) -> tuple[AreaFinding, ...]:
    """Do as `find_areas` for an organisation with several texts."""
    evidence, words = _weigh(
        [m for reading in readings for m in reading.mentions], thesaurus or standard_thesaurus()
    )
    if given:
        return tuple(AreaFinding(code, 1.0, True, words.get(code, ())) for code in dict.fromkeys(given))
    most = max(evidence.values(), default=0.0)
    findings = [
        AreaFinding(code, strength_of(weight), False, words[code])
        for code, weight in evidence.items()
        if strength_of(weight) >= LEAST and weight >= BESIDE * most
    ]
    return tuple(sorted(findings, key=lambda finding: (-finding.strength, finding.code)))


def strength_of(evidence: float) -> float:
    """Turn summed leanings (0 and up; 1.0: one full mention) into a strength 0..1: 1 - exp(-evidence)."""
    return round(1.0 - math.exp(-evidence), 6)


def _weigh(
    mentions: Iterable[Mention], thesaurus: Thesaurus
) -> tuple[dict[str, float], Mapping[str, tuple[str, ...]]]:
    """Sum each concept's leaning once, however often it is mentioned."""
    best: dict[str, Mention] = {}
    for mention in mentions:
        if mention.concept not in best or mention.strength > best[mention.concept].strength:
            best[mention.concept] = mention
    evidence: dict[str, float] = {}
    words: dict[str, list[tuple[float, str]]] = {}
    for concept, mention in sorted(best.items()):
        for code, leaning in thesaurus.concepts[concept].areas.items():
            weight = leaning * mention.strength
            evidence[code] = evidence.get(code, 0.0) + weight
            words.setdefault(code, []).append((-weight, mention.quote))
    return evidence, {
        code: tuple(dict.fromkeys(q for _, q in sorted(found))) for code, found in words.items()
    }
