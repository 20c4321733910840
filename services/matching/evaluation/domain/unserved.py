"""The answer *no good match*: how precisely and how often it is given where no company serves a need."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from services.matching.organisations.domain.model import MatchRequest, Need, Partner
from services.matching.scoring.domain.features import CompanyFeatures, need_features
from services.matching.scoring.domain.policy import ScoringPolicy
from services.matching.scoring.domain.selection import choose
from services.matching.scoring.domain.vectors import vectors_of
from services.matching.text.domain.concept_engine import TextEngine, engine_by_words

OTHER_NEEDS_FILE = Path(__file__).with_name("other_needs.json")
"""Needs of other trades than health and care."""
MOST_CONSTRUCTED = 30
ANSWERED = 0.3
"""A concept that the companies' words answer with less is one that nobody covers."""
TELLING = 0.8
"""The weight (0..1) of concepts that needs are built from."""
_ASKING = {"sv": "Vi söker {}.", "en": "We are looking for {}."}
_JUDGED = {"yes": True, "1": True, "no": False, "0": False}


@dataclass(frozen=True)
class JudgedNeed:
    """A need with its partner, and whether a company of the set serves it, as judged or constructed."""

    partner: Partner
    need: Need
    served: bool


class Judgement(NamedTuple):
    """Whether no company serves a need: as judged, and as found."""

    judged: bool
    found: bool


def judged_rows(rows: Sequence[Mapping[str, str]]) -> list[JudgedNeed]:
    """Read rows with `need`, `served` (yes, no, 1 or 0) and, where known, `language` and `kind` of the partner.

    Raises ValueError that names the row when `served` is none of those.
    """
    found = []
    for number, row in enumerate(rows, 1):
        if row["served"] not in _JUDGED:
            raise ValueError(f"need {number}: served {row['served']!r} must be yes or no")
        partner = _partner(f"need-{number}", row.get("language") or "", row.get("kind") or "")
        found.append(JudgedNeed(partner, Need("1", row["need"]), _JUDGED[row["served"]]))
    return found


def constructed_needs(companies: CompanyFeatures, engine: TextEngine) -> list[JudgedNeed]:
    """Make needs of other trades, and needs for single concepts: such as no company's words answer, and such as do.

    Of each kind of concept at most `MOST_CONSTRUCTED`, chosen by hash, in Swedish and English by turns.
    """
    others = [
        JudgedNeed(_partner(f"other-{place}", row["language"]), Need("1", row["need"]), False)
        for place, row in enumerate(_other_needs(), 1)
    ]
    vectors = vectors_of(engine_by_words(engine.thesaurus))
    best = np.zeros(vectors.concepts)
    for spots in companies.spots:
        for offered, spot in spots.items():
            if not spot.mention.near:
                answers = vectors.links.strength[vectors.links.index[offered]] * spot.strength
                np.maximum(best, answers, out=best)
    telling = sorted(
        (one for one in engine.thesaurus.concepts.values() if one.weight >= TELLING),
        key=lambda one: hashlib.sha256(one.id.encode()).hexdigest(),
    )
    answered = {one.id: float(best[vectors.links.index[one.id]]) for one in telling}
    groups = (
        (False, [one for one in telling if answered[one.id] < ANSWERED]),
        (True, [one for one in telling if answered[one.id] == 1.0]),
    )
    for served, concepts in groups:
        for place, concept in enumerate(concepts[:MOST_CONSTRUCTED]):
            language = ("sv", "en")[place % 2]
            text = _ASKING[language].format(concept.names[language].lower())
            others.append(JudgedNeed(_partner(f"for-{concept.id}", language), Need("1", text), served))
    return others


def judgements(
    companies: CompanyFeatures, needs: Sequence[JudgedNeed], engine: TextEngine, policy: ScoringPolicy
) -> list[Judgement]:
    """Return for each need whether no company serves it, as judged, and whether it was found so.

    A need is found unserved when the policy lets it have no match.
    """
    engine.prepare(text for one in needs for text in (one.need.title, one.need.text))
    told = []
    for one in needs:
        asked = need_features([(one.partner, one.need)], engine, policy)
        request = MatchRequest("1", 1, one.partner.id, (one.need,))
        matches, _ = choose(request, one.partner, asked, companies, policy, frozenset())
        told.append(Judgement(not one.served, not matches))
    return told


def no_good_match(told: Sequence[Judgement]) -> dict[str, Any]:
    """Return `precision` and `recall` (0..1) of finding the needs that no company serves, and the number of `needs`.

    None stands for a share of nothing: where no need was found so (precision), or none is so (recall).
    """
    hits = sum(one.judged and one.found for one in told)
    found, judged = sum(one.found for one in told), sum(one.judged for one in told)
    return {
        "precision": round(hits / found, 4) if found else None,
        "recall": round(hits / judged, 4) if judged else None,
        "needs": len(told),
    }


def _partner(id: str, language: str, kind: str = "") -> Partner:
    return Partner(id, 1, "", kind=kind, language=language)


@cache
def _other_needs() -> Sequence[Mapping[str, str]]:
    needs: list[dict[str, str]] = json.loads(OTHER_NEEDS_FILE.read_text(encoding="utf-8"))
    return needs
