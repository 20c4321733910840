"""What staff decide on organisations that may be one. A decision merges nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from services.matching.duplicates.domain.decisions import DuplicateReview, decision_on
from services.matching.duplicates.store import delete_review, get_review, save_review
from services.matching.duplicates.views import TABLES, Decided, organisations
from services.matching.i18n import N_
from services.matching.organisations.domain.sides import Side
from services.matching.organisations.store import projection
from services.matching.refusals import LONGEST_TEXT, Refusal, RefusedError, refuse_long
from shared.clock import Clock, to_text


def decide_duplicate(
    connection: Connection,
    side: Side,
    ids: Sequence[str],
    keep: str | None,
    reason: str,
    clock: Clock,
) -> Decided:
    """Keep what staff say of two organisations: `keep` is the id that stands for both, None: not the same.

    The same again changes nothing; another decision takes the place of the earlier one. Raises RefusedError: unknown
    (an organisation), invalid (twice the same id, no reason, one too long, `keep` is neither).
    """
    first, second = sorted(ids)
    reason = reason.strip()
    refuse_long(reason, "reason")
    if not reason:
        raise RefusedError(
            Refusal.INVALID,
            N_("Write why, in at most %(most)d characters: the reason is kept with the decision."),
            ["reason"],
            most=LONGEST_TEXT,
        )
    if first == second:
        raise RefusedError(Refusal.INVALID, N_("Name two different organisations."), ["other_id"])
    if keep not in (None, first, second):
        raise RefusedError(Refusal.INVALID, N_("Keep one of the two organisations: give its id."), ["keep"])
    known = projection.get_states(connection, TABLES[side], [first, second])
    missing = [id for id in (first, second) if id not in known]
    if missing:
        raise RefusedError(
            Refusal.UNKNOWN,
            N_("There is no organisation %(id)s on this side (any more)."),
            missing,
            id=missing[0],
        )
    decision = decision_on(first, second, keep)
    review = get_review(connection, side, first, second)
    if review is None or (review.decision, review.reason) != (decision, reason):
        review = DuplicateReview(side, first, second, decision, reason, to_text(clock()))
        save_review(connection, review)
    both = organisations(connection, side, (first, second))
    return Decided(review, both[first], both[second])


def undo_duplicate(connection: Connection, side: Side, ids: Sequence[str]) -> None:
    """Take a decision back: the two are suggested again. One that is not there is no error."""
    first, second = sorted(ids)
    delete_review(connection, side, first, second)
