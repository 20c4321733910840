"""Why a pair scores what it scores: each part's points with the words of both sides, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.matching.scoring.domain.features import PARTS, CompanyFeatures, NeedFeatures, Spot, part_points
from services.matching.scoring.domain.vectors import vectors_of
from services.matching.text.domain.concept_links import Link, Links

SHOWN = 0.01
"""A join with a smaller share of its part is not shown."""
ANSWERED = 0.3
"""A need's concept counts as missing when the company's best link to it is weaker."""


@dataclass(frozen=True)
class Evidence:
    """One join: the need's concept by name (sv, en), both sides' words, exact, and the points it gave.

    `link`: the company mentions the `same` concept, a wider or narrower one (`parent`), or one that `serves` it.
    `near`: at least one side has its concept by nearness of meaning only, and the sentence that is nearest is quoted.
    `strength` (0..1): how well the company's concept answers the need's; under `ANSWERED` they are only kin.
    """

    concept_names: Mapping[str, str]
    need_quote: str
    company_quote: str
    company_field: str
    points: float
    link: Link
    concept: str = ""
    need_field: str = "text"
    near: bool = False
    strength: float = 1.0


@dataclass(frozen=True)
class Missing:
    """A concept the need mentions by its words and the company does not answer."""

    concept: str
    concept_names: Mapping[str, str]
    need_quote: str


@dataclass(frozen=True)
class PartScore:
    """One part of a score: `points` of at most `most`; `evidence` by points; `missing` by the need's weight.

    The areas' evidence carries the area's code in `concept`, no names, and a word of either side that leans there;
    `missing_areas` are codes of the need that the company does not have.
    """

    points: float
    most: float
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[Missing, ...] = ()
    missing_areas: tuple[str, ...] = ()


def pair_parts(
    needs: NeedFeatures, need_index: int, companies: CompanyFeatures, company_index: int
) -> Mapping[str, PartScore]:
    """Return the parts of one pair's score by name; the points sum to the candidate score within 1e-6."""
    points = part_points(needs, need_index, companies, np.array([company_index]))
    found = {part: float(points[part][0]) for part in PARTS}
    most = {part: float(needs.policy.weights[part]) for part in PARTS}
    parts = {part: PartScore(found[part], most[part]) for part in PARTS}
    parts["concepts"] = _concepts(
        needs, need_index, companies, company_index, found["concepts"], most["concepts"]
    )
    parts["areas"] = _areas(needs, need_index, companies, company_index, found["areas"], most["areas"])
    return parts


def _concepts(
    needs: NeedFeatures, row: int, companies: CompanyFeatures, column: int, points: float, most: float
) -> PartScore:
    links = vectors_of(needs.engine).links
    asked, offered = needs.matrices["concepts"][row], companies.matrices["concepts"][column]
    shares = asked.astype(np.float64) * offered
    total = float(shares.sum())
    joins, missing = [], []
    offers = companies.spots[column]
    for concept, spot in needs.spots[row].items():
        place = links.index[concept]
        names = needs.engine.thesaurus.concepts[concept].names
        best = _best_offer(links, concept, offers)
        strength = 0.0 if best is None else links.strength[links.index[best], place] * offers[best].strength
        if strength < ANSWERED and not spot.mention.near:
            missing.append((-float(asked[place]), Missing(concept, names, spot.mention.quote)))
        if best is not None and total and shares[place] / total >= SHOWN:
            joins.append(
                Evidence(
                    names,
                    spot.mention.quote,
                    offers[best].mention.quote,
                    offers[best].field,
                    round(points * float(shares[place]) / total, 6),
                    links.kind(best, concept),
                    concept,
                    spot.field,
                    spot.mention.near or offers[best].mention.near,
                    float(strength),
                )
            )
    return PartScore(
        points,
        most,
        tuple(sorted(joins, key=lambda join: (-join.points, join.concept))),
        tuple(one for _, one in sorted(missing, key=lambda pair: (pair[0], pair[1].concept))),
    )


def answers(joins: Sequence[Evidence]) -> Sequence[Evidence]:
    """Leave out joins of what is only kin, unless there are no others."""
    return [one for one in joins if one.strength >= ANSWERED] or joins


def _best_offer(links: Links, need: str, offers: Mapping[str, Spot]) -> str | None:
    """Return the company's concept that answers the need's concept best; None: none does."""
    strength = {
        offer: float(links.strength[links.index[offer], links.index[need]]) * spot.strength
        for offer, spot in offers.items()
    }
    best = min(strength, key=lambda offer: (-strength[offer], offer), default=None)
    return best if best is not None and strength[best] > 0.0 else None


def _areas(
    needs: NeedFeatures, row: int, companies: CompanyFeatures, column: int, points: float, most: float
) -> PartScore:
    has = {finding.code: finding for finding in companies.areas[column]}
    asked = needs.areas[row]
    shared = [finding for finding in asked if finding.code in has]
    total = sum(finding.strength * has[finding.code].strength for finding in shared)
    joins = [
        Evidence(
            {},
            finding.words[0] if finding.words else "",
            has[finding.code].words[0] if has[finding.code].words else "",
            _field_of(companies, column, has[finding.code].words),
            round(points * finding.strength * has[finding.code].strength / total, 6) if total else 0.0,
            Link.SAME,
            finding.code,
            _field_of(needs, row, finding.words),
        )
        for finding in shared
    ]
    missing = tuple(finding.code for finding in asked if finding.code not in has)
    return PartScore(points, most, tuple(joins), (), missing)


def _field_of(side: NeedFeatures | CompanyFeatures, row: int, words: tuple[str, ...]) -> str:
    """Return the field that holds the first of the words."""
    if words:
        for one in side.readings[row]:
            if words[0] in one.reading.text:
                return one.field
    return ""
