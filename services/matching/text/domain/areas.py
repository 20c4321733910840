"""Focus areas of a text: those that were given, or else those its concepts lean to, with the words that led there."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.matching.text.domain.concept_engine import Mention, Reading
from services.matching.text.domain.thesaurus import Thesaurus, standard_thesaurus

LEAST = 0.35
"""A strength under this names no area."""
BESIDE = 0.45
"""A further area needs this share of the strongest one's evidence …"""
SURE = 1.5
"""… or as much evidence as one full mention and a half."""
AGAIN = 0.3
"""What a concept that is mentioned n times counts more: by this times ln(n)."""
WEAK_LEANINGS = 1.5
"""The power of a leaning: several slight ones do not make up for one that is strong."""


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
    readings: Iterable[Reading],
    given: Sequence[str],
    thesaurus: Thesaurus | None = None,
    shares: Iterable[float] | None = None,
) -> tuple[AreaFinding, ...]:
    """Do as `find_areas` for an organisation with several texts; `shares` (0..1): how far each text counts, else 1."""
    readings = list(readings)
    shared = zip(readings, shares if shares is not None else [1.0] * len(readings), strict=True)
    evidence, words = _weigh(
        [(mention, share * mention.strength) for reading, share in shared for mention in reading.mentions],
        thesaurus or standard_thesaurus(),
    )
    if given:
        return tuple(AreaFinding(code, 1.0, True, words.get(code, ())) for code in dict.fromkeys(given))
    most = max(evidence.values(), default=0.0)
    findings = [
        AreaFinding(code, strength_of(weight), False, words[code])
        for code, weight in evidence.items()
        if strength_of(weight) >= LEAST and (weight >= BESIDE * most or weight >= SURE)
    ]
    return tuple(sorted(findings, key=lambda finding: (-finding.strength, finding.code)))


def strength_of(evidence: float) -> float:
    """Turn summed leanings (0 and up; 1.0: one full mention) into a strength 0..1: 1 - exp(-evidence)."""
    return round(1.0 - math.exp(-evidence), 6)


def _weigh(
    mentions: Iterable[tuple[Mention, float]], thesaurus: Thesaurus
) -> tuple[dict[str, float], Mapping[str, tuple[str, ...]]]:
    """Sum the leanings of concepts, each by its strongest mention; often mentioned ones count somewhat more."""
    best: dict[str, tuple[Mention, float]] = {}
    times: Counter[str] = Counter()
    for mention, strength in mentions:
        times[mention.concept] += 1
        if mention.concept not in best or strength > best[mention.concept][1]:
            best[mention.concept] = mention, strength
    evidence: dict[str, float] = {}
    words: dict[str, list[tuple[float, str]]] = {}
    for concept, (mention, strength) in sorted(best.items()):
        often = 1.0 + AGAIN * math.log(times[concept])
        for code, leaning in thesaurus.concepts[concept].areas.items():
            weight = leaning**WEAK_LEANINGS * strength * often
            evidence[code] = evidence.get(code, 0.0) + weight
            words.setdefault(code, []).append((-weight, mention.quote))
    return evidence, {
        code: tuple(dict.fromkeys(q for _, q in sorted(found))) for code, found in words.items()
    }
