"""What staff do to a visit's programme: make it, pin sessions, see what a cancellation would change, accept that.

The solver takes seconds: it works outside of any transaction, and its answer is kept only if the programme is still
the version that was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.matching.i18n import N_
from services.matching.organisations.domain.model import WITHDRAWN
from services.matching.organisations.store.projection import Stored
from services.matching.programmes import store as programmes
from services.matching.programmes.domain.making import make_programme
from services.matching.programmes.domain.mend import (
    COMPANY,
    DELEGATE,
    PLACE,
    SESSION,
    Cancellation,
    Mended,
    mend,
    without,
)
from services.matching.programmes.domain.planned import Planned, digest_of, digest_of_list
from services.matching.programmes.domain.problem import Problem
from services.matching.programmes.domain.settings import (
    MATCHES,
    Settings,
    delegates_of,
    problem_of,
    tracks_of,
)
from services.matching.programmes.domain.wanted_sessions import wanted_sessions
from services.matching.programmes.store import Material, StoredProgramme
from services.matching.refusals import Refusal, RefusedError
from shared.clock import Clock, to_text
from shared.storage.engine import Database


def make(
    database: Database,
    visit_id: str,
    settings: Settings,
    seen_version: int | None,
    clock: Clock,
    keep: Sequence[Cancellation] | None = None,
) -> StoredProgramme:
    """Make a visit's programme, or make it anew: pins are kept, and what was cancelled stays away.

    `seen_version` is the version to replace, None where there is none yet. `keep` are those of its cancellations that
    hold on, None: all. Those of delegates and places fall away where the visit has others now (`Planned.outdated`).
    Raises RefusedError: unknown, stale, invalid (a setting or `cancelled`), conflict (no session is
    wanted, a request of another partner names the visit, or the visit is withdrawn).
    """
    with database.reading() as connection:
        old = programmes.get_programme(connection, visit_id)
        _refuse_other(old, seen_version)
        found = programmes.get_material(connection, visit_id, settings.source)
    if found is None:
        raise RefusedError(Refusal.UNKNOWN, N_("There is no visit with the id %(id)s."), id=visit_id)
    if found.visit.status == WITHDRAWN:
        raise RefusedError(Refusal.CONFLICT, N_("The visit is withdrawn: it has no programme."))
    if found.others:
        raise RefusedError(
            Refusal.CONFLICT,
            N_(
                "Match requests of another organisation name this visit: %(ids)s. Change their visit, or whose visit "
                "this is, then make the programme."
            ),
            ids=", ".join(found.others),
        )
    if not found.meetings:
        raise RefusedError(Refusal.CONFLICT, _nothing_to_plan(settings.source))
    cancelled = _still_cancelled(old, found.visit, keep)
    problem = without(_problem(found, settings), cancelled)
    standing = old.planned.programme.placements if old else {}
    pinned = {id: standing[id] for id in old.planned.pinned if id in standing} if old else {}
    programme = make_programme(problem, pinned)
    made = Planned(
        visit_version=found.visit.version,
        made_of=digest_of(found.meetings),
        settings=settings,
        cancelled=cancelled,
        problem=problem,
        programme=programme,
        pinned=tuple(id for id, at in pinned.items() if programme.placements.get(id) == at),
        delegates=digest_of_list(found.visit.state.get("delegates")),
        places=digest_of_list(found.visit.state.get("places")),
    )
    return _keep(database, visit_id, made, seen_version, clock)


def pin(
    database: Database, visit_id: str, sessions: Sequence[str], pinned: bool, seen_version: int, clock: Clock
) -> StoredProgramme:
    """Pin sessions where they stand, or let them go. Raises RefusedError unknown, stale or invalid."""
    old = current(database, visit_id, seen_version)
    unknown = sorted(set(sessions) - set(old.planned.programme.placements))
    if unknown:
        raise RefusedError(
            Refusal.INVALID,
            N_("The programme has no session %(ids)s at any time; only those that stand can be pinned."),
            ["sessions"],
            ids=", ".join(unknown),
        )
    before = set(old.planned.pinned)
    after = before | set(sessions) if pinned else before - set(sessions)
    return _keep(database, visit_id, replace(old.planned, pinned=tuple(sorted(after))), seen_version, clock)


def preview(
    database: Database, visit_id: str, cancelled: Sequence[Cancellation], seen_version: int
) -> tuple[StoredProgramme, Mended]:
    """Work out what cancelling would change, beside the programme as it stands; nothing is kept.

    Raises RefusedError unknown, stale or invalid.
    """
    old = current(database, visit_id, seen_version)
    _refuse_unknown(old.planned.problem, cancelled)
    return old, mend(old.planned.problem, old.planned.programme.placements, cancelled)


def accept(
    database: Database,
    old: StoredProgramme,
    cancelled: Sequence[Cancellation],
    mended: Mended,
    clock: Clock,
) -> StoredProgramme:
    """Keep what `preview` worked out. Raises RefusedError stale where another version was kept meanwhile."""
    stand = mended.programme.placements
    was = old.planned.programme.placements
    made = replace(
        old.planned,
        cancelled=tuple(dict.fromkeys((*old.planned.cancelled, *cancelled))),
        problem=mended.problem,
        programme=mended.programme,
        pinned=tuple(
            id
            for id in old.planned.pinned
            if id in stand and (stand[id].date, stand[id].start) == (was[id].date, was[id].start)
        ),
    )
    return _keep(database, old.visit_id, made, old.version, clock)


def current(database: Database, visit_id: str, seen_version: int) -> StoredProgramme:
    """Read the programme of the version that was seen. Raises RefusedError unknown or stale."""
    with database.reading() as connection:
        old = programmes.get_programme(connection, visit_id)
    if old is None:
        raise RefusedError(Refusal.UNKNOWN, N_("There is no programme of the visit %(id)s yet."), id=visit_id)
    _refuse_other(old, seen_version)
    return old


def _keep(
    database: Database, visit_id: str, planned: Planned, seen_version: int | None, clock: Clock
) -> StoredProgramme:
    with database.writing() as connection:
        old = programmes.get_programme(connection, visit_id, lock=True)
        _refuse_other(old, seen_version)
        # What was given out since the programme was read stays known.
        planned = replace(planned, given=old.planned.given if old else ())
        version = old.version + 1 if old else 1
        at = to_text(clock())
        if old:
            programmes.save_programme(connection, visit_id, version, planned, at)
        elif not programmes.add_programme(connection, visit_id, planned, at):
            raise _stale(programmes.get_programme(connection, visit_id))
    return StoredProgramme(visit_id, version, at, planned)


def _still_cancelled(
    old: StoredProgramme | None, visit: Stored, keep: Sequence[Cancellation] | None
) -> tuple[Cancellation, ...]:
    cancelled = old.planned.cancelled if old else ()
    unknown = sorted({one.id for one in keep or ()} - {one.id for one in cancelled})
    if unknown:
        raise RefusedError(
            Refusal.INVALID,
            N_(
                "The programme has no cancellation of %(ids)s to keep; a new one is made on the programme itself."
            ),
            ["cancelled"],
            ids=", ".join(unknown),
        )
    outdated = old.planned.outdated(visit.version, visit.state) if old else ()
    return tuple(one for one in cancelled if one not in outdated and (keep is None or one in keep))


def _refuse_other(old: StoredProgramme | None, seen_version: int | None) -> None:
    if (old.version if old else None) != seen_version:
        raise _stale(old)


def _stale(old: StoredProgramme | None) -> RefusedError:
    now = old.version if old else 0
    return RefusedError(
        Refusal.STALE,
        N_("The programme has changed since you read it: it is at version %(now)s now. Read it again."),
        current_version=now,
        now=now,
    )


def _refuse_unknown(problem: Problem, cancelled: Sequence[Cancellation]) -> None:
    known: dict[str, set[str | None]] = {
        COMPANY: {id for one in problem.wanted for id in one.companies},
        DELEGATE: {id for track in problem.tracks for id in track.delegates},
        SESSION: {one.id for one in problem.wanted},
        PLACE: {*problem.bases(), *(one.place for one in problem.wanted)},
    }
    unknown = sorted(one.id for one in cancelled if one.id not in known[one.kind])
    if unknown or not cancelled:
        raise RefusedError(
            Refusal.INVALID,
            N_("Choose who or what cancels: the programme does not know %(ids)s."),
            ["cancelled"],
            ids=", ".join(unknown) or "–",
        )


def _problem(found: Material, settings: Settings) -> Problem:
    visit = found.visit.state
    tracks = tracks_of(visit, settings)
    wanted = wanted_sessions(found.meetings, visit, tracks, settings.minutes)
    known = {*delegates_of(visit), *(one.company_id for one in found.meetings)}
    strangers = sorted({one["who"] for one in settings.unavailable} - known)
    if strangers:
        raise RefusedError(
            Refusal.INVALID,
            N_("The programme does not know %(ids)s."),
            ["unavailable"],
            ids=", ".join(strangers),
        )
    return problem_of(visit, settings, wanted)


def _nothing_to_plan(source: str) -> str:
    if source == MATCHES:
        return N_(
            "No report of this visit's requests has a match yet. Give the visit a match request, and wait for its "
            "report."
        )
    return N_(
        "Nobody is introduced for this visit yet. Approve matches in the reports of its requests, or make the "
        "programme from all matches."
    )
