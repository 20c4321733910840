"""Whether a changed company can touch a report at all: by its score before and after, beside the need's bar.

A report is made of the companies that score for one of its needs at least the policy's floor, at least its tail
share of the need's best, and as much as the last of its candidates; what scores less is neither named nor pushes
anybody out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.matching.reports.domain.report import Report
from services.matching.scoring.domain.features import CompanyFeatures, NeedFeatures, needs_touched
from services.matching.scoring.domain.policy import ScoringPolicy

Bars = npt.NDArray[np.float32]

SLACK = 0.05
"""More points than a score is rounded by when a report is made (four parts at 2 decimals), so that none is missed."""
ONE_BY_ONE = 20
"""With so many changed companies it is found out, too, which of them touches a request."""


def bars_of(report: Report, reach: Sequence[float], policy: ScoringPolicy) -> list[float]:
    """Return the points from which a company can touch a report, for each of its needs.

    `reach` is that of the selection (selection.Selection) which the report was made of.
    """
    bars = []
    for need, least in zip(report.needs, reach, strict=True):
        best = max((match.toward_need for match in report.matches_of(need.id)), default=0.0)
        bars.append(max(policy.floor, policy.tail * best, least) - SLACK)
    return bars


@dataclass(frozen=True)
class Watched:
    """The needs of reports that are as they should be, with their bars, and the request of each."""

    needs: NeedFeatures
    bars: Bars
    requests: Sequence[str]


def touched(watched: Watched, before: CompanyFeatures, after: CompanyFeatures) -> dict[str, set[str]]:
    """Return the requests whose report the changes between two readings of the companies can touch.

    By request the ids of the companies that do; none where too many changed to tell. A request that is not given
    has the same report with both, byte for byte.
    """
    changed = changed_between(before, after)
    if not changed or not watched.requests:
        return {}
    if not before.companies or not after.companies:  # reports say that there is no company at all
        return {request: set() for request in watched.requests}
    if len(changed) > ONE_BY_ONE:
        rows = needs_touched(watched.needs, _rows(before, after, changed), watched.bars)
        return {watched.requests[row]: set() for row in rows}
    found: dict[str, set[str]] = {}
    for id in changed:
        for row in needs_touched(watched.needs, _rows(before, after, [id]), watched.bars):
            found.setdefault(watched.requests[row], set()).add(id)
    return found


def changed_between(before: CompanyFeatures, after: CompanyFeatures) -> list[str]:
    """Return the ids of companies that are new, gone, of another version, or lacked vectors, in order."""
    again = before.lacking | after.lacking
    old, new = ({one.id: one.version for one in side.companies} for side in (before, after))
    return sorted(id for id in old.keys() | new.keys() if old.get(id) != new.get(id) or id in again)


def stacked(parts: Sequence[NeedFeatures]) -> NeedFeatures:
    """Return the needs of several as one; only what scores them. `parts` (one at least) share engine and policy."""
    first = parts[0]
    matrices = {name: np.concatenate([one.matrices[name] for one in parts]) for name in first.matrices}
    return NeedFeatures((), (), (), matrices, first.engine, (), first.policy)


def only_scored(needs: NeedFeatures) -> NeedFeatures:
    """Return needs with what scores them alone, without the texts that were read."""
    return stacked([needs])


def _rows(before: CompanyFeatures, after: CompanyFeatures, ids: Sequence[str]) -> CompanyFeatures:
    """Return what some companies were and what they are, as rows without texts."""
    wanted = set(ids)
    places = [[row for row, one in enumerate(side.companies) if one.id in wanted] for side in (before, after)]
    matrices = {
        name: np.concatenate([before.matrices[name][places[0]], after.matrices[name][places[1]]])
        for name in before.matrices
    }
    return CompanyFeatures((), (), (), matrices, before.engine, ())
