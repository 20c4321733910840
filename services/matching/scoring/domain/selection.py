"""Which companies a report names for each need, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.matching.organisations.domain.model import MatchRequest, Partner
from services.matching.organisations.domain.roles import ROLES, role_of
from services.matching.scoring.domain.aims import Aims, cap_of, serves_aims
from services.matching.scoring.domain.exclusions import Exclusion, Lifted, exclusions
from services.matching.scoring.domain.features import (
    PARTS,
    CompanyFeatures,
    NeedFeatures,
    best_companies,
    part_points,
)
from services.matching.scoring.domain.flags import is_network
from services.matching.scoring.domain.policy import ScoringPolicy

BY_WORDS = ("concepts", "text")
"""The parts of a score that the words of both sides give."""

NOTHING_IN_COMMON = "nothing_in_common"
FEW_WORDS = "few_words"
UNDER_FLOOR = "under_floor"
WEAK_DIRECTION = "weak_direction"
OTHERS_NEARER = "others_nearer"


@dataclass(frozen=True)
class Chosen:
    """A pair that may become a match: the need's row, the company's row, and its scores (2 decimals).

    `score` is `toward_need`, at most `cap`; `by_words` are the points of it that words gave. With `exclusions` it is
    no match.
    """

    row: int
    column: int
    role: str
    toward_need: float
    aims: Aims
    by_words: float
    cap: float | None
    exclusions: tuple[Exclusion, ...]

    @property
    def score(self) -> float:
        """Return the total, 0..100."""
        return self.toward_need if self.cap is None else min(self.toward_need, self.cap)


@dataclass(frozen=True)
class Selection:
    """What was chosen for a request: its matches and the excluded in the report's order, and each need's reach.

    A company that serves a need with fewer points than its `reach` was not looked at closely, and nothing would be
    otherwise without it; minus infinity where all were looked at.
    """

    matches: list[Chosen]
    excluded: list[Chosen]
    reach: tuple[float, ...]


def choose(
    request: MatchRequest,
    partner: Partner,
    needs: NeedFeatures,
    companies: CompanyFeatures,
    policy: ScoringPolicy,
    lifted: Lifted,
) -> tuple[list[Chosen], list[Chosen]]:
    """Return the matches and the excluded of `select`."""
    found = select(request, partner, needs, companies, policy, lifted)
    return found.matches, found.excluded


def select(
    request: MatchRequest,
    partner: Partner,
    needs: NeedFeatures,
    companies: CompanyFeatures,
    policy: ScoringPolicy,
    lifted: Lifted,
) -> Selection:
    """Return the matches in the report's order, and the pairs that only an exclusion keeps from being one.

    Order: by need, role, members before network companies, score, company id. A need takes at most
    `policy.most_matches` of a role, none under `policy.floor`, none that serves it less than
    `policy.tail` of the best, none with fewer than `policy.least_words` points by words, and none at all unless one
    of them has `policy.opening_words`.
    """
    matches: list[Chosen] = []
    excluded: list[Chosen] = []
    looked_at = _pairs(request, partner, needs, companies, policy, lifted)
    for pairs in looked_at:
        best = max((one.toward_need for one in pairs if not one.exclusions), default=0.0)
        good = [one for one in pairs if gate_of(one, best, policy) is None]
        good.sort(key=lambda one: _order(one, companies))
        free = [one for one in good if not one.exclusions]
        if _opens(free, policy):
            for role in ROLES:
                matches += [one for one in free if one.role == role][: policy.most_matches]
        if _opens(good, policy):
            excluded += [one for one in good if one.exclusions]
    every = len(companies.companies)
    reach = tuple(
        -np.inf if len(pairs) == every else min(one.toward_need for one in pairs) for pairs in looked_at
    )
    return Selection(matches, excluded, reach)


def gate_of(one: Chosen, best: float, policy: ScoringPolicy) -> str | None:
    """Return the code of what keeps a pair from being a match by its own scores, None where nothing does.

    `best` is how well the need is served by the company that serves it best. Codes: `nothing_in_common` (no words),
    `few_words`, `under_floor`, `weak_direction` (the cap brings it under the floor), `others_nearer` (far behind the
    best).
    """
    if one.by_words < policy.least_words or one.toward_need <= 0.0:
        return NOTHING_IN_COMMON if one.by_words <= 0.0 else FEW_WORDS
    if one.toward_need < policy.floor:
        return UNDER_FLOOR
    if one.score < policy.floor or one.score <= 0.0:
        return WEAK_DIRECTION
    return OTHERS_NEARER if one.toward_need < policy.tail * best else None


def _opens(pairs: list[Chosen], policy: ScoringPolicy) -> bool:
    return any(one.by_words >= policy.opening_words for one in pairs)


def _order(one: Chosen, companies: CompanyFeatures) -> tuple[bool, float, str]:
    company = companies.companies[one.column]
    return is_network(company), -one.score, company.id


def _pairs(
    request: MatchRequest,
    partner: Partner,
    needs: NeedFeatures,
    companies: CompanyFeatures,
    policy: ScoringPolicy,
    lifted: Lifted,
) -> list[list[Chosen]]:
    """Return each need's candidates: as many more as exclusions take away, so that these push nobody out."""
    barred: dict[int, tuple[Exclusion, ...]] = {}
    found: dict[int, npt.NDArray[np.intp]] = {}
    k = policy.candidates
    while len(found) < len(request.needs):
        # Each need by itself: what excludes from one need changes nothing for the others.
        for row, columns in enumerate(best_companies(needs, companies, k)):
            if row in found:
                continue
            for column in columns:
                if int(column) not in barred:
                    barred[int(column)] = exclusions(companies.companies[column], partner, request, lifted)
            left = sum(not barred[int(column)] for column in columns)
            if k >= len(companies.companies) or left >= policy.candidates:
                found[row] = columns
        k *= 2
    return [
        [
            _pair(row, int(column), points, request, partner, companies, policy, barred[int(column)], lifted)
            for column, points in zip(columns, _rounded(needs, row, companies, columns), strict=True)
        ]
        for row, columns in sorted(found.items())
    ]


def _rounded(
    needs: NeedFeatures, row: int, companies: CompanyFeatures, columns: np.ndarray
) -> list[dict[str, float]]:
    """Return each pair's points by part, rounded to 2 decimals, so that what a report shows adds up."""
    points = part_points(needs, row, companies, columns)
    return [{part: round(float(points[part][place]), 2) for part in PARTS} for place in range(len(columns))]


def pair_of(
    needs: NeedFeatures,
    row: int,
    companies: CompanyFeatures,
    column: int,
    request: MatchRequest,
    partner: Partner,
    lifted: Lifted,
) -> Chosen:
    """Return the scores of one pair as `choose` sees it."""
    (points,) = _rounded(needs, row, companies, np.array([column]))
    barred = exclusions(companies.companies[column], partner, request, lifted)
    return _pair(row, column, points, request, partner, companies, needs.policy, barred, lifted)


def _pair(
    row: int,
    column: int,
    points: dict[str, float],
    request: MatchRequest,
    partner: Partner,
    companies: CompanyFeatures,
    policy: ScoringPolicy,
    barred: tuple[Exclusion, ...],
    lifted: Lifted,
) -> Chosen:
    company = companies.companies[column]
    aims = serves_aims(company, partner, request, lifted)
    return Chosen(
        row,
        column,
        role_of(company.kind),
        round(sum(points.values()), 2),
        aims,
        round(sum(points[part] for part in BY_WORDS), 2),
        cap_of(aims, policy),
        barred,
    )
