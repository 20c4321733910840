"""What another scoring policy would change, request by request, and how it agrees with what staff decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.matching.organisations.domain.model import MatchRequest, Partner
from services.matching.reports.domain.comparison import Agreement, Differences, Placed
from services.matching.scoring.domain.policy import ScoringPolicy


@dataclass(frozen=True)
class Asked:
    """A request to look at: with its partner, the lifted exclusions, and staff's last decision by match id."""

    request: MatchRequest
    partner: Partner
    lifted: frozenset[tuple[str, str]]
    decided: Mapping[str, str]


@dataclass(frozen=True)
class RequestPreview:
    """One request under both policies; `covered` counts the needs that have a match."""

    asked: Asked
    differences: Differences
    covered_before: int
    covered_after: int


@dataclass(frozen=True)
class Preview:
    """What the draft would change: only requests with differences are listed.

    `looked_at` of `total` requests were compared, those with the newest change first: the open ones and those that
    staff decided on. `agreements` by decision (approved, rejected) are of the active policy and of the draft, over
    the decided matches whose company and need are still there; `gone` counts the others.
    """

    active: ScoringPolicy
    looked_at: int
    total: int
    open_looked_at: int
    requests: tuple[RequestPreview, ...]
    agreements: Mapping[str, tuple[Agreement, Agreement]]
    gone: int
    companies: Mapping[str, str] = field(default_factory=dict)


def preview_to_json(preview: Preview) -> dict[str, Any]:
    """Return a preview as plain values."""
    approved, rejected = (preview.agreements[name] for name in ("approved", "rejected"))
    return {
        "active_version": preview.active.version,
        "looked_at": preview.looked_at,
        "of": preview.total,
        "open_looked_at": preview.open_looked_at,
        "changed": len(preview.requests),
        "agreement": {
            "approved": _agreement_json(*approved),
            "rejected": _agreement_json(*rejected),
            "no_longer_there": preview.gone,
        },
        "requests": [_request_json(one, preview.companies) for one in preview.requests],
    }


def _agreement_json(before: Agreement, after: Agreement) -> dict[str, Any]:
    return {
        "decided": before.of,
        "named_by_active": before.named,
        "named_by_draft": after.named,
        "active_share": before.share,
        "draft_share": after.share,
    }


def _request_json(one: RequestPreview, names: Mapping[str, str]) -> dict[str, Any]:
    def placed(match: Placed) -> dict[str, Any]:
        return {
            "company_id": match.company_id,
            "company_name": names[match.company_id],
            "need_id": match.need_id,
            "role": match.role,
            "place": match.place,
            "score": match.score,
        }

    return {
        "request_id": one.asked.request.id,
        "title": one.asked.request.title,
        "status": one.asked.request.status,
        "partner_id": one.asked.partner.id,
        "partner_name": one.asked.partner.name,
        "needs": len(one.asked.request.needs),
        "covered_by_active": one.covered_before,
        "covered_by_draft": one.covered_after,
        "entered": [placed(match) for match in one.differences.entered],
        "left": [placed(match) for match in one.differences.left],
        "moved": [
            {
                **placed(match.after),
                "place_before": match.before.place,
                "score_before": match.before.score,
            }
            for match in one.differences.moved
        ],
    }
