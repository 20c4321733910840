"""The pages of programmes: the visits, a visit's timetable with its settings and pins, and a cancellation's mend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from services.matching.context import clock, database
from services.matching.programmes import actions as programming
from services.matching.programmes import store as programmes
from services.matching.programmes.calendar import CONTENT_TYPE, give_out_calendar
from services.matching.programmes.domain.mend import CANCELLABLE, SESSION, Cancellation
from services.matching.programmes.domain.problem import KINDS
from services.matching.programmes.domain.settings import Settings, delegates_of, places_of, tracks_of
from services.matching.programmes.forms import making_of, settings_of_form
from services.matching.programmes.grid import grid
from services.matching.programmes.labels import FIELD_WORDS, day_name, entry_word, fault_words, field_word
from services.matching.programmes.store import StoredProgramme
from services.matching.programmes.views import Names, mend_view, programme_view, visits_view
from services.matching.refusal_answers import STATUS
from services.matching.refusals import RefusedError
from shared.web.access import access
from shared.web.app import current_language
from shared.web.numbers import page_number, whole_number
from shared.web.problems import Problem
from shared.words.collation import sort_key

PAGE_SIZE = 50
EMPTY_ROWS = 2
"""Rows that a table of the form has beside those that are filled in."""

blueprint = Blueprint("programme_pages", __name__, template_folder="templates")

BLUEPRINTS = (blueprint,)


@blueprint.app_context_processor
def programme_tools() -> dict[str, Any]:
    """Offer templates the words for entries, the layout of a day, and dates as people write them."""
    return {"entry_word": entry_word, "grid": grid, "day_name": day_name}


@blueprint.route("/programmes")
@access("staff")
def programme_list() -> str:
    """Show the visits and whether they have a programme."""
    page = page_number(request.args)
    with database().reading() as connection:
        found = visits_view(connection, page, PAGE_SIZE)
    pages = max(1, -(-found["total"] // PAGE_SIZE))
    return render_template("programmes/programmes.html", lines=found["items"], page=page, pages=pages)


@blueprint.route("/programmes/<visit_id>")
@access("staff")
def programme_page(visit_id: str) -> str:
    """Show a visit's programme, or the form that makes it."""
    return _page(visit_id)


@blueprint.route("/programmes/<visit_id>", methods=["POST"])
@access("staff")
def make_page(visit_id: str) -> AnyResponse | str:
    """Make the programme by the form's settings."""
    said = settings_of_form(request.form)
    try:
        asked = making_of(said)
        programming.make(database(), visit_id, asked.settings, _seen() or None, clock(), asked.cancelled)
    except RefusedError as refused:
        return _refused(visit_id, refused, said)
    flash(_("The programme is made."), "success")
    return redirect(url_for("programme_pages.programme_page", visit_id=visit_id), code=303)


@blueprint.route("/programmes/<visit_id>/pins", methods=["POST"])
@access("staff")
def pin_page(visit_id: str) -> AnyResponse | str:
    """Pin a session where it stands, or let it go."""
    pinned = "pin" in request.form
    session = request.form.get("pin" if pinned else "unpin", "")
    try:
        programming.pin(database(), visit_id, [session], pinned, _seen(), clock())
    except RefusedError as refused:
        return _refused(visit_id, refused)
    flash(_("The session stays where it is.") if pinned else _("The session may move again."), "success")
    return redirect(url_for("programme_pages.programme_page", visit_id=visit_id), code=303)


@blueprint.route("/programmes/<visit_id>/cancel", methods=["POST"])
@access("staff")
def cancel_page(visit_id: str) -> AnyResponse | str:
    """Show what a cancellation would change; keep it when that was confirmed."""
    kind, _bar, id = request.form.get("cancelled", "").partition("|")
    cancelled = [Cancellation(kind, id)] if kind in CANCELLABLE else []
    try:
        old, mended = programming.preview(database(), visit_id, cancelled, _seen())
        if request.form.get("confirmed") == "yes":
            programming.accept(database(), old, cancelled, mended, clock())
            flash(_("The programme is mended."), "success")
            return redirect(url_for("programme_pages.programme_page", visit_id=visit_id), code=303)
    except RefusedError as refused:
        return _refused(visit_id, refused)
    with database().reading() as connection:
        view = mend_view(connection, old, mended)
        named = _named(Names(connection, visit_id, [old.planned.problem]), old, cancelled[0])
    return render_template("programmes/programme_mend.html", mend=view, cancelled=f"{kind}|{id}", named=named)


@blueprint.route("/programmes/<visit_id>/calendar.ics")
@access("staff")
def calendar_file(visit_id: str) -> Response:
    """Write the programme as a calendar, of one track or of all."""
    settings = current_app.config["SETTINGS"]
    text = give_out_calendar(database(), visit_id, request.args.get("track"), settings, clock(), entry_word)
    if text is None:
        raise Problem(404, _("There is no programme of the visit %(id)s yet.", id=visit_id))
    made = Response(text, content_type=CONTENT_TYPE)
    made.headers["Content-Disposition"] = "attachment; filename=programme.ics"
    return made


def _refused(visit_id: str, refused: RefusedError, said: dict[str, Any] | None = None) -> AnyResponse:
    """Show the programme as it is now, with why nothing was done."""
    faults = [fault_words(one) for one in refused.faults] or [("", _(refused.template, **refused.values))]
    return Response(_page(visit_id, said, faults), status=STATUS[refused.kind], mimetype="text/html")


def _page(
    visit_id: str, said: dict[str, Any] | None = None, faults: list[tuple[str, str]] | None = None
) -> str:
    with database().reading() as connection:
        stored = programmes.get_programme(connection, visit_id)
        names = Names(connection, visit_id, [stored.planned.problem] if stored else [])
        view = programme_view(connection, stored) if stored else None
    if not names.visit:
        raise Problem(404, _("There is no visit with the id %(id)s.", id=visit_id))
    values = {**asdict(Settings()), **(said or (view["settings"] if view else {}))}
    return render_template(
        "programmes/programme.html",
        visit_id=visit_id,
        visit=names.visit,
        programme=view,
        values=values,
        faults=faults or [],
        kinds=KINDS,
        labels={name: field_word(name) for name in FIELD_WORDS},
        choices=_choices(names, stored),
        track_numbers=_track_numbers(names.visit, values),
        empty_rows=EMPTY_ROWS,
        kept=None if said is None or "cancelled" not in said else _pairs(said["cancelled"]),
    )


def _choices(names: Names, stored: StoredProgramme | None) -> dict[str, list[tuple[str, str]]]:
    """Return what the form's selections offer, as code and name."""
    wanted = stored.planned.problem.wanted if stored else ()
    language = current_language()
    companies = sorted(
        {id for one in wanted for id in one.companies},
        key=lambda id: (sort_key(names.company(id), language), id),
    )
    hosts = sorted(
        {one.place for one in wanted if one.place},
        key=lambda code: (sort_key(names.place(code), language), code),
    )
    first, last = date.fromisoformat(names.visit["starts_on"]), date.fromisoformat(names.visit["ends_on"])
    days = [
        date.fromordinal(day).isoformat()
        for day in range(first.toordinal(), min(last.toordinal(), first.toordinal() + 13) + 1)
    ]
    return {
        "companies": [(id, names.company(id)) for id in companies],
        "delegates": [(id, names.delegate(id)) for id in delegates_of(names.visit)],
        "places": [(code, names.place(code) or code) for code in places_of(names.visit)],
        "hosts": [(code, names.place(code)) for code in hosts],
        "days": [(day, day_name(day)) for day in days],
    }


def _pairs(cancelled: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    return [(one["kind"], one["id"]) for one in cancelled]


def _track_numbers(visit: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, int]:
    """Return for each delegate the number of the track that the form proposes."""
    tracks = values.get("tracks") or [track.delegates for track in tracks_of(visit, Settings())]
    return {id: number for number, track in enumerate(tracks, 1) for id in track}


def _named(names: Names, old: StoredProgramme, cancelled: Cancellation) -> str:
    if cancelled.kind != SESSION:
        return names.cancelled(cancelled, {})
    session = next(one for one in old.planned.problem.wanted if one.id == cancelled.id)
    return f"{entry_word(session.kind)}: {', '.join(names.company(id) for id in session.companies)}"


def _seen() -> int:
    return whole_number(request.form, "version", 0)
