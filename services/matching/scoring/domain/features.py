"""Feature vectors of both sides, the candidates by matrix product, and the parts of a pair's score with evidence.

Each part's similarity is a product of two vectors, cut to 0..1 (`SHAPES`); times the policy's weight it makes the
part's points, and the score is their sum, 0..100. A row depends on nothing but its own organisation, the text
engine and this code, so that a change elsewhere leaves a score as it is. As staff read a score: 55 and up a good
match, 40 to 55 plausible, under 20 unrelated; `policy.floor` lies between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from services.matching.organisations.domain.kinds import standard_kinds
from services.matching.organisations.domain.model import Company, Need, Partner
from services.matching.scoring.domain.policy import ScoringPolicy
from services.matching.scoring.domain.search import Part, needs_reached, shortlists
from services.matching.scoring.domain.vectors import vectors_of
from services.matching.text.domain.areas import AreaFinding, areas_of
from services.matching.text.domain.concept_engine import Mention, Reading, TextEngine
from services.matching.text.domain.passages import closely_read, units

Matrix = npt.NDArray[np.float32]

PARTS = ("areas", "concepts", "text", "kind")

SHAPES: Mapping[str, tuple[float, float]] = {
    "areas": (0.0, 1.0),
    "concepts": (0.0, 1.0),
    "text": (0.04, 3.0),
    "kind": (0.0, 1.0),
}
"""By part (offset, gain): similarity = gain * (product - offset), cut to 0..1. Text under the offset is chance."""

_UNCUT = ("areas", "kind")
"""Parts whose product is 0..1 by itself: vectors of length 1 at most, nothing negative; and one share 0..1."""

NAME = "name"
"""The field of an organisation's name."""
NAME_STRENGTH = 0.6
"""How much a concept counts that only the organisation's name or a requirement mentions."""

PAIR_BLOCK = 128


@dataclass(frozen=True)
class FieldReading:
    """One text of an organisation: the field it stands in, how much it counts (0..1), and what was read."""

    field: str
    share: float
    reading: Reading
    closely: int = 0
    """How many characters of the text are embedded where the engine has an embedding."""


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
    lacking: frozenset[str] = frozenset()
    """The companies of which texts were read by words for want of vectors."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the company ids by row."""
        return tuple(company.id for company in self.companies)


@dataclass(frozen=True)
class NeedFeatures(_Side):
    """Needs, each with its partner, in the order given; otherwise as CompanyFeatures."""

    pairs: tuple[tuple[Partner, Need], ...]
    policy: ScoringPolicy


def company_features(companies: Sequence[Company], engine: TextEngine) -> CompanyFeatures:
    """Read companies into features; a row depends on its company and the engine alone."""
    engine.prepare(text for company in companies for text in texts_of_company(company))
    vectors = vectors_of(engine)
    kinds = standard_kinds()
    readings = tuple(_read(_company_fields(company), company.language, engine) for company in companies)
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
    together = _by_partner(pairs)
    engine.prepare(text for some in together for text in texts_of_needs([need for _, need in some]))
    vectors = vectors_of(engine)
    kinds = standard_kinds()
    readings = tuple(one for some in together for one in _read_needs(some, engine))
    spots = tuple(_spots(fields) for fields in readings)
    given = [list(need.focus_areas) for _, need in pairs]
    areas = tuple(_areas(fields, codes, engine) for fields, codes in zip(readings, given, strict=True))
    kind_rows = [_one_hot(kinds.partners, kinds.partner_kind(p.kind or p.name)) for p, _ in pairs]
    matrices = {
        "areas": _stack(
            [vectors.asked_areas(*both) for both in zip(spots, given, strict=True)], vectors.area_slots
        ),
        "concepts": _stack([vectors.asked(one) for one in spots], vectors.concepts),
        "text": _stack([vectors.text(fields) for fields in readings], vectors.text_dimensions),
        "kind": _stack(kind_rows, len(kinds.partners)),
    }
    return NeedFeatures(readings, spots, areas, matrices, engine, tuple(pairs), policy)


def best_companies(needs: NeedFeatures, companies: CompanyFeatures, k: int) -> list[npt.NDArray[np.intp]]:
    """Return for each need its k best companies as rows in `companies`, best first, ties by id.

    Matrix products in blocks, never all pairs at once; where these leave the order in doubt it is by exact scores,
    so that the answer depends neither on the order of rows nor on the blocks.
    """
    ids = companies.ids
    out = []
    for rows, lists in shortlists(search_parts(needs, companies), k):
        for row, one in zip(rows, lists, strict=True):
            columns = one.columns
            if not one.settled:
                exact = (-exact_scores(needs, row, companies, columns)).tolist()
                near_ids = [ids[column] for column in columns.tolist()]
                ranked = sorted(zip(exact, near_ids, range(len(columns)), strict=True))
                columns = columns[[place for _, _, place in ranked]]
            out.append(columns[: max(0, k)])
    return out


def candidates(
    needs: NeedFeatures, companies: CompanyFeatures, k: int
) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]]:
    """Return what `best_companies` returns, with the scores 0..100."""
    return [
        (columns, exact_scores(needs, row, companies, columns))
        for row, columns in enumerate(best_companies(needs, companies, k))
    ]


def needs_touched(
    needs: NeedFeatures, companies: CompanyFeatures, bars: npt.NDArray[np.float32]
) -> list[int]:
    """Return the needs (rows) whose bar, in points, the score of any of a few companies may reach, in order."""
    return [int(row) for row in needs_reached(search_parts(needs, companies), bars)]


def search_parts(needs: NeedFeatures, companies: CompanyFeatures) -> list[Part]:
    """Return the parts of the score as the search takes them."""
    parts = []
    for part in PARTS:
        (offset, gain), weight = SHAPES[part], needs.policy.weights[part]
        asked, offered = needs.matrices[part], companies.matrices[part]
        parts.append(Part(asked, offered, gain * weight, offset, weight, cut=part not in _UNCUT))
    return parts


def part_points(
    needs: NeedFeatures, row: int, companies: CompanyFeatures, columns: npt.NDArray[np.intp]
) -> dict[str, npt.NDArray[np.float64]]:
    """Return by part the points of one need with some companies, in double precision, rounded to 6 decimals."""
    points = _points(needs, np.full(len(columns), row), companies, columns)
    return dict(zip(PARTS, points, strict=True))


def exact_scores(
    needs: NeedFeatures, row: int, companies: CompanyFeatures, columns: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Return the scores 0..100 of one need with some companies: the sums of their parts, to 6 decimals."""
    total: npt.NDArray[np.float64] = _points(needs, np.full(len(columns), row), companies, columns).sum(
        axis=0
    )
    return np.round(total, 6)


def _points(
    needs: NeedFeatures,
    rows: npt.NDArray[np.intp],
    companies: CompanyFeatures,
    columns: npt.NDArray[np.intp],
) -> npt.NDArray[np.float64]:
    """Return the points of pairs, a row a part and a column a pair."""
    products = np.empty((len(PARTS), len(columns)))
    for first in range(0, len(columns), PAIR_BLOCK):
        some = slice(first, first + PAIR_BLOCK)
        for place, part in enumerate(PARTS):
            asked = needs.matrices[part][rows[some]].astype(np.float64)
            offered = companies.matrices[part][columns[some]].astype(np.float64)
            # One dot product a pair, not `@`: each then depends on its own two rows alone.
            np.vecdot(offered, asked, out=products[place, some])
    offsets, gains = (np.array([SHAPES[part][one] for part in PARTS])[:, None] for one in (0, 1))
    weights = np.array([needs.policy.weights[part] for part in PARTS])[:, None]
    shares: npt.NDArray[np.float64] = np.clip(gains * (products - offsets), 0.0, 1.0)
    return np.round(weights * shares, 6)


Field = tuple[str, float, str]
"""A text with the name of the field it stands in and how much it counts (0..1)."""


def texts_of_company(company: Company) -> list[str]:
    """Return what is embedded of a company's texts: the beginnings of long ones, and nothing of its name."""
    return _beginnings(_company_fields(company))


def texts_of_needs(needs: Sequence[Need]) -> list[str]:
    """Return what is embedded of the texts of a request's needs, in their order."""
    return _beginnings([field for need in needs for field in _own_fields(need)])


def lack_vectors(fields: Iterable[FieldReading]) -> bool:
    """Say whether a text that is to be embedded was read by its words for want of vectors."""
    return any(
        one.reading.vector is None and bool(units(one.reading.text[: one.closely]))
        for one in fields
        if one.field != NAME
    )


def is_read_in_part(needs: Sequence[Need]) -> bool:
    """Say whether an embedding takes in only the beginning of some text of a request's needs."""
    fields = [field for need in needs for field in _own_fields(need)]
    return any(end < len(text.rstrip()) for end, (_, _, text) in zip(_embedded(fields), fields, strict=True))


def _company_fields(company: Company) -> list[Field]:
    fields = [(NAME, NAME_STRENGTH, company.name), ("description", 1.0, company.description)]
    for one in company.capabilities:
        fields += [
            (f"capabilities.{one.id}.title", 1.0, one.title),
            (f"capabilities.{one.id}.text", 1.0, one.text),
        ]
    return fields


def _own_fields(need: Need) -> list[Field]:
    return [
        ("title", 1.0, need.title),
        ("text", 1.0, need.text),
        ("requirements", NAME_STRENGTH, need.requirements),
    ]


def _need_fields(partner: Partner, need: Need) -> list[Field]:
    return [*_own_fields(need), (NAME, NAME_STRENGTH, partner.name)]


def _read(
    fields: Sequence[Field], language: str, engine: TextEngine, ends: Sequence[int] | None = None
) -> tuple[FieldReading, ...]:
    if ends is None:
        ends = _ends(fields, engine)
    return tuple(
        FieldReading(name, share, engine.read(text, language, by_words=name == NAME, closely=end), end)
        for (name, share, text), end in zip(fields, ends, strict=True)
        if text
    )


def _read_needs(
    pairs: Sequence[tuple[Partner, Need]], engine: TextEngine
) -> Iterator[tuple[FieldReading, ...]]:
    """Read the needs of one partner, which share what an organisation may cost."""
    by_need = [_need_fields(*pair) for pair in pairs]
    ends = iter(_ends([field for fields in by_need for field in fields], engine))
    for (partner, _), fields in zip(pairs, by_need, strict=True):
        yield _read(fields, partner.language, engine, [next(ends) for _ in fields])


def _by_partner(pairs: Sequence[tuple[Partner, Need]]) -> list[list[tuple[Partner, Need]]]:
    return [list(some) for _, some in groupby(pairs, key=lambda pair: pair[0].id)]


def _ends(fields: Sequence[Field], engine: TextEngine) -> list[int]:
    return _embedded(fields) if engine.vector_size else [0] * len(fields)


def _embedded(fields: Sequence[Field]) -> list[int]:
    """Return how many characters of each field are embedded; of a name none."""
    return closely_read("" if name == NAME else text for name, _, text in fields)


def _beginnings(fields: Sequence[Field]) -> list[str]:
    ends = _embedded(fields)
    return [text[:end] for (_, _, text), end in zip(fields, ends, strict=True) if text[:end].strip()]


def _spots(fields: Sequence[FieldReading]) -> dict[str, Spot]:
    """Return each concept's strongest mention; of equals the first."""
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
    return areas_of([one.reading for one in fields], given, engine.thesaurus, [one.share for one in fields])


def _stack(rows: Sequence[Sequence[float] | npt.NDArray[np.float32]], width: int) -> Matrix:
    return np.array(rows, dtype=np.float32).reshape(len(rows), width)


def _one_hot(choices: Sequence[str], chosen: str) -> list[float]:
    return [1.0 if choice == chosen else 0.0 for choice in choices]
