"""Feature vectors of both sides, the candidates by matrix product, and the parts of a pair's score with evidence.

Each part's similarity is a product of two vectors, cut to 0..1 (`SHAPES`); times the policy's weight it gives the
part's points, and the score is their sum, 0..100. A row depends on nothing but its own organisation, the text
engine and this code, so that a change elsewhere leaves a score as it is. As staff read a score: 60 and up a good
match, 35 to 60 plausible, under 20 unrelated; `policy.floor` lies between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.matching.domain.kinds import standard_kinds
from services.matching.domain.model import Company, Need, Partner
from services.matching.domain.policy import ScoringPolicy
from services.matching.domain.text.areas import AreaFinding, areas_of
from services.matching.domain.text.engine import Mention, Reading, TextEngine
from services.matching.domain.vectors import vectors_of

Matrix = npt.NDArray[np.float32]

PARTS = ("areas", "concepts", "text", "kind")

SHAPES: Mapping[str, tuple[float, float]] = {
    "areas": (0.0, 1.0),
    "concepts": (0.0, 0.8),
    "text": (0.04, 3.0),
    "kind": (0.0, 1.0),
}
"""By part (offset, gain): similarity = gain * (product - offset), cut to 0..1. Text under the offset is chance."""

NAME_STRENGTH = 0.6
"""How much a concept counts that only the organisation's name or a requirement mentions."""

NEED_BLOCK, COMPANY_BLOCK = 256, 4096
_SLACK = 1e-3


@dataclass(frozen=True)
class FieldReading:
    """One text of an organisation: the field it stands in, how much it counts (0..1), and what was read."""

    field: str
    share: float
    reading: Reading


@dataclass(frozen=True)
class Spot:
    """Where an organisation mentions a concept: strongest place, `strength` 0..1 with the field's share."""

    field: str
    mention: Mention
    strength: float


@dataclass(frozen=True)
class _Side:
    readings: tuple[tuple[FieldReading, ...], ...]
    spots: tuple[Mapping[str, Spot], ...]
    areas: tuple[tuple[AreaFinding, ...], ...]
    matrices: Mapping[str, Matrix]
    engine: TextEngine


@dataclass(frozen=True)
class CompanyFeatures(_Side):
    """Companies in the order given, with what was read and one matrix (row = company) a part."""

    companies: tuple[Company, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Give the company ids by row."""
        return tuple(company.id for company in self.companies)


@dataclass(frozen=True)
class NeedFeatures(_Side):
    """Needs, each with its partner, in the order given; otherwise as CompanyFeatures."""

    pairs: tuple[tuple[Partner, Need], ...]
    policy: ScoringPolicy


def company_features(
    companies: Sequence[Company], engine: TextEngine, policy: ScoringPolicy
) -> CompanyFeatures:
    """Read companies into features; a row depends on its company and the engine alone, not on the policy."""
    vectors = vectors_of(engine)
    kinds = standard_kinds()
    readings = tuple(_company_readings(company, engine) for company in companies)
    spots = tuple(_spots(fields) for fields in readings)
    given = [[code for one in company.capabilities for code in one.focus_areas] for company in companies]
    areas = tuple(_areas(fields, codes, engine) for fields, codes in zip(readings, given, strict=True))
    matrices = {
        "areas": _stack(
            [vectors.areas(*both) for both in zip(spots, given, strict=True)], vectors.area_slots
        ),
        "concepts": _stack([vectors.offered(one) for one in spots], vectors.concepts),
        "text": _stack([vectors.text(fields) for fields in readings], vectors.text_dimensions),
        "kind": _stack(
            [kinds.company_affinity(one.kind or one.name) for one in companies], len(kinds.partners)
        ),
    }
    return CompanyFeatures(readings, spots, areas, matrices, engine, tuple(companies))


def need_features(
    pairs: Sequence[tuple[Partner, Need]], engine: TextEngine, policy: ScoringPolicy
) -> NeedFeatures:
    """Read needs into features, to be scored under the policy's weights."""
    vectors = vectors_of(engine)
    kinds = standard_kinds()
    readings = tuple(_need_readings(partner, need, engine) for partner, need in pairs)
    spots = tuple(_spots(fields) for fields in readings)
    given = [list(need.focus_areas) for _, need in pairs]
    areas = tuple(_areas(fields, codes, engine) for fields, codes in zip(readings, given, strict=True))
    kind_rows = [_one_hot(kinds.partners, kinds.partner_kind(p.kind or p.name)) for p, _ in pairs]
    matrices = {
        "areas": _stack(
            [vectors.areas(*both) for both in zip(spots, given, strict=True)], vectors.area_slots
        ),
        "concepts": _stack([vectors.asked(one) for one in spots], vectors.concepts),
        "text": _stack([vectors.text(fields) for fields in readings], vectors.text_dimensions),
        "kind": _stack(kind_rows, len(kinds.partners)),
    }
    return NeedFeatures(readings, spots, areas, matrices, engine, tuple(pairs), policy)


def candidates(
    needs: NeedFeatures, companies: CompanyFeatures, k: int
) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]]:
    """Give for each need its k best companies as (rows in `companies`, scores 0..100), best first, ties by id.

    Matrix products in blocks, never all pairs at once; what they leave is scored again exactly, so that the
    answer depends neither on the order of rows nor on the blocks.
    """
    ids = companies.ids
    out = []
    for first in range(0, len(needs.pairs), NEED_BLOCK):
        rows = range(first, min(first + NEED_BLOCK, len(needs.pairs)))
        for row, near in zip(rows, _nearest(needs, companies, rows, k), strict=True):
            scores = exact_scores(needs, row, companies, near)
            best = sorted(range(len(near)), key=lambda place: (-scores[place], ids[near[place]]))[:k]
            out.append((near[best], scores[best]))
    return out


def _nearest(
    needs: NeedFeatures, companies: CompanyFeatures, rows: range, k: int
) -> list[npt.NDArray[np.intp]]:
    """Give for each need the companies that may be among its k best, by single-precision products."""
    if k < 1:
        return [np.empty(0, dtype=np.intp) for _ in rows]
    kept: list[list[tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]]] = [[] for _ in rows]
    bars = np.full(len(rows), -np.inf, dtype=np.float32)
    for first in range(0, len(companies.companies), COMPANY_BLOCK):
        block = _block(needs, companies, slice(rows.start, rows.stop), slice(first, first + COMPANY_BLOCK))
        for place in range(len(rows)):
            scores = block[place]
            over = np.flatnonzero(scores >= bars[place] - _SLACK)
            if not len(over):
                continue
            kept[place].append((over + first, scores[over]))
            everything = np.concatenate([found for _, found in kept[place]])
            if len(everything) > k:
                bars[place] = np.partition(everything, len(everything) - k)[len(everything) - k]
    out = []
    for place in range(len(rows)):
        if not kept[place]:
            out.append(np.empty(0, dtype=np.intp))
            continue
        where = np.concatenate([found for found, _ in kept[place]])
        scores = np.concatenate([found for _, found in kept[place]])
        out.append(where[scores >= bars[place] - _SLACK])
    return out


def _block(needs: NeedFeatures, companies: CompanyFeatures, rows: slice, columns: slice) -> Matrix:
    total: Matrix | None = None
    for part in PARTS:
        offset, gain = SHAPES[part]
        block: Matrix = needs.matrices[part][rows] @ companies.matrices[part][columns].T
        weight = np.float32(needs.policy.weights[part])
        block -= np.float32(offset)
        block *= np.float32(gain)
        np.clip(block, 0.0, 1.0, out=block)
        block *= weight
        total = block if total is None else np.add(total, block, out=total)
    assert total is not None
    return total


def part_points(
    needs: NeedFeatures, row: int, companies: CompanyFeatures, columns: npt.NDArray[np.intp]
) -> dict[str, npt.NDArray[np.float64]]:
    """Give by part the points of one need with some companies, in double precision, rounded to 6 decimals."""
    points = {}
    for part in PARTS:
        offset, gain = SHAPES[part]
        need = needs.matrices[part][row].astype(np.float64)
        # Multiply and sum by row, not `@`: each sum then depends on its own row alone.
        product = (companies.matrices[part][columns].astype(np.float64) * need).sum(axis=1)
        points[part] = np.round(needs.policy.weights[part] * np.clip(gain * (product - offset), 0.0, 1.0), 6)
    return points


def exact_scores(
    needs: NeedFeatures, row: int, companies: CompanyFeatures, columns: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Give the scores 0..100 of one need with some companies: the sums of their parts, to 6 decimals."""
    points = part_points(needs, row, companies, columns)
    return np.round(sum((points[part] for part in PARTS), np.zeros(len(columns))), 6)


def _company_readings(company: Company, engine: TextEngine) -> tuple[FieldReading, ...]:
    fields = [("name", NAME_STRENGTH, company.name), ("description", 1.0, company.description)]
    for one in company.capabilities:
        fields += [
            (f"capabilities.{one.id}.title", 1.0, one.title),
            (f"capabilities.{one.id}.text", 1.0, one.text),
        ]
    return _read(fields, company.language, engine)


def _need_readings(partner: Partner, need: Need, engine: TextEngine) -> tuple[FieldReading, ...]:
    fields = [
        ("title", 1.0, need.title),
        ("text", 1.0, need.text),
        ("requirements", NAME_STRENGTH, need.requirements),
        ("name", NAME_STRENGTH, partner.name),
    ]
    return _read(fields, partner.language, engine)


def _read(
    fields: Sequence[tuple[str, float, str]], language: str, engine: TextEngine
) -> tuple[FieldReading, ...]:
    return tuple(
        FieldReading(name, share, engine.read(text, language)) for name, share, text in fields if text
    )


def _spots(fields: Sequence[FieldReading]) -> dict[str, Spot]:
    """Give each concept's strongest mention; of equals the first."""
    best: dict[str, Spot] = {}
    for one in fields:
        for concept, mention in one.reading.strongest().items():
            strength = one.share * mention.strength
            if concept not in best or strength > best[concept].strength:
                best[concept] = Spot(one.field, mention, strength)
    return best


def _areas(
    fields: Sequence[FieldReading], given: Sequence[str], engine: TextEngine
) -> tuple[AreaFinding, ...]:
    return areas_of([one.reading for one in fields], given, engine.thesaurus)


def _stack(rows: Sequence[Sequence[float] | npt.NDArray[np.float32]], width: int) -> Matrix:
    return np.array(rows, dtype=np.float32).reshape(len(rows), width)


def _one_hot(choices: Sequence[str], chosen: str) -> list[float]:
    return [1.0 if choice == chosen else 0.0 for choice in choices]


__all__ = [
    "PARTS",
    "CompanyFeatures",
    "FieldReading",
    "NeedFeatures",
    "Spot",
    "candidates",
    "company_features",
    "exact_scores",
    "need_features",
    "part_points",
]
