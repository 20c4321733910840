"""Whom to introduce over many requests at once: the pairs of the match graph, what bars some, and the best plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import networkx as nx

from services.matching.introductions.domain.introductions import NOT_UNASKED
from services.matching.planning.domain.capacities import Full, Pair, Partners, left_out, plan_introductions
from services.matching.scoring.domain.flags import FlagCode
from services.matching.scoring.domain.history import PastIntroduction

TWELVE_MONTHS = timedelta(days=365)
"""The time over which capacities and calls are counted."""

INTRODUCED, ALREADY_INTRODUCED, REJECTED = "introduced", "already_introduced", "rejected"
BARS = (INTRODUCED, *NOT_UNASKED, REJECTED)
"""What keeps a pair out of every plan, the first that holds: introduced for this request, introduced to each other
within the policy's time of rest, a flag of the report, or staff rejected all of its matches."""


@dataclass(frozen=True)
class Candidate:
    """A company that matches a request in one need or more.

    `role` and `score` are those of its best match; `match_ids` (best first) are those that staff have not rejected, all
    of them where they rejected all. `bar` is one of `BARS`, or empty.
    """

    company: str
    request: str
    partner: str
    role: str
    score: float
    match_ids: tuple[str, ...]
    network: bool
    bar: str = ""

    @property
    def pair(self) -> Pair:
        """Return the pair that is planned with."""
        return Pair(self.company, self.request, self.score)


@dataclass(frozen=True)
class Standing:
    """What stands beside the reports, as of `at` (aware).

    `companies` and `partners` are the active ones with their capacity (introductions in twelve months; None: not
    given); `introductions` those that were approved and not cancelled; `rejected` as (request id, match id). Two that
    were introduced to each other within `rest_days` rest, as the scoring policy says.
    """

    at: datetime
    companies: Mapping[str, int | None]
    partners: Mapping[str, int | None]
    introductions: Sequence[PastIntroduction] = ()
    rejected: Collection[tuple[str, str]] = frozenset()
    rest_days: int = TWELVE_MONTHS.days

    def recent(self, within: timedelta = TWELVE_MONTHS) -> list[PastIntroduction]:
        """Return the introductions of the last twelve months, or of another time."""
        return [one for one in self.introductions if self.at - within < one.at <= self.at]


@dataclass(frozen=True)
class Limits:
    """How much may be planned: introductions a request, and a company's capacity where its profile gives none."""

    per_request: int = 3
    company_capacity: int = 6


@dataclass(frozen=True)
class Capacities:
    """What each side still takes, by id."""

    companies: Mapping[str, int]
    requests: Mapping[str, int]
    partners: Partners


@dataclass(frozen=True)
class IntroductionPlan:
    """A plan: who meets whom, who is left out with what is full, who is barred, and what each request would take alone.

    `alone` is the best of each request by itself, within the request's capacity, whatever the companies can take.
    """

    planned: tuple[Candidate, ...]
    left_out: tuple[tuple[Candidate, tuple[Full, ...]], ...]
    barred: tuple[Candidate, ...]
    alone: tuple[Candidate, ...]
    left: Capacities = field(repr=False)

    @property
    def score(self) -> float:
        """Return the summed score."""
        return round(sum(one.score for one in self.planned), 2)


def candidates(graph: nx.Graph[str], standing: Standing, role: str | None = None) -> list[Candidate]:
    """List the pairs of a match graph by request and report order, those of one role where one is named.

    Companies that are not active (any more) are left out.
    """
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for node in graph:
        if graph.nodes[node]["kind"] != "need":
            continue
        for other, edge in graph.adj[node].items():
            company = other.removeprefix("company:")
            if edge["kind"] == "match" and company in standing.companies and role in (None, edge["role"]):
                found.setdefault((graph.nodes[node]["request"], company), []).append((node, other))
    resting = standing.recent(timedelta(days=standing.rest_days))
    pairs = {(one.company_id, one.partner_id) for one in resting}
    requests = {(one.company_id, one.request_id) for one in standing.introductions}
    made = [
        _candidate(graph, request, company, edges, standing.rejected, pairs, requests)
        for (request, company), edges in found.items()
    ]
    return sorted(made, key=lambda one: (one.request, *_order(one)))


def capacities_left(
    pairs: Sequence[Candidate], standing: Standing, limits: Limits, requests: Iterable[str] = ()
) -> Capacities:
    """Return what companies, requests and partners of these pairs still take after what is approved already.

    `requests` are those without a pair that are to be named, too.
    """
    recent = standing.recent()
    companies = Counter(one.company_id for one in recent)
    partners = Counter(one.partner_id for one in recent)
    approved = Counter(one.request_id for one in standing.introductions)

    def of_company(company: str) -> int:
        given = standing.companies.get(company)
        return max(0, (limits.company_capacity if given is None else given) - companies[company])

    return Capacities(
        {one.company: of_company(one.company) for one in pairs},
        {
            one: max(0, limits.per_request - approved[one])
            for one in sorted({*requests, *(pair.request for pair in pairs)})
        },
        Partners(
            {one.request: one.partner for one in pairs},
            {
                partner: max(0, most - partners[partner])
                for partner, most in standing.partners.items()
                if most is not None
            },
        ),
    )


def plan(pairs: Sequence[Candidate], left: Capacities) -> IntroductionPlan:
    """Plan with the pairs that nothing bars: members for the greatest summed score, then network companies likewise.

    As in reports, network companies come after members: they get what members leave.
    """
    free = [one for one in pairs if not one.bar]
    known = {(one.company, one.request): one for one in free}
    taken = _planned([one.pair for one in free if not one.network], left)
    taken += _planned([one.pair for one in free if one.network], _less(left, taken))
    missing = left_out([one.pair for one in free], taken, left.companies, left.requests, left.partners)
    places: Counter[str] = Counter()
    alone = []
    for one in sorted(free, key=lambda one: (one.request, *_order(one))):
        places[one.request] += 1
        if places[one.request] <= left.requests[one.request]:
            alone.append(one)
    planned = (known[one.company, one.request] for one in taken)
    return IntroductionPlan(
        tuple(sorted(planned, key=lambda one: (one.request, *_order(one)))),
        tuple((known[one.pair.company, one.pair.request], one.full) for one in missing),
        tuple(one for one in pairs if one.bar),
        tuple(alone),
        left,
    )


def _planned(pairs: list[Pair], left: Capacities) -> list[Pair]:
    return plan_introductions(pairs, left.companies, left.requests, left.partners)


def _less(left: Capacities, taken: Sequence[Pair]) -> Capacities:
    """Return what is left after some pairs are taken."""

    def reduced(capacity: Mapping[str, int], of: Callable[[Pair], str]) -> dict[str, int]:
        used = Counter(of(one) for one in taken)
        return {name: most - used[name] for name, most in capacity.items()}

    partners = Partners(
        left.partners.of, reduced(left.partners.capacity, lambda one: left.partners.of[one.request])
    )
    return Capacities(
        reduced(left.companies, lambda one: one.company),
        reduced(left.requests, lambda one: one.request),
        partners,
    )


def _order(one: Candidate) -> tuple[bool, float, str]:
    return one.network, -one.score, one.company


def _candidate(
    graph: nx.Graph[str],
    request: str,
    company: str,
    edges: Sequence[tuple[str, str]],
    rejected: Collection[tuple[str, str]],
    pairs: Collection[tuple[str, str]],
    requests: Collection[tuple[str, str]],
) -> Candidate:
    matches = sorted((graph.edges[edge] for edge in edges), key=lambda one: (-one["score"], one["match_id"]))
    standing = [one for one in matches if (request, one["match_id"]) not in rejected]
    partner = graph.nodes[edges[0][0]]["partner"]
    flags = {code for one in standing or matches for code in one["flags"]}
    bars: dict[str, bool] = {
        INTRODUCED: (company, request) in requests,
        **{code: code in flags for code in NOT_UNASKED},
        REJECTED: not standing,
    }
    bars[ALREADY_INTRODUCED] |= (company, partner) in pairs
    return Candidate(
        company=company,
        request=request,
        partner=partner,
        role=(standing or matches)[0]["role"],
        score=(standing or matches)[0]["score"],
        match_ids=tuple(one["match_id"] for one in standing or matches),
        network=FlagCode.NETWORK_COMPANY in flags,
        bar=next((name for name in BARS if bars[name]), ""),
    )
