"""One changed company: scoring its effect on all requests beside searching all of them anew."""

from __future__ import annotations

import statistics
from dataclasses import replace
from pathlib import Path

import numpy as np

from services.matching.scoring.domain.features import (
    CompanyFeatures,
    NeedFeatures,
    best_companies,
    exact_scores,
    needs_touched,
)
from tests.bench.candidates import BEST, WrongAnswerError
from tests.bench.drawn import draw, read_pool
from tests.bench.measure import Mark, Pairs, timed

COMPANIES, NEEDS = 50_000, 2_000
CHANGES, FULL_RUNS = 20, 3


def measure(folder: Path) -> Mark:
    """Measure in memory; raises WrongAnswerError when a need that is passed over has other candidates after all."""
    pool = folder / "pool.npz"
    read_pool(pool)
    asked, offered = draw(pool, COMPANIES, NEEDS)
    before = best_companies(asked, offered, BEST)
    bars = np.array(
        [exact_scores(asked, row, offered, best[-1:])[0] for row, best in enumerate(before)], dtype=np.float32
    )
    touched: list[int] = []
    one: list[float] = []
    for number in range(CHANGES):
        # The company becomes what another one is.
        both = _rows(offered, np.array([number, COMPANIES // 2 + number]))
        look = timed(lambda both=both: touched.append(len(needs_touched(asked, both, bars))))  # type: ignore[misc]
        one.append(look())
    full = [timed(lambda: best_companies(asked, offered, BEST))() for _ in range(FULL_RUNS)]
    changed = _check(asked, offered, before, bars)
    pairs = Pairs((statistics.median(one),), (statistics.median(full),))
    note = (
        f"{1000 * pairs.ours[0]:.2f} ms beside {pairs.peer[0]:.2f} s; {COMPANIES:,} companies, {NEEDS:,} needs, its "
        f"vectors before and after against every need's kept {BEST}th score, storing apart, reading its text "
        f"apart; median of {CHANGES} changes that touch {statistics.median(touched):.0f} needs; checked with one: "
        f"{changed} needs have other candidates, all of them found"
    )
    return Mark("one changed company", pairs.ratio, 500.0, "searches of all", note)


def _rows(offered: CompanyFeatures, rows: np.ndarray) -> CompanyFeatures:
    matrices = {part: matrix[rows] for part, matrix in offered.matrices.items()}
    return replace(offered, companies=tuple(offered.companies[row] for row in rows), matrices=matrices)


def _check(asked: NeedFeatures, offered: CompanyFeatures, before: list[np.ndarray], bars: np.ndarray) -> int:
    """Change the best company of the first need, search all anew, and count the needs with other candidates."""
    row, other = int(before[0][0]), int(before[-1][0])
    touched = set(needs_touched(asked, _rows(offered, np.array([row, other])), bars))
    matrices = {part: matrix.copy() for part, matrix in offered.matrices.items()}
    for matrix in matrices.values():
        matrix[row] = matrix[other]
    after = best_companies(asked, replace(offered, matrices=matrices), BEST)
    changed = {need for need in range(len(before)) if before[need].tolist() != after[need].tolist()}
    if not changed or not changed <= touched:
        raise WrongAnswerError("a changed company has an effect on needs that were passed over")
    return len(changed)
