"""What a scoring policy may say: the range of each rule, and weights as points that sum to 100."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from services.matching.i18n import N_
from services.matching.refusals import Refusal, RefusedError
from services.matching.scoring.domain.policy import RULES, STANDARD_WEIGHTS, Range, ScoringPolicy
from services.matching.scoring.domain.selection import BY_WORDS
from shared.faults import Fault

PARTS = tuple(STANDARD_WEIGHTS)
"""The parts that have a weight."""

MOST_WEIGHT = 1000.0
"""The largest number that a weight may be given as, before it is scaled."""

LONGEST_SHOWN = 15
"""Digits of a whole number that a fault shows."""


def make_policy(version: int, weights: Mapping[str, float], rules: Mapping[str, float]) -> ScoringPolicy:
    """Make a policy of checked weights and rules; a rule that is not given is the standard one.

    Weights are shares: they are scaled to sum to 100, to 2 decimals. Raises RefusedError invalid with a fault for each
    wrong field.
    """
    faults = [*_weight_faults(weights), *_rule_faults(rules)]
    if faults:
        raise _refused(faults)
    read = {name: int(value) if RULES[name].whole else float(value) for name, value in rules.items()}
    policy = ScoringPolicy(version=version, weights=scaled(weights), **read)  # type: ignore[arg-type]
    faults = _faults_together(policy)
    if faults:
        raise _refused(faults)
    return policy


def _refused(faults: Sequence[Fault]) -> RefusedError:
    return RefusedError(Refusal.INVALID, N_("The weights or rules cannot be used."), faults=faults)


def scaled(weights: Mapping[str, float]) -> dict[str, float]:
    """Scale weights to sum to exactly 100.00, at 2 decimals; those that do already stay as they are.

    Hundredths that rounding down leaves go to the parts that lost most (largest remainder, ties by name).
    """
    total = math.fsum(weights.values())
    exact = {part: weights[part] / total * 10_000 for part in PARTS}
    floors = {part: math.floor(exact[part] + 1e-6) for part in PARTS}
    left = 10_000 - sum(floors.values())
    for part in sorted(PARTS, key=lambda part: (floors[part] - exact[part], part))[:left]:
        floors[part] += 1
    return {part: floors[part] / 100 for part in PARTS}


def _weight_faults(weights: Mapping[str, float]) -> list[Fault]:
    faults = []
    for part in PARTS:
        if part not in weights:
            faults.append(Fault(f"weights.{part}", "has no points", "give it points, 0 for none"))
        elif not _fits(weights[part], Range(0, MOST_WEIGHT)):
            values = {"given": _shown(weights[part]), "high": f"{MOST_WEIGHT:g}"}
            fix = "give it a number from 0 to %(high)s"
            faults.append(Fault(f"weights.{part}", "%(given)s is no weight", fix, values))
    values = {"parts": ", ".join(PARTS)}
    for part in sorted(set(weights) - set(PARTS)):
        faults.append(Fault(f"weights.{part}", "is no part of a score", "the parts are %(parts)s", values))
    if not faults and not any(weights.values()):
        faults.append(Fault("weights", "all parts have no points", "give at least one of them points"))
    return faults


def _rule_faults(rules: Mapping[str, float]) -> list[Fault]:
    faults = []
    for name, value in rules.items():
        if name not in RULES:
            values: dict[str, object] = {"rules": ", ".join(RULES)}
            faults.append(Fault(name, "is no rule of a policy", "the rules are %(rules)s", values))
        elif not _fits(value, RULES[name]):
            given: dict[str, object] = {
                "given": _shown(value), "low": f"{RULES[name].low:g}", "high": f"{RULES[name].high:g}"
            }  # fmt: skip
            whole = "give a whole number from %(low)s to %(high)s"
            fix = whole if RULES[name].whole else "give a number from %(low)s to %(high)s"
            faults.append(Fault(name, "%(given)s is out of range", fix, given))
    return faults


def _faults_together(policy: ScoringPolicy) -> list[Fault]:
    """Return what is wrong between fields that are right by themselves."""
    faults = []
    by_words = round(sum(policy.weights[part] for part in BY_WORDS), 2)
    values: dict[str, object] = {
        "least": f"{policy.least_words:g}", "words": f"{by_words:g}", "most": policy.most_matches,
    }  # fmt: skip
    if policy.opening_words < policy.least_words:
        fix = "give at least %(least)s, or lower the fewest points by words (least_words)"
        faults.append(Fault("opening_words", "is less than every match needs", fix, values))
    if max(policy.opening_words, policy.least_words) > by_words:
        field = "opening_words" if policy.opening_words > by_words else "least_words"
        fix = "give at most %(words)s, or concepts and text more weight"
        faults.append(Fault(field, "is more than words can give (%(words)s points)", fix, values))
    if policy.candidates < policy.most_matches:
        fix = "give at least %(most)s, or lower the most matches (most_matches)"
        faults.append(Fault("candidates", "is less than the matches a report may hold", fix, values))
    return faults


def _shown(value: object) -> str:
    """Write a value as it was sent; one of many digits in a few."""
    if isinstance(value, int) and abs(value) >= 10**LONGEST_SHOWN:
        return f"{Decimal(value):.2e}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _fits(value: object, within: Range) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # The range comes first: no infinity is in one, and int() takes none.
    return within.low <= value <= within.high and not (within.whole and value != int(value))
