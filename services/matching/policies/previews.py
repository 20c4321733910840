"""What another scoring policy would change on open and past requests, without keeping anything of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions import store as decisions
from services.matching.organisations.domain.model import (
    MatchRequest,
    Partner,
    partner_from_state,
    request_from_state,
)
from services.matching.organisations.store import projection
from services.matching.reports.domain.comparison import (
    Agreement,
    Differences,
    Placed,
    agreement,
    compare,
    placed_chosen,
)
from services.matching.reports.store.lifted import lifted_by_request
from services.matching.scoring import store as policies
from services.matching.scoring.domain.features import CompanyFeatures, need_features
from services.matching.scoring.domain.policy import ScoringPolicy
from services.matching.scoring.domain.selection import choose
from services.matching.scoring.feature_cache import Companies
from services.matching.text.domain.engine import TextEngine
from services.matching.text.engines import at_hand
from shared.storage.engine import Database

SECONDS = 5.0
"""How long a preview may compute before it says how far it came."""
MOST_REQUESTS = 500
"""Requests that one preview reads at most."""


class BusyError(Exception):
    """Another preview is being made for so long that this one was not begun."""


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


class Previews:
    """Makes previews for one web process; safe to share between threads, which take turns."""

    def __init__(self, database: Database, engine: Callable[[], TextEngine]) -> None:
        self._database = database
        self._engine = engine
        self._made: TextEngine | None = None
        self._making = threading.Lock()
        self._companies: Companies | None = None
        self._turn = threading.Lock()

    def engine(self) -> TextEngine:
        """Give the engine to read texts with now: by words alone until a worker has made what nearness rests on."""
        with self._making:
            # Made when it is needed first: most web processes never make a preview.
            self._made = self._made or self._engine()
        return at_hand(self._made)

    def make(self, draft: ScoringPolicy, seconds: float = SECONDS, most: int = MOST_REQUESTS) -> Preview:
        """Compare a policy with the active one for at most about `seconds`, on at most `most` requests.

        Raises BusyError when its turn does not come within `seconds`.
        """
        if not self._turn.acquire(timeout=seconds):
            raise BusyError
        try:
            until = time.monotonic() + seconds
            with self._database.reading() as connection:
                active = policies.active_policy(connection)
                companies = self._features(connection, active)
                asked, total = _asked(connection, most)
            return self._compared(draft, active, companies, asked, total, until)
        finally:
            self._turn.release()

    def _features(self, connection: Connection, active: ScoringPolicy) -> CompanyFeatures:
        engine = self.engine()
        if self._companies is None or self._companies.engine is not engine:
            self._companies = Companies(engine)
        return self._companies.features(connection, active)

    def _compared(
        self,
        draft: ScoringPolicy,
        active: ScoringPolicy,
        companies: CompanyFeatures,
        asked: Sequence[Asked],
        total: int,
        until: float,
    ) -> Preview:
        found: list[RequestPreview] = []
        counts: dict[str, tuple[list[Agreement], list[Agreement]]] = {
            "approved": ([], []),
            "rejected": ([], []),
        }
        ids = set(companies.ids)
        looked_at = opened = gone = 0
        for one in asked:
            if looked_at and time.monotonic() > until:
                break
            before, after = self._both(one, companies, active, draft)
            looked_at += 1
            opened += one.request.status == "open"
            there = {id: said for id, said in one.decided.items() if _is_there(id, one.request, ids)}
            gone += len(one.decided) - len(there)
            for decision, (old, new) in counts.items():
                decided = {id for id, said in there.items() if said == decision}
                old.append(agreement(decided, before))
                new.append(agreement(decided, after))
            differences = compare(before, after)
            if differences.entered or differences.left or differences.moved:
                covered = [len({match.need_id for match in side}) for side in (before, after)]
                found.append(RequestPreview(one, differences, *covered))
        return Preview(
            active=active,
            looked_at=looked_at,
            total=total,
            open_looked_at=opened,
            requests=tuple(found),
            agreements={name: (_sum(old), _sum(new)) for name, (old, new) in counts.items()},
            gone=gone,
            companies={one.id: one.name for one in companies.companies},
        )

    def _both(
        self, one: Asked, companies: CompanyFeatures, active: ScoringPolicy, draft: ScoringPolicy
    ) -> tuple[tuple[Placed, ...], tuple[Placed, ...]]:
        pairs = [(one.partner, need) for need in one.request.needs]
        needs = need_features(pairs, companies.engine, active)
        need_ids = [need.id for need in one.request.needs]

        def named(policy: ScoringPolicy) -> tuple[Placed, ...]:
            under = replace(needs, policy=policy)
            matches, _ = choose(one.request, one.partner, under, companies, policy, one.lifted)
            return placed_chosen(matches, companies.ids, need_ids)

        return named(active), named(draft)


def preview_to_json(preview: Preview) -> dict[str, Any]:
    """Give a preview as the API answers it."""
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


def _asked(connection: Connection, most: int) -> tuple[list[Asked], int]:
    """Read the newest requests that are open or decided on, and how many there are; of active partners only."""
    partner_ids, total = decisions.open_or_decided(connection, most)
    states = projection.get_states(connection, tables.requests, partner_ids)
    sides = projection.get_states(connection, tables.partners, partner_ids.values())
    lifted = lifted_by_request(connection, partner_ids)
    decided = decisions.decisions_by_request(connection, partner_ids)
    return [
        Asked(
            request_from_state(states[id].state),
            partner_from_state(sides[partner_id].state),
            lifted.get(id, frozenset()),
            decided[id],
        )
        for id, partner_id in partner_ids.items()
    ], total


def _is_there(match_id: str, request: MatchRequest, company_ids: set[str]) -> bool:
    return any(
        match_id.endswith(f".{need.id}") and match_id[: -len(need.id) - 1] in company_ids
        for need in request.needs
    )


def _sum(parts: Sequence[Agreement]) -> Agreement:
    return Agreement(sum(one.named for one in parts), sum(one.of for one in parts))
