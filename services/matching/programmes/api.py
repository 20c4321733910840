"""The routes of programmes: a visit's timetable, its pins, and what a cancellation changes. All are for staff."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, current_app, jsonify, request
from sqlalchemy.engine import Connection

from services.matching.context import clock, database
from services.matching.programmes import actions as programming
from services.matching.programmes import schemas
from services.matching.programmes import store as programmes
from services.matching.programmes.calendar import CONTENT_TYPE, give_out_calendar
from services.matching.programmes.domain.mend import Cancellation
from services.matching.programmes.settings_body import Making, ProgrammeBody
from services.matching.programmes.views import mend_view, programme_view, visits_view
from services.matching.refusal_answers import STATUS
from services.matching.refusals import Refusal, RefusedError
from shared.web.api import (
    Blueprint,
    PageArgs,
    answers,
    answers_whole,
    body,
    etag_of,
    not_found,
    query,
    required_version,
    route,
    stale_version,
)
from shared.web.problems import Problem

Args = dict[str, Any]

blueprint = Blueprint(
    "programmes",
    __name__,
    url_prefix="/api/v1/programmes",
    description="Programmes of visits: who meets whom when",
)

BLUEPRINTS = (blueprint,)


@route(blueprint, "", "GET", "staff", "List visits with their programmes")
@query(blueprint, PageArgs)
@answers(blueprint, 200, schemas.VisitList)
def list_programmes(args: Args) -> Args:
    """List the planned visits, the newest change first."""
    with database().reading() as connection:
        return visits_view(connection, args["page"], args["page_size"])


@route(blueprint, "/<visit_id>", "GET", "staff", "Read a visit's programme")
@answers(blueprint, 200, schemas.ProgrammeOut)
def read_programme(visit_id: str) -> Response:
    """Read the timetable, what has no place and why, and the reserve."""
    with database().reading() as connection:
        stored = _stored(connection, visit_id)
    return _answer(stored)


@route(
    blueprint, "/<visit_id>", "PUT", "staff", "Make a visit's programme, or make it anew",
    description="Takes seconds. Pinned sessions stay where they are, and what was cancelled stays away unless "
    "`cancelled` leaves it out. Send "
    "`If-Match` with the version that is replaced, and without it where there is none yet.",
)  # fmt: skip
@body(blueprint, ProgrammeBody, example={"interpreters": 2, "source": "introductions"})
@answers(blueprint, 200, schemas.ProgrammeOut)
def make_programme(data: Making, visit_id: str) -> Response:
    """Plan the sessions of the visit's introductions or matches."""
    with database().reading() as connection:
        exists = programmes.get_programme(connection, visit_id) is not None
    seen = required_version() if exists or "If-Match" in request.headers else None
    with programme_refusals_as_problems():
        stored = programming.make(database(), visit_id, data.settings, seen, clock(), data.cancelled)
    return _answer(stored)


@route(
    blueprint, "/<visit_id>/pins", "POST", "staff", "Pin sessions, or let them go",
    description="A pinned session stays where it stands when the programme is made anew. Needs `If-Match`.",
)  # fmt: skip
@body(blueprint, schemas.PinBody, example={"sessions": ["R1.C1"], "pinned": True})
@answers(blueprint, 200, schemas.ProgrammeOut)
def pin_sessions(data: Args, visit_id: str) -> Response:
    """Pin sessions of the version that was seen."""
    with programme_refusals_as_problems():
        stored = programming.pin(
            database(),
            visit_id,
            data["sessions"],
            data["pinned"],
            required_version(),
            clock(),
        )
    return _answer(stored)


@route(
    blueprint, "/<visit_id>/mends", "POST", "staff", "See what a cancellation changes, or accept it",
    description="The least change: as few sessions as can be are moved or given up, then as little priority as can "
    "be is lost, then the holes are filled from the reserve. The same version and cancellation always give the same "
    "changes. Needs `If-Match`.",
)  # fmt: skip
@body(blueprint, schemas.MendBody, example={"cancelled": [{"kind": "company", "id": "C1"}], "accept": False})
@answers(blueprint, 200, schemas.MendOut)
def mend_programme(data: Args, visit_id: str) -> Response:
    """Mend the version that was seen; keep it only where that is accepted."""
    seen = required_version()
    cancelled = [Cancellation(one["kind"], one["id"]) for one in data["cancelled"]]
    with programme_refusals_as_problems():
        old, mended = programming.preview(database(), visit_id, cancelled, seen)
        version = seen
        if data["accept"]:
            version = programming.accept(database(), old, cancelled, mended, clock()).version
    with database().reading() as connection:
        view = {**mend_view(connection, old, mended), "version": version}
    response = jsonify(view)
    response.headers["ETag"] = etag_of(version)
    return response


@route(
    blueprint, "/<visit_id>/calendar", "GET", "staff", "Read a programme as an iCalendar file",
    description="Times are those of the visit's time zone. What a calendar had before and is no more stands in it as "
    "cancelled.",
)  # fmt: skip
@query(blueprint, schemas.CalendarArgs)
@answers_whole(blueprint, 200, "string", "text/calendar")
def read_calendar(args: Args, visit_id: str) -> Response:
    """Write the sessions and transfers of all tracks, or of one."""
    settings = current_app.config["SETTINGS"]
    text = give_out_calendar(
        database(), visit_id, args.get("track"), settings, clock(), lambda kind: kind.replace("_", " ")
    )
    if text is None:
        raise not_found("programme of a visit", visit_id)
    return Response(text, content_type=CONTENT_TYPE)


@contextmanager
def programme_refusals_as_problems() -> Iterator[None]:
    """Answer a refused act with a problem that names the field or the version; stale is 412, as for `If-Match`."""
    try:
        yield
    except RefusedError as refused:
        if refused.kind == Refusal.STALE:
            raise stale_version(refused.current_version or 0) from refused
        errors = [fault.to_json() for fault in refused.faults]
        raise Problem(STATUS[refused.kind], str(refused), errors=errors) from refused


def _stored(connection: Connection, visit_id: str) -> programmes.StoredProgramme:
    stored = programmes.get_programme(connection, visit_id)
    if stored is None:
        raise not_found("programme of a visit", visit_id)
    return stored


def _answer(stored: programmes.StoredProgramme) -> Response:
    with database().reading() as connection:
        response = jsonify(programme_view(connection, stored))
    response.headers["ETag"] = etag_of(stored.version)
    return response
