"""What staff do with a plan of introductions: approve its matches, all or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from services.matching.i18n import N_
from services.matching.introductions.actions import Decided, approve
from services.matching.refusals import Refusal, RefusedError
from shared.clock import Clock
from shared.ids import IdSource

GRAVEST_FIRST = (
    Refusal.STALE, Refusal.CONFLICT, Refusal.UNKNOWN, Refusal.UNKNOWN_MATCH, Refusal.INVALID,
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What to approve of one report: the version that was seen, and its match ids."""

    request_id: str
    report_version: int
    matches: tuple[str, ...]


class PlanRefusedError(RefusedError):
    """An approval of several reports that was not carried out; its kind is the gravest of their refusals.

    `refusals` has them by request id: staff mend all of them at once, each by its own kind and version.
    """

    def __init__(self, refusals: Mapping[str, RefusedError]) -> None:
        kinds = {one.kind for one in refusals.values()}
        reasons = " ".join(f"{request}: {refused}" for request, refused in refusals.items())
        super().__init__(next(one for one in GRAVEST_FIRST if one in kinds), "%(reasons)s", reasons=reasons)
        self.refusals = dict(refusals)


def approve_plan(
    connection: Connection, wanted: Sequence[Wanted], note: str, clock: Clock, ids: IdSource
) -> dict[str, Decided]:
    """Approve matches of several reports, all or none, and return what came of each by request id.

    Raises PlanRefusedError with every refusal, RefusedError invalid when nothing is wanted; the caller's transaction
    must then end without a commit. Raises shared.messaging.outbox.EventTooLargeError when an introduction would be
    larger than the event log takes.
    """
    if not wanted:
        raise RefusedError(Refusal.INVALID, N_("Choose at least one introduction."), ["introductions"])
    done, refusals = {}, {}
    # In one order for everybody: two who approve at once wait for each other instead of both giving up.
    for one in sorted(wanted, key=lambda one: one.request_id):
        try:
            done[one.request_id] = approve(
                connection, one.request_id, one.report_version, one.matches, note, clock, ids
            )
        except RefusedError as refused:
            refusals[one.request_id] = refused
    if refusals:
        raise PlanRefusedError(refusals)
    return done
