"""What staff do with scoring policies: open a draft, change it, discard it, make it the active policy.

Each is whole in the caller's transaction and raises RefusedError.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.engine import Connection

from services.matching.i18n import N_
from services.matching.policies.domain.policy_checks import make_policy
from services.matching.refusals import Refusal, RefusedError, refuse_long
from services.matching.reports.store import due
from services.matching.scoring import store as policies
from services.matching.scoring.domain.policy import ScoringPolicy, policy_to_json
from services.matching.scoring.store import Draft
from shared.clock import Clock
from shared.ids import IdSource


def open_draft(connection: Connection, based_on: int | None, clock: Clock, ids: IdSource) -> Draft:
    """Open a draft that says what a version says, the active one when none is named; refused: unknown."""
    if based_on is None:
        return policies.add_draft(connection, ids(), policies.get_active_policy(connection), clock())
    found = policies.get_version(connection, based_on)
    if found is None:
        raise RefusedError(
            Refusal.UNKNOWN, N_("There is no version %(version)s of the scoring policy."), version=based_on
        )
    return policies.add_draft(connection, ids(), found.policy, clock())


def change_draft(
    connection: Connection,
    draft_id: str,
    seen: int,
    weights: Mapping[str, float],
    rules: Mapping[str, float],
    clock: Clock,
) -> Draft:
    """Replace the weights and rules of the version of a draft that was seen; a rule not given keeps its value.

    Refused: unknown, stale, invalid (with a fault for each wrong field).
    """
    draft = _seen(connection, draft_id, seen)
    now = policy_to_json(draft.policy)
    kept = {name: value for name, value in now.items() if name != "weights"}
    policy = make_policy(draft.based_on, weights, {**kept, **rules})
    return policies.save_draft(connection, draft, policy, clock())


def discard_draft(connection: Connection, draft_id: str, seen: int) -> None:
    """Delete the version of a draft that was seen; refused: unknown, stale."""
    _seen(connection, draft_id, seen)
    policies.delete_draft(connection, draft_id)


def check_note(note: str) -> None:
    """Check the note of an activation; refused: invalid (it is missing or too long)."""
    if not note.strip():
        raise RefusedError(Refusal.INVALID, N_("Write in a note what the new policy is for."), ["note"])
    refuse_long(note, "note")


def activate_draft(
    connection: Connection, draft_id: str, seen: int, active_seen: int, note: str, clock: Clock
) -> ScoringPolicy:
    """Make the version of a draft that was seen the active policy; the reports of open requests are made again.

    `active_seen` is the version that was active when staff compared. Refused: unknown, stale, invalid (a note is
    missing or too long), conflict (another version is active now, or the draft says the same as the active one).
    """
    check_note(note)
    now = clock()
    due.policy_changed(connection, now)  # first: of two activations at once, one waits here for the other
    draft = _seen(connection, draft_id, seen)
    active = policies.get_active_policy(connection)
    if active.version != active_seen:
        raise RefusedError(
            Refusal.CONFLICT,
            N_(
                "You compared with version %(seen)s of the scoring policy, version %(now)s is active now. Compare "
                "again, then activate."
            ),
            current_version=active.version,
            seen=active_seen,
            now=active.version,
        )
    if policy_to_json(active) == policy_to_json(draft.policy):
        raise RefusedError(
            Refusal.CONFLICT,
            N_("The draft says what the active policy says. Change a weight or a rule first, or discard it."),
        )
    policies.delete_draft(connection, draft_id)
    return policies.add_version(connection, draft.policy, note.strip(), now)


def _seen(connection: Connection, draft_id: str, seen: int) -> Draft:
    draft = policies.get_draft(connection, draft_id, lock=True)
    if draft is None:
        raise RefusedError(
            Refusal.UNKNOWN,
            N_("There is no draft with the id %(id)s: it was activated or discarded."),
            id=draft_id,
        )
    if draft.version != seen:
        raise RefusedError(
            Refusal.STALE,
            N_(
                "You saw version %(seen)s of this draft, it is at version %(now)s now. Read it again, then repeat "
                "your change."
            ),
            current_version=draft.version,
            seen=seen,
            now=draft.version,
        )
    return draft
