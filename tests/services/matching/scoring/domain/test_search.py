"""The search for the nearest: it misses nobody, whatever the shapes, and says where its order is in doubt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.matching.scoring.domain import search
from services.matching.scoring.domain.search import Part, needs_reached, shortlists

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int, needs: int, companies: int, asked: float = 1.0, alike: int = 0) -> list[Part]:
    """Parts like those of a score; `asked` is the share of numbers of a need that are not zero."""
    chance = np.random.default_rng(seed)

    def part(size: int, scale: float, offset: float, cut: bool) -> Part:
        need = chance.random((needs, size), dtype=np.float32) * (chance.random((needs, size)) < asked)
        offer = chance.standard_normal((companies, size), dtype=np.float32) / np.float32(np.sqrt(size))
        if alike:
            offer = offer[chance.integers(0, alike, companies)]
        return Part(need.astype(np.float32), offer, scale, offset, 25.0, cut)

    return [
        part(3, 20.0, 0.1, False),
        part(2, 5.0, 0.0, False),
        part(40, 30.0, 0.1, True),
        part(9, 9.0, 0.0, True),
    ]


def every_score(parts: Sequence[Part]) -> np.ndarray:
    total = np.zeros((len(parts[0].asked), len(parts[0].offered)))
    for part in parts:
        points = part.scale * (
            part.asked.astype(np.float64) @ part.offered.astype(np.float64).T - part.offset
        )
        total += np.clip(points, 0.0, part.most) if part.cut else points
    return total


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 20), st.integers(0, 60), st.integers(1, 70), st.sampled_from([0.05, 1.0]))
def test_each_of_the_k_best_is_on_the_list_best_first(
    seed: int, needs: int, companies: int, k: int, asked: float
) -> None:
    with pytest.MonkeyPatch.context() as small:
        for name, value in (("NEED_BLOCK", 8), ("COMPANY_BLOCK", 16), ("SLAB", 3), ("MANY", 4)):
            small.setattr(search, name, value)
        parts = drawn(seed, needs, companies, asked)
        lists = [one for _, block in shortlists(parts, k) for one in block]
    scores = every_score(parts)
    assert len(lists) == needs
    for row, one in enumerate(lists):
        best = np.argsort(-scores[row])[:k]
        assert set(best.tolist()) <= set(one.columns.tolist())
        np.testing.assert_allclose(one.scores, scores[row][one.columns], atol=1e-4)
        assert np.all(np.diff(one.scores) <= 0)
        assert not one.settled or one.columns.tolist() == best.tolist()


def test_companies_that_are_alike_leave_the_order_in_doubt() -> None:
    parts = drawn(1, needs=4, companies=30, alike=3)
    assert not any(one.settled for _, block in shortlists(parts, 5) for one in block)


def test_a_list_is_hardly_longer_than_asked_for() -> None:
    parts = drawn(2, needs=300, companies=9_000, asked=0.1)
    sizes = [len(one.columns) for _, block in shortlists(parts, 20) for one in block]
    assert min(sizes) == 20
    assert np.median(sizes) <= 21


def test_nobody_is_looked_for_among_no_companies_or_when_none_is_wanted() -> None:
    for companies, k in ((0, 5), (7, 0)):
        ((_, block),) = shortlists(drawn(1, needs=2, companies=companies), k)
        assert [one.columns.tolist() for one in block] == [[], []]


def test_a_score_needs_a_part() -> None:
    with pytest.raises(ValueError, match="needs a part"):
        list(shortlists([], 1))


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(1, 12), st.sampled_from([0, 8]))
def test_a_need_that_a_changed_company_does_not_touch_keeps_its_best(seed: int, k: int, few: int) -> None:
    parts, changed = drawn(seed, needs=9, companies=40), 7
    now = [
        _with_row(part, changed, one.offered[:1])
        for part, one in zip(parts, drawn(seed + 1, 9, 1), strict=True)
    ]
    before, after = (np.argsort(-every_score(some), axis=1)[:, :k] for some in (parts, now))
    bars = np.sort(every_score(parts), axis=1)[:, -k].astype(np.float32)
    both = [
        _only(np.vstack([old.offered[changed], new.offered[changed]]), old)
        for old, new in zip(parts, now, strict=True)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "FEW", few)
        touched = needs_reached(both, bars).tolist()
    assert touched == sorted(touched)
    for row in set(range(9)) - set(touched):
        assert before[row].tolist() == after[row].tolist()
        assert changed not in before[row]


def _with_row(part: Part, row: int, offered: np.ndarray) -> Part:
    changed = part.offered.copy()
    changed[row] = offered
    return _only(changed, part)


def _only(offered: np.ndarray, part: Part) -> Part:
    return Part(part.asked, offered, part.scale, part.offset, part.most, part.cut)
