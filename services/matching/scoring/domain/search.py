"""The nearest companies of each need by matrix products in blocks: never all pairs at once, and none missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Matrix = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float32]
Columns = npt.NDArray[np.intp]
_Found = tuple[Columns, Columns, Numbers]
"""Rows, columns and scores of pairs."""

NEED_BLOCK, COMPANY_BLOCK, SLAB = 1024, 4096, 64
SPARSE, MANY = 0.12, 256
"""A term is multiplied without its zeros when so little of it is asked, and by so many needs at once."""
FEW = 8
"""So many changed companies are multiplied one after the other."""
HELPERS = 2
"""Threads that cut, sum and look while the product, which uses every core by itself, rests."""
_SLACK = np.float32(1e-3)
"""More than single precision may be wrong by, for scores of 0..100."""


@dataclass(frozen=True)
class Part:
    """One part of a score: `scale * (product - offset)`, cut to 0..`most` unless it lies there by itself (`cut`).

    The product is that of a row of `asked` (a need) and a row of `offered` (a company); `scale` is 0 or more.
    """

    asked: Matrix
    offered: Matrix
    scale: float
    offset: float
    most: float
    cut: bool


@dataclass(frozen=True)
class Shortlist:
    """The companies that may be among a need's k best: columns and scores (single precision), best first.

    `settled`: no two scores lie so close that single precision may have their order wrong.
    """

    columns: Columns
    scores: Numbers
    settled: bool


def shortlists(parts: Sequence[Part], k: int) -> Iterator[tuple[range, list[Shortlist]]]:
    """Yield, block by block of needs, the needs' rows and a shortlist for each.

    The score is the sum of the parts, in single precision, so that a list holds a few more than k where scores lie
    close; whoever needs the order of those scores them exactly. Raises ValueError when there is no part.
    """
    terms = _terms(parts)
    needs, companies = len(parts[0].asked), len(parts[0].offered)
    room = _room(terms, min(NEED_BLOCK, needs), min(COMPANY_BLOCK, companies))
    with ThreadPoolExecutor(HELPERS) as helpers:
        for first in range(0, needs, NEED_BLOCK):
            rows = range(first, min(first + NEED_BLOCK, needs))
            block = [replace(term, asked=term.asked[rows.start : rows.stop]) for term in terms]
            yield rows, _search_block(block, k, room, helpers)


def needs_reached(parts: Sequence[Part], bars: Numbers) -> Columns:
    """Return the needs (rows) whose bar a score of any of a few companies may reach, in order.

    `parts` are those of all needs with these companies, say what one was and what it is now. `bars` are the scores of
    each need's k-th best: where none reaches it, the k best stay as they are.
    """
    if not len(parts[0].offered):
        return np.empty(0, dtype=np.intp)
    total = np.zeros((len(parts[0].asked), len(parts[0].offered)), dtype=np.float32)
    for part in parts:
        scaled = part.offered * np.float32(part.scale)
        if len(scaled) <= FEW:
            # A dot product a need: that is done before the threads of a product have met on a busy machine.
            products = np.stack([np.vecdot(part.asked, row) for row in scaled], axis=1)
        else:
            products = part.asked @ scaled.T
        points = products - np.float32(part.scale * part.offset)
        total += np.clip(points, np.float32(0.0), np.float32(part.most)) if part.cut else points
    return np.flatnonzero(total.max(axis=1) >= bars - _SLACK)


@dataclass(frozen=True)
class _Term:
    """A part, or all that need no cutting as one: scaled where there are fewer numbers, and `low` too high."""

    asked: Matrix
    offered: Matrix
    low: np.float32
    high: np.float32 | None

    @property
    def sparse(self) -> bool:
        """Say whether so little is asked that passing over the zeros pays."""
        return bool(np.count_nonzero(self.asked) <= SPARSE * self.asked.size)


def _terms(parts: Sequence[Part]) -> list[_Term]:
    if not parts:
        raise ValueError("a score needs a part")
    whole = [part for part in parts if not part.cut]
    terms = []
    if whole:
        asked = np.hstack([part.asked * np.float32(part.scale) for part in whole])
        offered = np.hstack([part.offered for part in whole])
        terms.append(_Term(asked, offered, np.float32(sum(part.scale * part.offset for part in whole)), None))
    for part in parts:
        if part.cut:
            low = np.float32(part.scale * part.offset)
            high = low + np.float32(part.most)
            terms.append(_Term(part.asked * np.float32(part.scale), part.offered, low, high))
    return terms


def _raised(terms: Sequence[_Term]) -> np.float32:
    """Return how much the sums lie above the scores: taking that off the bars costs less than off every pair."""
    return np.float32(sum(float(term.low) for term in terms))


class _Scorer:
    """Scores a block of needs with blocks of companies, raised; in `room`, which the next block uses again."""

    def __init__(self, terms: Sequence[_Term], room: Sequence[Numbers]) -> None:
        self._terms, self._room = terms, room
        self._starts = range(0, len(terms[0].asked), SLAB)
        # Below that many needs, turning the companies around would cost more than the zeros.
        few = len(terms[0].asked) < MANY
        self._slabs = [
            None
            if few or not term.sparse
            else [csr_array(term.asked[start : start + SLAB]) for start in self._starts]
            for term in terms
        ]
        self._factors: list[Matrix] = []

    def multiply(self, columns: slice) -> None:
        """Multiply all its needs and some companies, where that is not done a slab at a time."""
        self._factors = []
        for term, slabs, free in zip(self._terms, self._slabs, self._room, strict=True):
            offered = term.offered[columns]
            if slabs is None:
                product = free[: len(term.asked) * len(offered)].reshape(len(term.asked), len(offered))
                self._factors.append(np.matmul(term.asked, offered.T, out=product))
            else:
                turned = free[: offered.size].reshape(offered.shape[1], len(offered))
                np.copyto(turned, offered.T)
                self._factors.append(turned)

    def slab(self, number: int) -> Matrix:
        """Return the sums of one slab of needs with the companies that were multiplied last."""
        few = slice(self._starts[number], self._starts[number] + SLAB)
        total: Matrix | None = None
        for term, slabs, factor in zip(self._terms, self._slabs, self._factors, strict=True):
            product = factor[few] if slabs is None else slabs[number] @ factor
            if term.high is not None:
                np.clip(product, term.low, term.high, out=product)
            total = product if total is None else np.add(total, product, out=total)
        assert total is not None
        return total


def _search_block(
    terms: Sequence[_Term], k: int, room: Sequence[Numbers], helpers: Executor
) -> list[Shortlist]:
    needs, companies, looked = len(terms[0].asked), len(terms[0].offered), 0
    scorer = _Scorer(terms, room)
    bars = np.full(needs, -np.inf, dtype=np.float32)
    found: list[_Found] = []
    for first in range(0, companies if k > 0 else 0, COMPANY_BLOCK):
        last = min(first + COMPANY_BLOCK, companies)
        scorer.multiply(slice(first, last))

        def search(start: int, first: int = first, bars: Numbers = bars) -> _Found:
            few = slice(start, start + SLAB)
            total = scorer.slab(start // SLAB)
            if first == 0:
                bars[few] = _reached(total, k)
            flat = np.flatnonzero(total >= (bars[few] - _SLACK)[:, None])
            places, columns = np.divmod(flat, total.shape[1])
            return places + start, columns + first, total.ravel()[flat]

        # A few rows at a time, while they are in the processor's cache.
        slabs = range(0, needs, SLAB)
        found += helpers.map(search, slabs) if len(slabs) > 1 else map(search, slabs)
        if last >= 2 * looked and last < companies:
            # A higher bar lets less through; it hardly rises once many have been seen.
            bars, looked = np.maximum(bars, _bars(found, needs, k)), last
    if not found:
        nobody = Shortlist(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.float32), settled=True)
        return [nobody] * needs
    bars = np.maximum(bars, _bars(found, needs, k)) - _SLACK
    places, columns, scores = (np.concatenate(one) for one in zip(*found, strict=True))
    near = np.flatnonzero(scores >= bars[places])
    near = near[np.argsort(_keys(places[near], scores[near])[0])]
    places, columns, scores = places[near], columns[near], scores[near]
    close = (places[1:] == places[:-1]) & (scores[:-1] - scores[1:] <= _SLACK)
    doubtful = np.bincount(places[1:][close], minlength=needs)
    scores = scores - _raised(terms)
    ends = np.searchsorted(places, np.arange(needs + 1)).tolist()
    return [
        Shortlist(columns[start:end], scores[start:end], settled=not doubt)
        for (start, end), doubt in zip(pairwise(ends), doubtful.tolist(), strict=True)
    ]


def _keys(places: Columns, scores: Numbers) -> tuple[npt.NDArray[np.float64], float]:
    """Return numbers that sort by row, then best first: row times a span, less the score; and the span."""
    span = 2.0 * float(np.abs(scores).max(initial=0.0)) + 1.0
    return np.subtract(places * span, scores, dtype=np.float64), span


def _bars(found: Sequence[_Found], rows: int, k: int) -> Numbers:
    """Return for each row the k-th best of what was found, a hair less; nothing's bar where there are fewer."""
    places, _, scores = (np.concatenate(one) for one in zip(*found, strict=True))
    keys, span = _keys(places, scores)
    keys.sort()
    kth = np.cumsum(np.bincount(places, minlength=rows)) - np.bincount(places, minlength=rows) + k - 1
    enough = np.bincount(places, minlength=rows) >= k
    values = np.arange(rows) * span - keys[np.minimum(kth, len(keys) - 1)]
    bars: Numbers = np.where(enough, values, -np.inf).astype(np.float32)
    return bars


def _reached(block: Matrix, k: int) -> Numbers:
    """Return for each row a score that at least k of its entries reach: the k-th best of the bests of its groups."""
    width = block.shape[1]
    groups = min(width, max(64, 4 * k))
    if k > groups:
        return np.full(len(block), -np.inf, dtype=np.float32)
    size = width // groups
    bests = block[:, : groups * size].reshape(len(block), size, groups).max(axis=1)
    return np.partition(bests, groups - k, axis=1)[:, groups - k]


def _room(terms: Sequence[_Term], needs: int, companies: int) -> list[Numbers]:
    """Set aside for each term what a product or a block of companies takes; what is not written costs nothing."""
    return [np.empty(max(needs, term.asked.shape[1]) * companies, dtype=np.float32) for term in terms]
