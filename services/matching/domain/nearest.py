"""The nearest companies of each need by matrix products in blocks: never all pairs at once, and none missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
Columns = npt.NDArray[np.intp]

NEED_BLOCK, COMPANY_BLOCK = 256, 4096
_SLACK = np.float32(1e-3)
"""More than single precision may be wrong by, for scores of 0..100."""


@dataclass(frozen=True)
class Part:
    """One part of a score: `scale * (product - offset)`, cut to 0..`most` unless it lies there by itself (`cut`).

    The product is that of a row of `asked` (a need) and a row of `offered` (a company).
    """

    asked: Matrix
    offered: Matrix
    scale: float
    offset: float
    most: float
    cut: bool


def shortlists(parts: Sequence[Part], k: int) -> Iterator[tuple[range, list[Columns]]]:
    """Give, block by block of needs, the needs' rows and for each the companies that may be among its k best.

    The score is the sum of the parts, in single precision, so that a list holds a few more than k where scores lie
    close; whoever calls scores those exactly.
    """
    for first in range(0, len(parts[0].asked), NEED_BLOCK):
        rows = range(first, min(first + NEED_BLOCK, len(parts[0].asked)))
        yield rows, _nearest(parts, rows, k)


def _nearest(parts: Sequence[Part], rows: range, k: int) -> list[Columns]:
    bars = np.full(len(rows), -np.inf, dtype=np.float32)
    found: list[tuple[Columns, Columns, Matrix]] = []
    for first in range(0, len(parts[0].offered), COMPANY_BLOCK):
        block = _block(parts, slice(rows.start, rows.stop), slice(first, first + COMPANY_BLOCK))
        np.maximum(bars, _reached(block, k), out=bars)
        flat = np.flatnonzero(block >= (bars - _SLACK)[:, None])
        places, columns = np.divmod(flat, block.shape[1])
        found.append((places, columns + first, block.ravel()[flat]))
    if not found or k < 1:
        return [np.empty(0, dtype=np.intp) for _ in rows]
    places, columns, scores = (np.concatenate(one) for one in zip(*found, strict=True))
    order = np.lexsort((-scores, places))
    columns, scores = columns[order], scores[order]
    ends = np.searchsorted(places[order], np.arange(len(rows) + 1)).tolist()
    out = []
    for start, end in pairwise(ends):
        bar = scores[min(start + k, end) - 1] - _SLACK if end > start else 0.0
        out.append(columns[start:end][scores[start:end] >= bar])
    return out


def _reached(block: Matrix, k: int) -> Matrix:
    """Give for each row a score that at least k of its entries reach: the k-th best of the bests of its groups."""
    width = block.shape[1]
    groups = min(width, max(64, 4 * k))
    if not 1 <= k <= groups:
        return np.full(len(block), -np.inf, dtype=np.float32)
    size = width // groups
    bests = block[:, : groups * size].reshape(len(block), size, groups).max(axis=1)
    return np.partition(bests, groups - k, axis=1)[:, groups - k]


def _block(parts: Sequence[Part], rows: slice, columns: slice) -> Matrix:
    # Scaled before the products, where there are fewer numbers; what needs no cutting is one product.
    total: Matrix | None = None
    whole = [part for part in parts if not part.cut]
    if whole:
        asked = np.hstack([part.asked[rows] * np.float32(part.scale) for part in whole])
        total = asked @ np.hstack([part.offered[columns] for part in whole]).T
        total -= np.float32(sum(part.scale * part.offset for part in whole))
    for part in parts:
        if not part.cut:
            continue
        block = (part.asked[rows] * np.float32(part.scale)) @ part.offered[columns].T
        if part.offset:
            block -= np.float32(part.scale * part.offset)
        np.clip(block, np.float32(0.0), np.float32(part.most), out=block)
        total = block if total is None else np.add(total, block, out=total)
    if total is None:
        raise ValueError("a score needs a part")
    return total
