"""Candidate stage of matching, all pairs: our search beside the bare product of the same matrices."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np

from deploy.bench.measure import BenchError, Mark, in_turn, timed
from deploy.bench.samples import companies, needs
from services.matching.domain.features import (
    CompanyFeatures,
    NeedFeatures,
    candidates,
    company_features,
    exact_scores,
    need_features,
)
from services.matching.domain.nearest import COMPANY_BLOCK, NEED_BLOCK
from services.matching.domain.policy import STANDARD_POLICY
from services.matching.domain.scoring import PARTS
from services.matching.domain.text.engine import standard_engine

COMPANIES, NEEDS, BEST, REPETITIONS = 10_000, 1_000, 20, 9
CHECKED = 25


class WrongAnswerError(BenchError):
    """What was measured does not give what it should, so its speed means nothing."""


def measure(folder: Path) -> Mark:
    """Measure in memory; raises WrongAnswerError when a need's best are not those that scoring every pair gives."""
    engine = standard_engine()
    offered = company_features(companies(COMPANIES, seed=1), engine, STANDARD_POLICY)
    asked = need_features(needs(NEEDS, seed=2), engine, STANDARD_POLICY)
    _check(asked, offered)
    pairs = in_turn(
        timed(lambda: candidates(asked, offered, BEST)), timed(lambda: _product(asked, offered)), REPETITIONS
    )
    note = (
        f"{pairs.rates(COMPANIES * NEEDS)}; {COMPANIES:,} companies, {NEEDS:,} needs, best {BEST}, "
        f"{_extra_megabytes(asked, offered):.0f} MB extra; {CHECKED} needs checked against scoring every pair; "
        f"peer: the bare product in blocks of {NEED_BLOCK} by {COMPANY_BLOCK}"
    )
    return Mark("candidates of all needs", pairs.ratio, 0.6, "pairs", note)


def _product(asked: NeedFeatures, offered: CompanyFeatures) -> None:
    for row in range(0, len(asked.pairs), NEED_BLOCK):
        for column in range(0, len(offered.companies), COMPANY_BLOCK):
            for part in PARTS:
                block = asked.matrices[part][row : row + NEED_BLOCK]
                np.matmul(block, offered.matrices[part][column : column + COMPANY_BLOCK].T)


def _check(asked: NeedFeatures, offered: CompanyFeatures) -> None:
    ids, everybody = offered.ids, np.arange(len(offered.companies))
    found = candidates(asked, offered, BEST)
    for row in range(0, len(asked.pairs), len(asked.pairs) // CHECKED):
        scores = exact_scores(asked, row, offered, everybody)
        right = sorted(everybody.tolist(), key=lambda column: (-scores[column], ids[column]))[:BEST]
        if found[row][0].tolist() != right:
            raise WrongAnswerError(
                f"the {BEST} best companies of need {row} are not those of scoring every pair"
            )


def _extra_megabytes(asked: NeedFeatures, offered: CompanyFeatures) -> float:
    tracemalloc.start()
    try:
        candidates(asked, offered, BEST)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
