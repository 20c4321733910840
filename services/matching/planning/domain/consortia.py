"""Consortia: for a request with many needs, the best small sets of companies that cover them together.

The worth of a set, weightiest first: how many needs it covers, how few network companies it takes (they come after
members), and the scores of those who serve each need best, less `COST` points a company. What a company adds to a set
never grows as the set grows (the worth is submodular), which bounds what a set can still become. Exact, unless the
search takes more than `MOST_STEPS`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from services.matching.organisations.domain.free_words import is_named
from services.matching.organisations.domain.model import Company
from services.matching.planning.domain.capacities import FIXED_POINT, in_points

SMALLEST, LARGEST = 2, 5
"""Companies in a set."""
COST = 10.0
"""Points that one more company must add to the summed score: of sets that cover the same, small ones are better."""
PER_NEED = 6
"""Companies of a need that are looked at: the first in the report's order."""
MOST_SETS = 3
"""Sets that are returned; of a later one at most half of each earlier one's companies are in it."""
MOST_STEPS = 3_000
"""Sets that are looked at for each set that is returned: some tenths of a second at the most."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Offer:
    """What a company would bring: its score for each need that it matches (0..100, two decimals)."""

    company: str
    scores: Mapping[str, float]
    network: bool = False


@dataclass(frozen=True)
class Consortium:
    """A set of companies by id, who of them serves each covered need (by need id), and the needs it leaves open."""

    companies: tuple[str, ...]
    serves: Mapping[str, str]
    uncovered: tuple[str, ...]
    score: float


@dataclass(frozen=True)
class Found:
    """Sets, best first; `proved` when it is proved that none is better within the companies looked at (`PER_NEED`)."""

    consortia: tuple[Consortium, ...]
    proved: bool


def consortia(
    needs: Sequence[str],
    offers: Sequence[Offer],
    conflicts: Collection[frozenset[str]] = frozenset(),
    most: int = MOST_SETS,
    steps: int = MOST_STEPS,
) -> Found:
    """Find the best sets of 2 to 5 companies, best first; of equals the one with the earlier ids.

    Every company of a set serves at least one need better than the others (of equals the earlier id), no two of a set
    are in `conflicts`, and sets differ (`MOST_SETS`). Where looking at `steps` sets (1 or more) does not prove a set
    the best, it is the best of those. The order of the offers changes nothing; with fewer than two needs there is none.
    """
    search = _Search(needs, _looked_at(needs, offers), conflicts, steps)
    found: list[tuple[int, ...]] = []
    while len(found) < most and len(needs) > 1:
        best = search.best(found)
        if best is None:
            break
        found.append(best)
    return Found(tuple(search.consortium(one) for one in found), search.proved)


def who_covers_all(needs: Sequence[str], offers: Sequence[Offer]) -> list[str]:
    """Return the companies that cover every need by themselves, by id."""
    return sorted(one.company for one in offers if all(need in one.scores for need in needs))


def conflicts_among(companies: Sequence[Company]) -> frozenset[frozenset[str]]:
    """Return the pairs of ids of which one names the other, by id or name, as competitor or as not to meet."""
    return frozenset(
        frozenset((one.id, other.id))
        for one, other in combinations(companies, 2)
        if _is_against(one, other) or _is_against(other, one)
    )


def _is_against(one: Company, other: Company) -> bool:
    return is_named((*one.competitors, *one.not_to_meet), other.id, other.name)


def _looked_at(needs: Sequence[str], offers: Sequence[Offer]) -> list[Offer]:
    kept = set()
    for need in needs:
        found = [one for one in offers if one.scores.get(need, 0.0) > 0.0]
        found.sort(key=lambda one: (one.network, -one.scores[need], one.company))
        kept |= {one.company for one in found[:PER_NEED]}
    return sorted((one for one in offers if one.company in kept), key=lambda one: one.company)


class _Search:
    """Looks through the sets, strong companies first, and leaves out what cannot become as good as the best."""

    def __init__(
        self,
        needs: Sequence[str],
        offers: Sequence[Offer],
        conflicts: Collection[frozenset[str]],
        steps: int,
    ) -> None:
        self.needs, self.offers = tuple(needs), offers
        self.steps, self.proved = steps, True
        points = in_points([one.scores.get(need, 0.0) for one in offers for need in needs])
        self.points = points.reshape(len(offers), len(needs))
        cost = round(COST * FIXED_POINT)
        step = 100 * FIXED_POINT * len(needs) + LARGEST * cost + 1
        self.worth: Numbers = np.where(self.points > 0, self.points + step * (LARGEST + 1), 0)
        self.cost = np.array([cost + step * one.network for one in offers], dtype=np.int64)
        self.at_odds = np.array(
            [[frozenset((one.company, other.company)) in conflicts for other in offers] for one in offers],
            dtype=bool,
        ).reshape(len(offers), len(offers))

    def best(self, earlier: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
        """Find the best set that is unlike the earlier ones, as places in the offers; of equals the first by ids."""
        self._earlier = [(set(one), len(one) // 2) for one in earlier]
        self._best: tuple[int, ...] = ()
        self._worth = -(2**62)
        self._left = self.steps
        strong_first = np.argsort(self.cost - self.worth.sum(axis=1), kind="stable")
        self._by_greed()
        self._grow((), np.zeros(len(self.needs), dtype=np.int64), 0, strong_first)
        self.proved = self.proved and self._left >= 0
        return self._best or None

    def consortium(self, places: Sequence[int]) -> Consortium:
        """Return a set with who serves what."""
        serving = self._serving(places)
        return Consortium(
            tuple(self.offers[place].company for place in places),
            {self.needs[need]: self.offers[place].company for need, place in serving.items()},
            tuple(need for at, need in enumerate(self.needs) if at not in serving),
            round(sum(int(self.points[place, need]) for need, place in serving.items()) / FIXED_POINT, 2),
        )

    def _grow(self, chosen: tuple[int, ...], served: Numbers, paid: int, free: Numbers) -> None:
        """Look at every set that adds one or more of `free` to `chosen`, as long as steps are left."""
        adds = np.maximum(self.worth[free] - served, 0).sum(axis=1) - self.cost[free]
        now = int(served.sum()) - paid
        for last in np.flatnonzero(now + adds >= self._worth):
            self._left -= 1
            self._look((*chosen, int(free[last])), now + int(adds[last]))
        if len(chosen) == LARGEST - 1:
            return
        for at, place in enumerate(free):
            self._left -= 1
            if self._left < 0 or self._bound(chosen, served, paid, free[at:], adds[at:]) < self._worth:
                return
            still = free[at + 1 :][~self.at_odds[place, free[at + 1 :]]]
            grown = (*chosen, int(place))
            if len(still) and self._unlike(grown):
                better = np.maximum(served, self.worth[place])
                self._grow(grown, better, paid + int(self.cost[place]), still)

    def _bound(
        self, chosen: tuple[int, ...], served: Numbers, paid: int, free: Numbers, adds: Numbers
    ) -> int:
        """Return a worth that no set exceeds that adds two or more of `free`.

        Each adds at most what it adds now; and no need is served better than by the best of `free`.
        """
        most = np.sort(adds)[::-1][: LARGEST - len(chosen)]
        by_sum = int(served.sum()) + int(most[:2].sum()) + int(np.maximum(most[2:], 0).sum())
        by_need = int(np.maximum(served, self.worth[free].max(axis=0)).sum()) - 2 * int(self.cost[free].min())
        return min(by_sum, by_need) - paid

    def _look(self, chosen: Sequence[int], worth: int) -> None:
        """Keep a set that is better than the best so far, or as good with earlier ids."""
        places = tuple(sorted(chosen))
        better = worth > self._worth or (worth == self._worth and places < self._best)
        if better and len(places) >= SMALLEST and self._allowed(places) and self._unlike(places):
            self._worth, self._best = worth, places

    def _by_greed(self) -> None:
        """Look at the sets that are made by adding what adds most: a good first threshold."""
        chosen: tuple[int, ...] = ()
        served = np.zeros(len(self.needs), dtype=np.int64)
        while len(chosen) < LARGEST:
            adds = np.maximum(self.worth - served, 0).sum(axis=1) - self.cost
            fitting = (
                int(place)
                for place in np.argsort(-adds, kind="stable")
                if place not in chosen
                and not self.at_odds[place, list(chosen)].any()
                and self._unlike((*chosen, int(place)))
            )
            added = next(fitting, None)
            if added is None:
                return
            chosen, served = (*chosen, added), np.maximum(served, self.worth[added])
            self._look(chosen, int(served.sum() - self.cost[list(chosen)].sum()))

    def _unlike(self, places: Sequence[int]) -> bool:
        return all(len(one.intersection(places)) <= most for one, most in self._earlier)

    def _allowed(self, places: Sequence[int]) -> bool:
        return len(set(self._serving(places).values())) == len(places)

    def _serving(self, places: Sequence[int]) -> dict[int, int]:
        """Return the place of who serves each covered need best; of equals the earlier one."""
        some = self.points[list(places)]
        best = some.argmax(axis=0)
        return {need: places[int(at)] for need, at in enumerate(best) if some[at, need] > 0}
