"""A thesaurus of a few concepts, and short ways to write companies, partners and requests for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from services.matching.organisations.domain.model import (
    Capability,
    Company,
    MatchRequest,
    MustHaves,
    Need,
    Partner,
)
from services.matching.reports.domain.make_report import make_report
from services.matching.reports.domain.report import Report
from services.matching.scoring.domain.features import company_features
from services.matching.scoring.domain.history import History
from services.matching.scoring.domain.policy import STANDARD_POLICY, ScoringPolicy
from services.matching.text.domain.concept_engine import ConceptEngine, TextEngine
from services.matching.text.domain.thesaurus import make_thesaurus

AS_OF = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

CONCEPTS = (
    {
        "id": "care",
        "names": {"sv": "Omsorg", "en": "Care services"},
        "stems": {"en": ["home care"]},
        "areas": {"ageing": 1.0},
    },
    {
        "id": "alarm",
        "names": {"sv": "Trygghetslarm", "en": "Telecare"},
        "stems": {"en": ["telecare", "*alarm*"], "sv": ["trygghetslarm*"], "da": ["nødkald*"]},
        "parents": ["care"],
        "areas": {"ageing": 1.0, "digital": 0.5},
    },
    {
        "id": "locks",
        "names": {"sv": "Digitala lås", "en": "Digital locks"},
        "stems": {"en": ["lock*"], "sv": ["lås*"]},
        "parents": ["care"],
    },
    {
        "id": "radiotherapy",
        "names": {"sv": "Strålbehandling", "en": "Radiotherapy"},
        "stems": {"en": ["radiotherapy", "linac*"], "sv": ["strål*"]},
        "areas": {"cancer": 1.0},
    },
    {
        "id": "hygiene",
        "names": {"sv": "Handhygien", "en": "Hand hygiene"},
        "stems": {"en": ["hand hygiene"], "sv": ["handhygien*"]},
        "areas": {"amr": 1.0},
        "served_by": {"ventilation": 0.6},
    },
    {
        "id": "ventilation",
        "names": {"sv": "Ventilation", "en": "Ventilation"},
        "stems": {"en": ["ventilation"], "sv": ["luft*"]},
        "areas": {"hospitals": 1.0, "amr": 0.5},
    },
)  # fmt: skip


@cache
def small_engine() -> TextEngine:
    return ConceptEngine(make_thesaurus(CONCEPTS, "small"))


def company(company_id: str = "C1", text: str = "Telecare for home care.", **more: Any) -> Company:
    """A company with one capability; `areas` and `regulatory_status` are the capability's."""
    capability = Capability(
        "cap1",
        text,
        focus_areas=tuple(more.pop("areas", ())),
        regulatory_status=more.pop("regulatory_status", None),
    )
    fields: dict[str, Any] = {
        "version": 1,
        "name": f"Company {company_id}",
        "country": "Sweden",
        "kind": "manufacturer",
        "language": "en",
        "capabilities": (capability,),
    }
    return Company(id=company_id, **{**fields, **more})


def partner(**more: Any) -> Partner:
    fields: dict[str, Any] = {
        "id": "P1",
        "version": 1,
        "name": "Bergen City",
        "country": "Norway",
        "kind": "municipality",
        "language": "en",
    }
    return Partner(**{**fields, **more})


def need(text: str = "Looking for telecare with alarms.", need_id: str = "n1", **more: Any) -> Need:
    return Need(need_id, text, **more)


def request(*needs: Need, must_haves: MustHaves | None = None, **more: Any) -> MatchRequest:
    fields: dict[str, Any] = {"id": "R1", "version": 1, "partner_id": "P1"}
    return MatchRequest(needs=needs or (need(),), must_haves=must_haves or MustHaves(), **{**fields, **more})


def report(
    companies: Sequence[Company],
    asked: MatchRequest | None = None,
    of: Partner | None = None,
    history: History | None = None,
    policy: ScoringPolicy = STANDARD_POLICY,
    lifted: frozenset[tuple[str, str]] = frozenset(),
    as_of: datetime = AS_OF,
) -> Report:
    engine = small_engine()
    features = company_features(companies, engine)
    return make_report(
        asked or request(), of or partner(), features, history or History(), policy, engine, as_of, lifted
    ).report


def report_json(*args: Any, **more: Any) -> dict[str, Any]:
    return report(*args, **more).to_json()
