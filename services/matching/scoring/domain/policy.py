"""The scoring policy: the versioned weights and rules that staff stand behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

STANDARD_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"concepts": 45.0, "text": 25.0, "areas": 20.0, "kind": 10.0}
)
"""Points out of 100 that each part may give in the direction *company serves need*."""


@dataclass(frozen=True)
class ScoringPolicy:
    """Weights and rules of one version.

    `weights` are points per part and sum to 100; a match under `floor` points is no match; a report holds
    at most `most_matches` per need and role, and no match that scores under `tail` of the need's best.
    `candidates` companies per need are looked at closely. A partner that is known to serve the company's aims with
    less than `weak_direction` of 100 keeps the score at `weak_cap` or under. Two that were introduced to each other
    within `rest_days` days are marked.

    A match needs at least `least_words` points from the parts that words give (concepts, text): ticked areas and a
    fitting kind alone, 20 + 10 at most, are what a tick-box knows, and swamp people with meetings. One match of a need
    must have `opening_words` of them, else the need has no good match: weak ones only go along with a sound one.
    """

    version: int = 1
    weights: Mapping[str, float] = field(default_factory=lambda: STANDARD_WEIGHTS)
    floor: float = 40.0
    tail: float = 0.55
    least_words: float = 10.0
    opening_words: float = 20.0
    most_matches: int = 10
    candidates: int = 40
    weak_direction: float = 40.0
    weak_cap: float = 44.0
    rest_days: int = 365


STANDARD_POLICY = ScoringPolicy()


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both included; `whole`: whole numbers only."""

    low: float
    high: float
    whole: bool = False


RULES: Mapping[str, Range] = MappingProxyType(
    {
        "floor": Range(0, 100),
        "tail": Range(0, 1),
        "least_words": Range(0, 100),
        "opening_words": Range(0, 100),
        "most_matches": Range(1, 50, whole=True),
        "candidates": Range(1, 500, whole=True),
        # What is not known counts 50: a higher threshold would punish it.
        "weak_direction": Range(0, 50),
        "weak_cap": Range(0, 100),
        "rest_days": Range(0, 3650, whole=True),
    }
)
"""Every rule of a policy with its range."""


def policy_to_json(policy: ScoringPolicy) -> dict[str, Any]:
    """Return a policy's weights and rules, all but its version: `{"weights": {...}, "floor": ..., ...}`."""
    return {"weights": dict(policy.weights), **{name: getattr(policy, name) for name in RULES}}
