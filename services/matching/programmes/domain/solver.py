"""The programme as a model for a solver: which placement each session gets, if any, best by one aim after the other.

Solved by CP-SAT of OR-Tools with one thread, a fixed seed and a bound on deterministic time: the same problem gives
the same answer on every run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.matching.programmes.domain.limits import Option, limits_of, options_of
from services.matching.programmes.domain.problem import (
    Placement,
    Placements,
    Problem,
    Wanted,
    interpreters_of,
)

Worth = Callable[[Wanted, Placement], int]
"""What a placement is worth under one aim; a session that is not placed is worth 0."""

EFFORT = 1.5
"""Deterministic time (its unit takes about a second) that one aim may take before the best found is taken as it is."""
SEED = 1


@dataclass(frozen=True)
class Solved:
    """Where sessions stand; `proved` when no programme is better by any aim."""

    placements: Mapping[str, Placement]
    proved: bool


def solve(
    problem: Problem,
    allowed: Mapping[str, Sequence[Placement]],
    aims: Sequence[Worth],
    start: Placements | None = None,
    effort: float = EFFORT,
) -> Solved:
    """Place sessions at allowed placements without a clash, by the aims: the first as well as can be, then the next.

    `problem` must be in order (`Problem.in_order`). `start` is a programme without a clash to begin with. `effort`
    bounds the deterministic time of each aim; where that is not enough, later aims are left and the best that was
    found is returned, which is never worse than `start`.
    """
    # Brought when it is needed: the import takes half a second.
    from ortools.sat.python import cp_model

    options = options_of(problem, allowed)
    if not options:
        return Solved({}, True)
    limits = list(limits_of(problem, options))
    worths = [worth for aim in aims if any(worth := [aim(one.one, one.at) for one in options])]
    chosen = _chosen(problem, options, limits, worths, start)
    model = cp_model.CpModel()
    variables = [model.new_bool_var("") for _option in options]
    for group, most in limits:
        if most == 1:
            model.add_at_most_one(variables[place] for place in group)
        else:
            model.add(sum(variables[place] for place in group) <= most)
    for worth in worths:
        total = sum(value * variable for value, variable in zip(worth, variables, strict=True) if value)
        model.clear_hints()  # type: ignore[no-untyped-call]
        for variable, was in zip(variables, chosen, strict=True):
            model.add_hint(variable, was)
        model.maximize(total)
        solver = _solver(effort)
        status = solver.solve(model)
        best = _sum(worth, chosen)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) and round(solver.objective_value) >= best:
            chosen = [solver.boolean_value(variable) for variable in variables]
            best = _sum(worth, chosen)
        if status != cp_model.OPTIMAL:
            return Solved(_placements(options, chosen), False)
        model.add(total == best)
    return Solved(_placements(options, chosen), True)


def _solver(effort: float) -> Any:
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.max_deterministic_time = effort
    # Both cost more than they bring here: most of the effort went into them.
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.symmetry_level = 0
    solver.parameters.linearization_level = 2
    return solver


def _sum(worth: Sequence[int], chosen: Sequence[bool]) -> int:
    return sum(value for value, was in zip(worth, chosen, strict=True) if was)


def _placements(options: Sequence[Option], chosen: Sequence[bool]) -> dict[str, Placement]:
    return {one.one.id: one.at for one, was in zip(options, chosen, strict=True) if was}


def _chosen(
    problem: Problem,
    options: Sequence[Option],
    limits: Sequence[tuple[Sequence[int], int]],
    worths: Sequence[Sequence[int]],
    start: Placements | None,
) -> list[bool]:
    """Choose options one by one where they still go with those chosen: of `start`, or the most worth a minute first."""
    within: list[list[int]] = [[] for _option in options]
    for number, (group, _most) in enumerate(limits):
        for place in group:
            within[place].append(number)
    left = [most for _group, most in limits]
    chosen = [False] * len(options)
    interpreters = interpreters_of(problem, start or {}) or {}

    def key(place: int) -> tuple[bool, list[float], int]:
        one = options[place]
        stands = (start or {}).get(one.one.id) == one.at and one.number in (-1, interpreters.get(one.one.id))
        return not stands, [-worth[place] / one.one.minutes for worth in worths], place

    for place in sorted(range(len(options)), key=key):
        if all(left[number] for number in within[place]):
            chosen[place] = True
            for number in within[place]:
                left[number] -= 1
    return chosen
