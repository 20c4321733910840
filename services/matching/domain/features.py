"""Features, candidates and the parts of a score: what the rest of matching uses of the text side."""

from __future__ import annotations

from services.matching.domain.evidence import Evidence, Missing, PartScore, pair_parts
from services.matching.domain.scoring import (
    PARTS,
    CompanyFeatures,
    FieldReading,
    NeedFeatures,
    Spot,
    candidates,
    company_features,
    exact_scores,
    nearest_companies,
    need_features,
)

__all__ = [
    "PARTS",
    "CompanyFeatures",
    "Evidence",
    "FieldReading",
    "Missing",
    "NeedFeatures",
    "PartScore",
    "Spot",
    "candidates",
    "company_features",
    "exact_scores",
    "nearest_companies",
    "need_features",
    "pair_parts",
]
