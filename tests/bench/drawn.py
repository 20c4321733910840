"""Features of any number of organisations, drawn with a seed from those of some that were read for real.

Reading 50,000 companies with an embedding takes the better part of an hour. So a few are read, by the code that reads
all of them, with drawn vectors in place of the model's; the many are drawn from these part by part, their texts mixed
of two. Shapes, shares of zeros and the spread of values are those of the real thing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from services.matching.organisations.domain.model import Company, Need, Partner
from services.matching.scoring.domain.features import (
    PARTS,
    CompanyFeatures,
    NeedFeatures,
    company_features,
    need_features,
)
from services.matching.scoring.domain.policy import STANDARD_POLICY
from services.matching.text.domain.concept_engine import standard_engine
from services.matching.text.domain.embedding_engine import EmbeddingEngine
from services.matching.text.domain.thesaurus import standard_thesaurus
from tests.bench.samples import companies, needs

Matrix = npt.NDArray[np.float32]
Pool = Mapping[str, Matrix]

DIMENSIONS, DIRECTIONS = 384, 40
"""Of a drawn vector; in so few directions their cosines spread as those of real texts do (0.16)."""
COMPANIES_READ, NEEDS_READ = 1_000, 400


class DrawnVectors:
    """A source of vectors that draws one for each text, by the text alone."""

    name = "drawn"

    def __init__(self) -> None:
        self._base = np.random.default_rng(7).standard_normal((DIRECTIONS, DIMENSIONS))

    def vectors(self, texts: Iterable[str]) -> dict[str, Matrix]:
        """Return a vector of length 1 for each text."""
        return {text: self._vector(text) for text in texts}

    def known(self, texts: Iterable[str]) -> dict[str, Matrix]:
        """Return a vector of length 1 for each text."""
        return self.vectors(texts)

    def prepare(self, texts: Iterable[str]) -> None:
        """Do nothing: vectors are drawn at once."""

    def _vector(self, text: str) -> Matrix:
        drawn = np.random.default_rng(zlib.crc32(text.encode())).standard_normal(DIRECTIONS) @ self._base
        vector: Matrix = (drawn / np.sqrt(np.sum(drawn * drawn))).astype(np.float32)
        return vector


def read_pool(file: Path) -> None:
    """Read some organisations for real and keep their features in a file (NumPy's npz)."""
    engine = EmbeddingEngine(standard_thesaurus(), DrawnVectors())
    offered = company_features(companies(COMPANIES_READ, seed=1), engine).matrices
    asked = need_features(needs(NEEDS_READ, seed=2), engine, STANDARD_POLICY).matrices
    both = {"offered": offered, "asked": asked}
    np.savez(file, **{f"{side}_{part}": both[side][part] for side in both for part in PARTS})  # type: ignore[arg-type]


def draw(file: Path, company_count: int, need_count: int) -> tuple[NeedFeatures, CompanyFeatures]:
    """Draw features from a pool's file; without readings, which the search does not look at. Raises OSError."""
    with np.load(file) as pool:
        asked = _side(pool, "asked", need_count, seed=3)
        offered = _side(pool, "offered", company_count, seed=4)
    firms = tuple(Company(f"C{number:06}", 1, f"Company {number}") for number in range(company_count))
    need = Need("n1", "")
    pairs = tuple(
        (Partner(f"P{number:06}", 1, f"Partner {number}", needs=(need,)), need)
        for number in range(need_count)
    )
    engine = standard_engine()
    return (
        NeedFeatures((), (), (), asked, engine, pairs, STANDARD_POLICY),
        CompanyFeatures((), (), (), offered, engine, firms),
    )


def _side(pool: Pool, side: str, count: int, seed: int) -> dict[str, Matrix]:
    chance = np.random.default_rng(seed)
    matrices = {}
    for part in PARTS:
        rows = pool[f"{side}_{part}"]
        drawn = rows[chance.integers(0, len(rows), count)]
        if part == "text":
            # In place and a slice at a time: what drawing needs must not hide what searching needs.
            for first in range(0, count, 1024):
                some = drawn[first : first + 1024]
                some += rows[chance.integers(0, len(rows), len(some))] * chance.random(
                    (len(some), 1), dtype=np.float32
                )
                some /= np.maximum(np.sqrt(np.vecdot(some, some)), np.float32(1e-9))[:, None]
        matrices[part] = drawn
    return matrices
