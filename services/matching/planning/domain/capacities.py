"""Introductions under capacities on both sides: of all plans the one with the greatest summed score, exactly.

A flow of least cost: from each company, at most its capacity, over pairs that carry one at most, to each request, at
most its capacity. What the flow leaves out goes past the pairs at no cost, so a pair is taken only where it adds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

FIXED_POINT = 100
"""Scores are planned with in hundredths, the two decimals that reports carry."""

_WIDEST = 2**60
"""The solver counts costs times nodes in 64 bits."""


@dataclass(frozen=True)
class Pair:
    """A company that may be introduced for a request; `score` 0 or more, of two decimals."""

    company: str
    request: str
    score: float


class Full(StrEnum):
    """What stands in the way of a pair: a capacity that is used up, or that the two meet for another request."""

    COMPANY = "company"
    REQUEST = "request"
    PARTNER = "partner"
    MET = "met"


@dataclass(frozen=True)
class LeftOut:
    """A pair that is not in a plan, and what stands in its way.

    `full` is empty only for a score of nothing.
    """

    pair: Pair
    full: tuple[Full, ...]


@dataclass(frozen=True)
class Partners:
    """Which partner a request is of, and how many introductions a partner takes where that is limited."""

    of: Mapping[str, str]
    capacity: Mapping[str, int]


def plan_introductions(
    pairs: Sequence[Pair],
    company_capacity: Mapping[str, int],
    request_capacity: Mapping[str, int],
    partners: Partners | None = None,
) -> list[Pair]:
    """Choose the pairs with the greatest summed score, by request, score and company; exact.

    A company gets at most its capacity and a request at most its own (none where a mapping does not name it). With
    `partners`, a company meets a partner once, for whichever of its requests, and a partner with a capacity gets no
    more than that. Of plans with the same sum, pairs that come earlier by request and company are preferred as long as
    the solver's numbers have room for it; the order of the pairs changes nothing. Raises ValueError when a pair comes
    twice or a score or a capacity is negative.
    """
    ordered = sorted(pairs, key=lambda one: (one.request, one.company))
    if len({(one.request, one.company) for one in ordered}) < len(ordered):
        raise ValueError("a pair of company and request comes twice")
    companies, company_at = _numbered([one.company for one in ordered])
    requests, request_at = _numbered([one.request for one in ordered])
    wanted = None
    if partners is not None:
        owners, partner_at = _numbered([partners.of[one] for one in requests])
        unlimited = len(ordered)
        wanted = (partner_at, _array(min(partners.capacity.get(one, unlimited), unlimited) for one in owners))
    chosen = best_pairs(
        company_at,
        request_at,
        in_points([one.score for one in ordered]),
        _array(company_capacity.get(one, 0) for one in companies),
        _array(request_capacity.get(one, 0) for one in requests),
        wanted,
    )
    return sorted((ordered[at] for at in chosen), key=lambda one: (one.request, -one.score, one.company))


def best_pairs(
    company: Numbers,
    request: Numbers,
    points: Numbers,
    company_capacity: Numbers,
    request_capacity: Numbers,
    partners: tuple[Numbers, Numbers] | None = None,
) -> Numbers:
    """Choose places of pairs, in order, with the greatest sum of `points`; what `plan_introductions` rests on.

    Pairs are rows of `company` and `request` (places in the capacities), each pair once. `partners` are the partner of
    each request and the capacity of each partner. Of equal sums, earlier places are preferred (the smallest sum of
    places) where points times flow times nodes stay below `_WIDEST`, and any are taken otherwise. Raises ValueError
    for negative points or capacities, RuntimeError when the solver gives up.
    """
    if not len(points):
        return np.zeros(0, dtype=np.int64)
    if points.min() < 0 or min(company_capacity.min(), request_capacity.min()) < 0:
        raise ValueError("scores and capacities are 0 or more")
    pairs, meetings = len(points), _meetings(company, request, partners)
    first_request = len(company_capacity)
    first_partner = first_request + len(request_capacity)
    first_meeting = first_partner + (0 if partners is None else len(partners[1]))
    source = first_meeting + meetings.count
    sink = source + 1
    flow = int(min(company_capacity.sum(), request_capacity.sum(), pairs))
    every_company, every_request = np.arange(first_request), np.arange(first_request, first_partner)
    # Each row: tails, heads, capacities of arcs. The pairs come first, and they alone cost.
    arcs: list[tuple[Numbers, Numbers, Numbers]] = [
        (
            np.where(meetings.of < 0, company, first_meeting + meetings.of),
            first_request + request,
            np.ones(pairs, dtype=np.int64),
        ),
        (np.full(first_request, source), every_company, company_capacity),
        (np.array([source]), np.array([sink]), np.array([flow])),
        (meetings.companies, first_meeting + np.arange(meetings.count), np.ones(meetings.count, np.int64)),
    ]
    if partners is None:
        arcs.append((every_request, np.full(len(every_request), sink), request_capacity))
    else:
        every_partner = np.arange(first_partner, first_meeting)
        arcs.append((every_request, first_partner + partners[0], request_capacity))
        arcs.append((every_partner, np.full(len(every_partner), sink), partners[1]))
    tails, heads, capacities = (np.concatenate(column).astype(np.int64) for column in zip(*arcs, strict=True))
    costs = np.zeros(len(tails), dtype=np.int64)
    costs[:pairs] = _costs(points, flow, nodes=sink + 1)
    return np.flatnonzero(_flows(tails, heads, capacities, costs, source, sink, flow)[:pairs])


def in_points(scores: Sequence[float]) -> Numbers:
    """Turn scores into whole hundredths."""
    return np.rint(np.asarray(scores, dtype=np.float64) * FIXED_POINT).astype(np.int64)


def left_out(
    pairs: Sequence[Pair],
    plan: Sequence[Pair],
    company_capacity: Mapping[str, int],
    request_capacity: Mapping[str, int],
    partners: Partners | None = None,
) -> list[LeftOut]:
    """Return the pairs that a plan does not take, by request, score and company, and what is full for each."""
    of: Mapping[str, str] = partners.of if partners else {}
    taken = {(one.company, one.request) for one in plan}
    met = {(one.company, of.get(one.request, one.request)) for one in plan}
    companies, requests = Counter(one.company for one in plan), Counter(one.request for one in plan)
    owners = Counter(of.get(one.request, one.request) for one in plan)
    found = []
    for pair in sorted(pairs, key=lambda one: (one.request, -one.score, one.company)):
        if (pair.company, pair.request) in taken:
            continue
        owner = of.get(pair.request, pair.request)
        most = partners.capacity.get(owner) if partners else None
        ways = {
            Full.COMPANY: companies[pair.company] >= company_capacity.get(pair.company, 0),
            Full.REQUEST: requests[pair.request] >= request_capacity.get(pair.request, 0),
            Full.PARTNER: most is not None and owners[owner] >= most,
            Full.MET: (pair.company, owner) in met,
        }
        found.append(LeftOut(pair, tuple(name for name, full in ways.items() if full)))
    return found


@dataclass(frozen=True)
class _Meetings:
    """Companies that could meet one partner for several requests: a node each. `of` a pair: its node, or -1."""

    of: Numbers
    companies: Numbers

    @property
    def count(self) -> int:
        return len(self.companies)


def _meetings(company: Numbers, request: Numbers, partners: tuple[Numbers, Numbers] | None) -> _Meetings:
    if partners is None:
        return _Meetings(np.full(len(company), -1), np.zeros(0, dtype=np.int64))
    both = company.astype(np.int64) * len(partners[1]) + partners[0][request]
    kinds, kind, count = np.unique(both, return_inverse=True, return_counts=True)
    several = count > 1
    number = np.where(several, np.cumsum(several) - 1, -1)
    return _Meetings(number[kind], kinds[several] // len(partners[1]))


def _costs(points: Numbers, flow: int, nodes: int) -> Numbers:
    """Return the cost of each pair: its points first, and where the numbers have room for it, its place after that."""
    pairs = len(points)
    apart = flow * pairs + 1
    if (int(points.max()) * apart + pairs) * nodes >= _WIDEST:
        return -points
    return np.arange(pairs) - points * apart


def _flows(
    tails: Numbers, heads: Numbers, capacities: Numbers, costs: Numbers, source: int, sink: int, flow: int
) -> Numbers:
    # Brought when it is needed: the import takes as long as a plan.
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow  # type: ignore[import-untyped]

    solver = SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(tails, heads, capacities, costs)
    solver.set_node_supply(source, flow)
    solver.set_node_supply(sink, -flow)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise RuntimeError(f"the plan could not be solved: {status}")
    flows: Numbers = solver.flows(arcs)
    return flows


def _numbered(names: Sequence[str]) -> tuple[list[str], Numbers]:
    """Return the names once, sorted, and each name's place among them."""
    known = sorted(set(names))
    place = {name: at for at, name in enumerate(known)}
    return known, _array(place[name] for name in names)


def _array(numbers: Iterable[int]) -> Numbers:
    return np.fromiter(numbers, dtype=np.int64)
