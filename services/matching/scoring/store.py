"""The scoring policies: the versions that were active, and the drafts that staff are changing."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from services.matching.scoring.domain.policy import STANDARD_POLICY, ScoringPolicy, policy_to_json
from services.matching.tables import policies, policy_drafts
from shared.clock import to_text


@dataclass(frozen=True)
class PolicyVersion:
    """A version that is or was active; `activated_at` is None for the standard one that nobody activated."""

    policy: ScoringPolicy
    active: bool
    note: str
    activated_at: str | None


@dataclass(frozen=True)
class Draft:
    """A policy that staff are changing; `version` counts its changes, `based_on` is the policy it began as."""

    id: str
    version: int
    based_on: int
    policy: ScoringPolicy
    updated_at: str


def get_active_policy(connection: Connection) -> ScoringPolicy:
    """Read the scoring policy that staff have made active; the standard one where they have made none."""
    query = sa.select(policies).where(policies.c.active).order_by(policies.c.version.desc())
    row = connection.execute(query).first()
    return STANDARD_POLICY if row is None else _policy(row)


def list_versions(connection: Connection) -> list[PolicyVersion]:
    """Read all versions, the newest first; the standard policy alone where staff have activated none."""
    rows = connection.execute(sa.select(policies).order_by(policies.c.version.desc())).all()
    if not rows:
        return [PolicyVersion(STANDARD_POLICY, True, "", None)]
    return [PolicyVersion(_policy(row), row.active, row.note or "", row.activated_at) for row in rows]


def get_version(connection: Connection, version: int) -> PolicyVersion | None:
    """Read one version, or None."""
    return next((one for one in list_versions(connection) if one.policy.version == version), None)


def add_version(connection: Connection, policy: ScoringPolicy, note: str, now: datetime) -> ScoringPolicy:
    """Make a policy the active one under the next version's number, and return it so numbered.

    The first time, the standard policy is kept too, as it was: old reports name it.
    """
    newest = connection.execute(sa.select(sa.func.max(policies.c.version))).scalar_one()
    if newest is None:
        _insert(connection, STANDARD_POLICY, "", None, active=False)
        newest = STANDARD_POLICY.version
    connection.execute(sa.update(policies).values(active=False))
    made = replace(policy, version=newest + 1)
    _insert(connection, made, note, to_text(now), active=True)
    return made


def add_draft(connection: Connection, draft_id: str, policy: ScoringPolicy, now: datetime) -> Draft:
    """Open a draft that says what `policy` says."""
    draft = Draft(draft_id, 1, policy.version, policy, to_text(now))
    connection.execute(sa.insert(policy_drafts).values(id=draft_id, **_draft_values(draft)))
    return draft


def save_draft(connection: Connection, draft: Draft, policy: ScoringPolicy, now: datetime) -> Draft:
    """Replace what a draft says, and return the new draft."""
    new = Draft(draft.id, draft.version + 1, draft.based_on, policy, to_text(now))
    same = policy_drafts.c.id == draft.id
    connection.execute(sa.update(policy_drafts).where(same).values(**_draft_values(new)))
    return new


def delete_draft(connection: Connection, draft_id: str) -> None:
    """Delete a draft."""
    connection.execute(sa.delete(policy_drafts).where(policy_drafts.c.id == draft_id))


def get_draft(connection: Connection, draft_id: str, lock: bool = False) -> Draft | None:
    """Read a draft, or None; `lock` keeps others from changing it until the transaction ends."""
    query = sa.select(policy_drafts).where(policy_drafts.c.id == draft_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return _draft(row) if row else None


def list_drafts(connection: Connection) -> list[Draft]:
    """Read all drafts, the last changed first."""
    query = sa.select(policy_drafts).order_by(policy_drafts.c.updated_at.desc(), policy_drafts.c.id)
    return [_draft(row) for row in connection.execute(query)]


def _insert(connection: Connection, policy: ScoringPolicy, note: str, at: str | None, active: bool) -> None:
    values = {"version": policy.version, "active": active, "note": note, "activated_at": at}
    connection.execute(sa.insert(policies).values(content=json.dumps(policy_to_json(policy)), **values))


def _policy(row: Row[tuple[object, ...]]) -> ScoringPolicy:
    return ScoringPolicy(version=row.version, **json.loads(row.content))


def _draft_values(draft: Draft) -> dict[str, object]:
    return {
        "version": draft.version,
        "based_on": draft.based_on,
        "content": json.dumps(policy_to_json(draft.policy)),
        "updated_at": draft.updated_at,
    }


def _draft(row: Row[tuple[object, ...]]) -> Draft:
    policy = ScoringPolicy(version=row.based_on, **json.loads(row.content))
    return Draft(row.id, row.version, row.based_on, policy, row.updated_at)
