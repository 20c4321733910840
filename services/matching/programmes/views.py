"""A programme as API, pages and calendars show it: with the names of who meets whom, and what has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions.domain.introductions import introduction_id
from services.matching.organisations.domain.model import WITHDRAWN
from services.matching.organisations.domain.wording import both
from services.matching.organisations.store import projection
from services.matching.programmes.domain.mend import COMPANY, DELEGATE, PLACE, Cancellation, Mended
from services.matching.programmes.domain.outcome_text import CHANGED, REASONS
from services.matching.programmes.domain.planned import CANCELLED, MEETINGS, VISIT, digest_of
from services.matching.programmes.domain.problem import HOST, OWN, Placement, Problem, Wanted, by_id
from services.matching.programmes.domain.settings import time_of
from services.matching.programmes.domain.timetable import Entry, timetable
from services.matching.programmes.store import Material, StoredProgramme, get_material, list_visits
from services.matching.reports.domain.erased_words import ERASED_NAME

View = dict[str, Any]


class Names:
    """The names behind the ids of a programme: companies, delegates' roles, places."""

    def __init__(
        self,
        connection: Connection,
        visit_id: str,
        problems: Iterable[Problem],
        companies: Iterable[str] = (),
    ) -> None:
        stored = projection.get_state(connection, tables.visits, visit_id)
        self.visit: Mapping[str, Any] = stored.state if stored else {}
        self.status = stored.status if stored else ""
        ids = {*companies} | {id for problem in problems for one in problem.wanted for id in one.companies}
        found = projection.get_states(connection, tables.companies, ids)
        self._companies = {id: str(one.state["name"]) for id, one in found.items()}

    def company(self, id: str) -> str:
        """Return a company's name."""
        return self._companies.get(id, ERASED_NAME)

    def delegate(self, id: str) -> str:
        """Return a delegate's role; the id where the visit no longer has it."""
        delegates = self.visit.get("delegates") or []
        number = int(id[1:]) - 1
        return str(delegates[number]["role"]) if number < len(delegates) else id

    def place(self, code: str | None) -> str:
        """Return the name of a place: the visit's own word, or the company whose place it is."""
        code = code or ""
        if code.startswith(HOST):
            return self.company(code.removeprefix(HOST))
        places = self.visit.get("places") or []
        number = int(code.removeprefix(OWN)) if code.startswith(OWN) else len(places)
        return str(places[number]) if number < len(places) else ""

    def cancelled(self, one: Cancellation, met: Mapping[str, str]) -> str:
        """Return the name of who or what cancelled; of a session in `met` that of its company, of another its id."""
        if one.kind == DELEGATE:
            return self.delegate(one.id)
        if one.kind == PLACE:
            return self.place(one.id)
        return (
            self.company(one.id)
            if one.kind == COMPANY
            else self.company(met[one.id])
            if one.id in met
            else one.id
        )

    def session(self, one: Wanted) -> View:
        """Return what a session is and who is meant to come."""
        return {
            "id": one.id,
            "kind": one.kind,
            "companies": [{"id": id, "name": self.company(id)} for id in one.companies],
            "minutes": one.minutes,
            "tracks": list(one.tracks),
            "needs_interpreter": one.interpreter,
        }


def visits_view(connection: Connection, page: int, page_size: int) -> View:
    """Return a page (from 1) of the planned visits with the versions of their programmes."""
    lines, total = list_visits(connection, page, page_size)
    return {"items": [asdict(line) for line in lines], "total": total, "page": page, "page_size": page_size}


def programme_view(connection: Connection, stored: StoredProgramme) -> View:
    """Return a programme with names, entries by day, what has no place and why, and `changed`: what it no longer fits.

    `changed` holds `visit` when the visit has another version now, `meetings` when other companies would be met or
    scores differ, and `cancelled` when delegates or places that cancelled may be others now.
    """
    planned = stored.planned
    problem, programme = planned.problem, planned.programme
    found = get_material(connection, stored.visit_id, planned.settings.source)
    met = (
        {introduction_id(one.request_id, one.company_id): one.company_id for one in found.meetings}
        if found
        else {}
    )
    outdated = planned.outdated(found.visit.version, found.visit.state) if found else ()
    cancelled = {met.get(one.id, one.id).removeprefix(HOST) for one in planned.cancelled}
    names = Names(connection, stored.visit_id, [problem], cancelled)
    wanted = by_id(problem)
    entries = timetable(problem, programme.placements)
    pinned = set(planned.pinned)
    return {
        "visit_id": stored.visit_id,
        "version": stored.version,
        "updated_at": stored.updated_at,
        "title": names.visit.get("title", ""),
        "changed": _changed(found, stored),
        "best_possible": programme.proved,
        "settings": planned.to_json()["settings"],
        "cancelled": [
            {
                "kind": one.kind,
                "id": one.id,
                "name": "" if one in outdated else names.cancelled(one, met),
                "outdated": one in outdated,
            }
            for one in planned.cancelled
        ],
        "tracks": [
            {"id": one.id, "delegates": [{"id": id, "role": names.delegate(id)} for id in one.delegates]}
            for one in problem.tracks
        ],
        "days": [
            {
                "date": day.date,
                "place": names.place(day.base),
                "entries": [_entry(one, wanted, names, pinned) for one in entries if one.date == day.date],
            }
            for day in problem.days
        ],
        "unplaced": [
            {
                **names.session(wanted[one.id]),
                "code": one.code,
                "reason": dict(REASONS.get(one.code, _code(one.code))),
            }
            for one in programme.unplaced
        ],
        "reserve": [names.session(wanted[id]) for id in programme.reserve],
    }


def mend_view(connection: Connection, stored: StoredProgramme, mended: Mended) -> View:
    """Return what a mend changes, with names, before and after."""
    was, now = by_id(stored.planned.problem), by_id(mended.problem)
    names = Names(connection, stored.visit_id, [stored.planned.problem])
    return {
        "visit_id": stored.visit_id,
        "version": stored.version,
        "changes": [
            {
                **names.session(now.get(change.id) or was[change.id]),
                "code": change.code,
                "change": dict(CHANGED[change.code]),
                "left": [
                    {"id": id, "name": names.company(id)}
                    for id in was[change.id].companies
                    if change.id in now and id not in now[change.id].companies
                ],
                "before": _placement(change.before, names),
                "after": _placement(change.after, names),
            }
            for change in mended.changes
        ],
    }


def _changed(found: Material | None, stored: StoredProgramme) -> list[str]:
    if found is None:
        return [VISIT]
    planned = stored.planned
    differing = {
        VISIT: found.visit.version != planned.visit_version or found.visit.status == WITHDRAWN,
        MEETINGS: digest_of(found.meetings) != planned.made_of,
        CANCELLED: planned.outdated(found.visit.version, found.visit.state),
    }
    return [name for name, differs in differing.items() if differs]


def _entry(entry: Entry, wanted: Mapping[str, Wanted], names: Names, pinned: set[str]) -> View:
    view: View = {
        "what": entry.what,
        "start": time_of(entry.start),
        "end": time_of(entry.end),
        "tracks": list(entry.tracks),
        "place": names.place(entry.place),
    }
    if entry.before:
        view["from"] = names.place(entry.before)
    if entry.session:
        session = {**names.session(wanted[entry.session]), "tracks": list(entry.tracks)}
        view.update(session, room=entry.room, interpreter=entry.interpreter, pinned=entry.session in pinned)
    return view


def _placement(at: Placement | None, names: Names) -> View | None:
    if at is None:
        return None
    return {
        "date": date.fromisoformat(at.date).isoformat(),
        "start": time_of(at.start),
        "place": names.place(at.place),
        "tracks": list(at.tracks),
    }


def _code(code: str) -> Mapping[str, str]:
    return both(code, code)
