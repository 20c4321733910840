"""Simple rankings to compare with: by chance, by words, by ticked focus areas, by an embedding."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from services.matching.organisations.domain.model import Company, Need, Partner
from services.matching.scoring.domain.features import CompanyFeatures, FieldReading, NeedFeatures

Rank = Callable[[str], list[str]]
Scores = Mapping[str, Mapping[str, float]]

RANDOM_ORDERS = 20


def baseline_rankings(
    companies: Sequence[Company], pairs: Sequence[tuple[Partner, Need]]
) -> dict[str, list[Rank]]:
    """Return the baselines by name, each as one or more rankings that are to be averaged.

    Ties go by a hash of both ids, not by id: files are often written in an order that gives labels away.
    """
    ids = [company.id for company in companies]
    texts = {company.id: company_text(company) for company in companies}
    asked = {partner.id: "" for partner, _ in pairs}
    ticked: dict[str, set[str]] = {partner.id: set() for partner, _ in pairs}
    for partner, need in pairs:
        asked[partner.id] += f"{need.title} {need.text} {need.requirements}\n"
        ticked[partner.id].update(need.focus_areas)
    areas = {one.id: {code for offer in one.capabilities for code in offer.focus_areas} for one in companies}
    return {
        "random": [_ranking({}, ids, f"order {number}") for number in range(RANDOM_ORDERS)],
        "word_tfidf": [_ranking(tfidf_scores(asked, texts, words), ids)],
        "character_tfidf": [_ranking(tfidf_scores(asked, texts, character_pieces), ids)],
        "same_areas": [
            _ranking({p: {c: set_cosine(has, areas[c]) for c in ids} for p, has in ticked.items()}, ids)
        ],
    }


def embedding_ranking(companies: CompanyFeatures, needs: NeedFeatures) -> dict[str, list[Rank]]:
    """Return the ranking by the embedding alone: the cosine of the longest text's vectors; none without vectors."""
    offered = {
        one.id: _vector(fields) for one, fields in zip(companies.companies, companies.readings, strict=True)
    }
    if not any(vector is not None for vector in offered.values()):
        return {}
    scores: dict[str, dict[str, float]] = {}
    for (partner, _), fields in zip(needs.pairs, needs.readings, strict=True):
        asked, of_partner = _vector(fields), scores.setdefault(partner.id, {})
        for id, vector in offered.items():
            near = float(asked @ vector) if asked is not None and vector is not None else -1.0
            of_partner[id] = max(near, of_partner.get(id, -1.0))
    return {"embedding": [_ranking(scores, list(offered))]}


def _vector(fields: Sequence[FieldReading]) -> npt.NDArray[np.float32] | None:
    readings = [one.reading for one in fields if one.reading.vector is not None]
    return max(readings, key=lambda one: len(one.text)).vector if readings else None


def company_text(company: Company) -> str:
    """Return all a company says it offers, as one text."""
    parts = [company.description, *(f"{one.title} {one.text}" for one in company.capabilities)]
    return "\n".join(parts)


def words(text: str) -> list[str]:
    """Split a text into lower-case words of two letters or more."""
    return [
        word for word in "".join(c if c.isalnum() else " " for c in text.lower()).split() if len(word) > 1
    ]


def character_pieces(text: str) -> list[str]:
    """Split a text into pieces of three to five characters inside its words, with their borders."""
    pieces = []
    for word in words(text):
        padded = f" {word} "
        pieces += [padded[i : i + size] for size in (3, 4, 5) for i in range(len(padded) - size + 1)]
    return pieces


def tfidf_scores(
    needs: Mapping[str, str], offers: Mapping[str, str], split: Callable[[str], list[str]]
) -> dict[str, dict[str, float]]:
    """Return by need and offer the cosine of TF-IDF vectors.

    A weight is tf * (ln((1 + n) / (1 + df)) + 1) over the n texts of both sides.
    """
    counts = {("n", one): Counter(split(text)) for one, text in needs.items()}
    counts |= {("o", one): Counter(split(text)) for one, text in offers.items()}
    seen = Counter(token for found in counts.values() for token in found)
    idf = {token: math.log((1 + len(counts)) / (1 + times)) + 1.0 for token, times in seen.items()}
    vectors: dict[tuple[str, str], dict[str, float]] = {}
    for key, found in counts.items():
        vector = {token: times * idf[token] for token, times in found.items()}
        length = math.sqrt(sum(value * value for value in vector.values())) or 1.0
        vectors[key] = {token: value / length for token, value in vector.items()}
    return {
        need: {offer: _dot(vectors["n", need], vectors["o", offer]) for offer in offers} for need in needs
    }


def _dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(value * other[token] for token, value in one.items() if token in other)


def set_cosine(one: set[str], other: set[str]) -> float:
    """Return the cosine of two sets, 0..1: what they share over the root of the product of their sizes."""
    return len(one & other) / math.sqrt(len(one) * len(other)) if one and other else 0.0


def _ranking(scores: Scores, ids: Sequence[str], salt: str = "") -> Rank:
    def rank(partner: str) -> list[str]:
        of_partner = scores.get(partner, {})
        return sorted(
            ids, key=lambda company: (-of_partner.get(company, 0.0), _chance(salt, partner, company))
        )

    return rank


def _chance(salt: str, partner: str, company: str) -> str:
    return hashlib.sha256(f"{salt}|{partner}|{company}".encode()).hexdigest()
