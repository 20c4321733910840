"""Scoring policies as API and pages show them, and what another policy would change, without keeping it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from flask import Flask, current_app
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions import store as decisions
from services.matching.organisations.domain.model import (
    OPEN,
    MatchRequest,
    partner_from_state,
    request_from_state,
)
from services.matching.organisations.store import projection
from services.matching.policies.domain.preview import Asked, Preview, RequestPreview, preview_to_json
from services.matching.reports.domain.comparison import (
    Agreement,
    Placed,
    agreement,
    compare,
    placed_chosen,
)
from services.matching.reports.store.lifted import get_lifted_by_request
from services.matching.scoring import store as policies
from services.matching.scoring.domain.features import CompanyFeatures, need_features
from services.matching.scoring.domain.policy import ScoringPolicy, policy_to_json
from services.matching.scoring.domain.selection import choose
from services.matching.scoring.feature_cache import FeatureCache
from services.matching.scoring.store import Draft, PolicyVersion
from services.matching.text.domain.concept_engine import TextEngine
from services.matching.text.engines import at_hand
from shared.ids import taken_apart
from shared.storage.engine import Database

SECONDS = 5.0
"""How long a preview may compute before it says how far it came."""
MOST_REQUESTS = 500
"""Requests that one preview reads at most."""


Json = dict[str, Any]


class BusyError(Exception):
    """Another preview is being made for so long that this one was not begun."""


_PREVIEWS = "handslag-previews"


class Previews:
    """Makes previews for one web process; safe to share between threads, which take turns."""

    def __init__(self, database: Database, engine: Callable[[], TextEngine]) -> None:
        self._database = database
        self._engine = engine
        self._made: TextEngine | None = None
        self._making = threading.Lock()
        self._companies: FeatureCache | None = None
        self._turn = threading.Lock()

    def engine(self) -> TextEngine:
        """Return the engine to read texts with now: by words alone until a worker has made what nearness rests on."""
        with self._making:
            # Made when it is needed first: most web processes never make a preview.
            self._made = self._made or self._engine()
        return at_hand(self._made)

    def make(self, draft: ScoringPolicy, seconds: float | None = None, most: int = MOST_REQUESTS) -> Preview:
        """Compare a policy with the active one for at most about `seconds` (`SECONDS`), on at most `most` requests.

        Raises BusyError when its turn does not come within `seconds`.
        """
        seconds = SECONDS if seconds is None else seconds
        if not self._turn.acquire(timeout=seconds):
            raise BusyError
        try:
            until = time.monotonic() + seconds
            with self._database.reading() as connection:
                active = policies.get_active_policy(connection)
                companies = self._features(connection, active)
                asked, total = _asked(connection, most)
            return self._compared(draft, active, companies, asked, total, until)
        finally:
            self._turn.release()

    def _features(self, connection: Connection, active: ScoringPolicy) -> CompanyFeatures:
        engine = self.engine()
        if self._companies is None or self._companies.engine is not engine:
            self._companies = FeatureCache(engine)
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
            opened += one.request.status == OPEN
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


def _asked(connection: Connection, most: int) -> tuple[list[Asked], int]:
    """Read the newest requests that are open or decided on, and how many there are; of active partners only."""
    partner_ids, total = decisions.list_open_or_decided(connection, most)
    states = projection.get_states(connection, tables.requests, partner_ids)
    sides = projection.get_states(connection, tables.partners, partner_ids.values())
    lifted = get_lifted_by_request(connection, partner_ids)
    decided = decisions.list_decisions_by_request(connection, partner_ids)
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
    company_id, *need_ids = taken_apart(match_id)
    return company_id in company_ids and need_ids in [[need.id] for need in request.needs]


def _sum(parts: Sequence[Agreement]) -> Agreement:
    return Agreement(sum(one.named for one in parts), sum(one.of for one in parts))


def put_previews(app: Flask, previews: Previews) -> None:
    """Keep what makes the previews of an app."""
    app.extensions[_PREVIEWS] = previews


def preview_of(draft: ScoringPolicy, most: int = MOST_REQUESTS) -> Json:
    """Return what a draft would change, on at most `most` requests, as plain values. Raises BusyError."""
    previews: Previews = current_app.extensions[_PREVIEWS]
    return preview_to_json(previews.make(draft, most=most))


def versions_view(connection: Connection) -> Json:
    """Return all versions of the scoring policy, the newest first, and all drafts."""
    versions = policies.list_versions(connection)
    return {
        "active_version": next(one.policy.version for one in versions if one.active),
        "items": [_version(one) for one in versions],
        "drafts": [draft_view(one) for one in policies.list_drafts(connection)],
    }


def version_view(connection: Connection, version: int) -> Json | None:
    """Return one version of the scoring policy, or None; reports name the one that they were made under."""
    found = policies.get_version(connection, version)
    return None if found is None else _version(found)


def draft_view(draft: Draft) -> Json:
    """Return a draft as plain values."""
    return {
        "id": draft.id,
        "version": draft.version,
        "based_on": draft.based_on,
        "updated_at": draft.updated_at,
        **policy_to_json(draft.policy),
    }


def _version(one: PolicyVersion) -> Json:
    return {
        "version": one.policy.version,
        "active": one.active,
        "note": one.note,
        "activated_at": one.activated_at,
        **policy_to_json(one.policy),
    }
