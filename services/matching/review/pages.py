"""The pages of matching."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from services.matching.context import clock, database, ids
from services.matching.i18n import N_
from services.matching.introductions.actions import approve, cancel, reject
from services.matching.introductions.lifting import lift, take_back
from services.matching.organisations.domain.model import OPEN, Need
from services.matching.refusals import Refusal, RefusedError
from services.matching.reports.domain.erased_words import ERASED_NAME
from services.matching.reports.domain.report import Exclusion, Report
from services.matching.reports.store import reports
from services.matching.reports.store.reports import ReportFilter
from services.matching.reports.store.unread import awaits_reading
from services.matching.review.graph_picture import picture
from services.matching.review.labels import word
from services.matching.review.marked_text import marked, moment, number, quotes_of
from services.matching.review.score_bars import bars
from services.matching.review.store import Counts, count_all
from services.matching.review.strangers import mark_of
from services.matching.review.views import report_view, with_erased_named
from services.matching.scoring.domain.exclusions import LIFTABLE
from services.matching.scoring.domain.features import is_read_in_part
from services.matching.text.domain.embedding_engine import has_embedding
from shared.web.access import access, is_staff
from shared.web.app import current_language
from shared.web.numbers import page_number, whole_number
from shared.web.problems import Problem
from shared.words.collation import sort_key

PAGE_SIZE = 50
STATIC = Path(__file__).parents[1] / "static"

blueprint = Blueprint("matching_pages", __name__, template_folder="templates")
exclusions = Blueprint("matching_exclusions", __name__)

BLUEPRINTS = (blueprint, exclusions)


@blueprint.app_context_processor
def page_tools() -> dict[str, Any]:
    """Return what the templates show codes, moments, quotes, bars and exclusions with."""
    return {
        "word": word,
        "moment": moment,
        "marked": marked,
        "quotes_of": quotes_of,
        "bars": bars,
        "number": number,
        "excluded_once": excluded_once,
        "mark_of": mark_of,
        "liftable": LIFTABLE,
    }


def excluded_once(report: Report) -> list[Exclusion]:
    """Return a report's exclusions, those of one company under several needs once, by name, company and code.

    The names are in the order of the page's language.
    """
    found = {(one.company.id, one.code): one for one in reversed(report.excluded)}
    language = current_language()
    return sorted(
        found.values(), key=lambda one: (sort_key(one.company.name, language), one.company.id, one.code)
    )


@blueprint.route("/")
@access("anyone")
def landing() -> str:
    """Show what this is; to staff also what there is and what to do next."""
    if not is_staff():
        return render_template("review/landing.html", counts=None, latest=[])
    with database().reading() as connection:
        counts = count_all(connection)
        latest, _total = reports.list_reports(connection, ReportFilter(status=OPEN), 1, 8)
    return render_template("review/landing.html", counts=counts, latest=latest, next_step=_next_step(counts))


@blueprint.route("/reports")
@access("staff")
def report_list() -> str:
    """Show the reports as a table that can be filtered."""
    asked = {name: request.args.get(name, "") for name in ("status", "verdict", "partner")}
    page = page_number(request.args)
    chosen = ReportFilter(asked["status"] or None, asked["partner"] or None, asked["verdict"] or None)
    with database().reading() as connection:
        lines, total = reports.list_reports(connection, chosen, page, PAGE_SIZE)
    pages = max(1, -(-total // PAGE_SIZE))
    return render_template(
        "review/reports.html", lines=lines, total=total, page=page, pages=pages, asked=asked
    )


@blueprint.route("/reports/<request_id>")
@access("staff")
def report_page(request_id: str) -> str:
    """Show one report with everything that a decision needs."""
    return render_template("review/report.html", **_report(request_id), refused=None)


@blueprint.route("/reports/<request_id>/approve", methods=["POST"])
@access("staff")
def approve_page(request_id: str) -> AnyResponse | str:
    """Ask once more what an approval would send; approve when that was answered."""
    version, chosen = _form()
    note = request.form.get("note", "").strip()
    if request.form.get("confirmed") != "yes":
        if not chosen:
            return _refused(request_id, RefusedError(Refusal.INVALID, N_("Choose at least one match.")))
        values = _report(request_id)
        matches = [match for match in values["report"].matches if match.id in set(chosen)]
        return render_template(
            "review/confirm.html", **values, chosen=matches, seen_version=version, note=note
        )
    told, source = clock(), ids()
    return _decide(
        request_id,
        lambda connection: approve(connection, request_id, version, chosen, note, told, source),
        lambda done: ngettext(
            "%(num)d introduction is on its way to both sides.",
            "%(num)d introductions are on their way to both sides.",
            len(done.introductions),
        ),
    )


@blueprint.route("/reports/<request_id>/reject", methods=["POST"])
@access("staff")
def reject_page(request_id: str) -> AnyResponse | str:
    """Reject the chosen matches with a reason."""
    version, chosen = _form()
    reason = request.form.get("reason", "").strip()
    if not reason:
        return _refused(
            request_id, RefusedError(Refusal.INVALID, N_("Write why the chosen matches are rejected."))
        )
    if not chosen:
        return _refused(request_id, RefusedError(Refusal.INVALID, N_("Choose at least one match.")))
    told = clock()
    return _decide(
        request_id,
        lambda connection: reject(connection, request_id, version, chosen, reason, told),
        lambda done: _("The chosen matches are rejected; the reason is kept."),
    )


@blueprint.route("/reports/<request_id>/introductions/<introduction_id>/cancel", methods=["POST"])
@access("staff")
def cancel_page(request_id: str, introduction_id: str) -> AnyResponse | str:
    """Cancel an introduction of which no mail has been sent."""
    told = clock()
    return _decide(
        request_id,
        lambda connection: cancel(connection, introduction_id, told, request_id),
        lambda done: _("The introduction is cancelled; no mail of it goes out."),
    )


@exclusions.route("/reports/<request_id>/exclusions/lift", methods=["POST"])
@access("staff")
def lift_page(request_id: str) -> AnyResponse | str:
    """Lift an exclusion with a reason."""
    company_id, code = _exclusion()
    reason, told = request.form.get("reason", ""), clock()
    return _decide(
        request_id,
        lambda connection: lift(connection, request_id, company_id, code, reason, told),
        lambda done: _("The exclusion is lifted; the report is being made again."),
    )


@exclusions.route("/reports/<request_id>/exclusions/take-back", methods=["POST"])
@access("staff")
def take_back_page(request_id: str) -> AnyResponse | str:
    """Let a lifted exclusion hold again."""
    company_id, code = _exclusion()
    told = clock()
    return _decide(
        request_id,
        lambda connection: take_back(connection, request_id, company_id, code, told),
        lambda was_lifted: (
            _("The exclusion holds again; the report is being made again.")
            if was_lifted
            else _("The exclusion was not lifted (any more); nothing has changed.")
        ),
    )


@blueprint.route("/static/matching/<name>")
@access("anyone")
def static_file(name: str) -> Response:
    """Serve the pages' own style."""
    return send_from_directory(STATIC, name, max_age=3600)


def _decide(request_id: str, act: Callable[[Any], Any], said: Callable[[Any], str]) -> AnyResponse | str:
    """Take a decision on a report, say what it did and show the report; or say why it was refused."""
    try:
        with database().writing() as connection:
            done = act(connection)
    except RefusedError as refused:
        return _refused(request_id, refused)
    flash(said(done), "success")
    return redirect(url_for("matching_pages.report_page", request_id=request_id), code=303)


def _refused(request_id: str, refused: RefusedError) -> AnyResponse:
    """Show the report as it is now, with why the decision was not taken."""
    why = _(refused.template, **refused.values)
    page = render_template("review/report.html", **_report(request_id), refused=refused.kind, why=why)
    status = 409 if refused.kind in (Refusal.STALE, Refusal.CONFLICT) else 422
    return Response(page, status=status, mimetype="text/html")


def _report(request_id: str) -> dict[str, Any]:
    with database().reading() as connection:
        view = report_view(connection, request_id)
        by_words = awaits_reading(connection, request_id)
    if view is None:
        raise Problem(
            404,
            _(
                "There is no match report for %(id)s (yet). A new request is scored within seconds.",
                id=request_id,
            ),
        )
    report = with_erased_named(view.report, _(ERASED_NAME))
    return {
        "view": replace(view, report=report),
        "report": report,
        "picture": picture(report, current_language()),
        "interactive": True,
        "in_part": has_embedding(report.text_engine) and is_read_in_part(_needs(report)),
        "by_words": by_words and view.status == OPEN,
    }


def _needs(report: Report) -> list[Need]:
    return [Need(one.id, one.text, one.title, requirements=one.requirements) for one in report.needs]


def _form() -> tuple[int, list[str]]:
    version = whole_number(request.form, "report_version", 0)
    return version, request.form.getlist("match_id")


def _exclusion() -> tuple[str, str]:
    return request.form.get("company_id", ""), request.form.get("code", "")


def _next_step(counts: Counts) -> str:
    """Name what staff would do next."""
    if not counts.companies:
        return "import_companies"
    if not counts.requests:
        return "import_partners"
    return "review" if counts.with_matches else "wait" if counts.stale else "more_companies"
