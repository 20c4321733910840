"""Candidates of all needs, with all features: beside the bare product, FAISS, and a loop over pairs; and the memory."""

from __future__ import annotations

import importlib.util
import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from services.matching.scoring.domain.features import (
    CompanyFeatures,
    NeedFeatures,
    best_companies,
    exact_scores,
    search_parts,
)
from services.matching.scoring.domain.search import COMPANY_BLOCK, NEED_BLOCK, shortlists
from tests.bench.drawn import Matrix, draw, read_pool
from tests.bench.extra_memory import in_own_process
from tests.bench.measure import BenchError, Mark, in_turn, timed
from tests.bench.newcomer import best_by_loop

SIZES = ((10_000, 1_000, 7), (50_000, 2_000, 3))
"""Companies, needs and repetitions."""
BEST, CHECKED = 20, 25
LOOP_NEEDS, LOOP_COMPANIES, LOOP_REPETITIONS = 10, 1_000, 3
MEGABYTES = 250


class WrongAnswerError(BenchError):
    """What was measured does not give what it should, so its speed means nothing."""


def measure(folder: Path) -> list[Mark]:
    """Measure in memory; raises WrongAnswerError when ours are not the best, or not those a peer finds, BenchError."""
    if importlib.util.find_spec("faiss") is None:
        raise BenchError("faiss-cpu is not installed: `make setup` brings it")
    pool = folder / "pool.npz"
    read_pool(pool)
    return [mark for size in SIZES for mark in _marks(pool, *size)]


def _marks(pool: Path, companies: int, needs: int, repetitions: int) -> list[Mark]:
    size = f"{companies:,} × {needs:,}"
    marks = _speed(*draw(pool, companies, needs), repetitions, size)
    memory = in_own_process(pool, companies, needs, BEST)
    note = (
        f"{memory['extra_megabytes']:.0f} MB beside matrices of {memory['matrices_megabytes']:.0f} MB, in a process of "
        f"its own, peak of its resident set; allowed: {MEGABYTES} MB"
    )
    share = MEGABYTES / max(memory["extra_megabytes"], 0.1)
    return [*marks, Mark(f"candidates' memory, {size}", share, 1.0, "MB", note)]


def _speed(asked: NeedFeatures, offered: CompanyFeatures, repetitions: int, size: str) -> list[Mark]:
    _check(asked, offered)
    pairs = len(offered.companies) * len(asked.pairs)
    ours = timed(lambda: best_companies(asked, offered, BEST))
    stacked = _stacked(asked, offered)
    bare = in_turn(ours, timed(lambda: _product(*stacked)), repetitions)
    dimensions = stacked[0].shape[1]
    return [
        Mark(
            f"candidates, {size}",
            bare.ratio,
            0.6,
            "pairs",
            f"{bare.rates(pairs)}; best {BEST} of each need, {dimensions} numbers a side, drawn from those of "
            f"organisations read for real, the embedding's vectors drawn; {CHECKED} needs checked against scoring "
            "every pair; peer: the bare product of the same numbers as one matrix a side, in blocks of "
            f"{NEED_BLOCK} by {COMPANY_BLOCK}",
        ),
        _beside_faiss(asked, offered, stacked, ours, pairs, repetitions, size),
        _beside_loop(asked, offered, ours, pairs, size),
    ]


def _beside_faiss(
    asked: NeedFeatures,
    offered: CompanyFeatures,
    stacked: tuple[Matrix, Matrix],
    ours: Callable[[], float],
    pairs: int,
    repetitions: int,
    size: str,
) -> Mark:
    import faiss

    index = faiss.IndexFlatIP(stacked[1].shape[1])
    index.add(stacked[1])
    _check_faiss(asked, offered, index.search(stacked[0], BEST)[1])
    both = in_turn(ours, timed(lambda: index.search(stacked[0], BEST)), repetitions)
    note = (
        f"{both.rates(pairs)}; peer: IndexFlatIP on the same numbers as one matrix a side, so it cuts no part and its "
        "scores are not ours; with nothing cut, ours finds the same companies for every need (checked)"
    )
    return Mark(f"candidates beside FAISS, {size}", both.ratio, 1.0, "pairs", note)


def _beside_loop(
    asked: NeedFeatures, offered: CompanyFeatures, ours: Callable[[], float], pairs: int, size: str
) -> Mark:
    needs, companies = min(LOOP_NEEDS, len(asked.pairs)), min(LOOP_COMPANIES, len(offered.companies))
    _check_loop(asked, offered, needs, companies)
    loop = timed(lambda: best_by_loop(asked, offered, needs, companies, BEST))
    times = pairs / (needs * companies)
    both = in_turn(ours, lambda: times * loop(), LOOP_REPETITIONS, warm_up=False)
    note = (
        f"{both.rates(pairs)}; peer: a Python loop over pairs that builds a NetworkX graph, measured on {needs} by "
        f"{companies:,} and extrapolated to {statistics.median(both.peer) / 60:,.0f} minutes; the same companies found "
        "there (checked)"
    )
    return Mark(f"candidates beside a loop, {size}", both.ratio, 300.0, "pairs", note)


def _stacked(asked: NeedFeatures, offered: CompanyFeatures) -> tuple[Matrix, Matrix]:
    """Give both sides as one matrix each, the weights in the needs' numbers."""
    parts = search_parts(asked, offered)
    needs = np.hstack([part.asked * np.float32(part.scale) for part in parts])
    return needs, np.hstack([part.offered for part in parts])


def _product(asked: Matrix, offered: Matrix) -> None:
    room = np.empty(NEED_BLOCK * COMPANY_BLOCK, dtype=np.float32)
    for row in range(0, len(asked), NEED_BLOCK):
        some = asked[row : row + NEED_BLOCK]
        for column in range(0, len(offered), COMPANY_BLOCK):
            others = offered[column : column + COMPANY_BLOCK]
            np.matmul(some, others.T, out=room[: len(some) * len(others)].reshape(len(some), len(others)))


def _check(asked: NeedFeatures, offered: CompanyFeatures) -> None:
    ids, everybody = offered.ids, np.arange(len(offered.companies))
    found = best_companies(asked, offered, BEST)
    for row in range(0, len(asked.pairs), max(1, len(asked.pairs) // CHECKED)):
        scores = exact_scores(asked, row, offered, everybody)
        right = sorted(everybody.tolist(), key=lambda column: (-scores[column], ids[column]))[:BEST]
        if found[row].tolist() != right:
            raise WrongAnswerError(
                f"the {BEST} best companies of need {row} are not those of scoring every pair"
            )


def _check_faiss(asked: NeedFeatures, offered: CompanyFeatures, found: np.ndarray) -> None:
    parts = [replace(part, cut=False) for part in search_parts(asked, offered)]
    for rows, lists in shortlists(parts, BEST):
        for row, one in zip(rows, lists, strict=True):
            # A list of single precision holds more than the best only where scores are as good as equal.
            same = set(found[row].tolist()) <= set(one.columns.tolist())
            if not same or (one.settled and found[row].tolist() != one.columns.tolist()):
                raise WrongAnswerError(
                    f"FAISS finds other companies for need {row} than ours with nothing cut"
                )


def _check_loop(asked: NeedFeatures, offered: CompanyFeatures, needs: int, companies: int) -> None:
    some = replace(
        asked,
        pairs=asked.pairs[:needs],
        matrices={part: matrix[:needs] for part, matrix in asked.matrices.items()},
    )
    few = replace(
        offered,
        companies=offered.companies[:companies],
        matrices={part: matrix[:companies] for part, matrix in offered.matrices.items()},
    )
    ours = best_companies(some, few, BEST)
    for row, best in enumerate(best_by_loop(asked, offered, needs, companies, BEST)):
        scores = exact_scores(some, row, few, ours[row])
        # Ours sums parts of six decimals, the loop rounds the sum: a hair between two may turn them around.
        if not np.allclose(scores, [score for _, score in best], atol=1e-5):
            raise WrongAnswerError(f"the loop over pairs finds better companies for need {row}")
