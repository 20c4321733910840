"""The pages of submissions: the queue for staff; the forms and the follow page for who has no account."""

from __future__ import annotations

from collections.abc import Callable
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
from marshmallow import ValidationError
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from services.profiles.i18n import N_
from services.profiles.organisations.domain.codes import COMPANIES, PARTNERS, REQUESTS
from services.profiles.refusal_answers import problem_of
from services.profiles.refusals import Refusal, RefusedError, wrong
from services.profiles.submissions import actions, forms, labels, store
from services.profiles.submissions.actions import LettingIn
from services.profiles.submissions.domain.submission import Submission, SubmissionStatus
from services.profiles.submissions.door import Door
from services.profiles.submissions.follow_link import NOT_KEPT, digest_of, follow_token, token_digest
from services.profiles.submissions.sent import understood_raw
from services.profiles.submissions.store import Asked
from services.profiles.submissions.views import (
    KnownOrganisations,
    changed_since,
    named_partner,
    named_record,
    named_visit,
    open_requests_of,
    queue,
    rows_of,
)
from shared.clock import Clock
from shared.faults import Fault
from shared.ids import IdSource
from shared.storage.engine import Database
from shared.web.access import access
from shared.web.form_check import tells_nul
from shared.web.problems import Problem, faults_in
from shared.web.sender import sender_digest

PAGE_SIZE = 50
MOST_SAID = 20
LAST_PAGE = 100_000
STATIC = Path(__file__).parents[1] / "static"
DOORS = {"request": REQUESTS, "company": COMPANIES, "partner": PARTNERS}
"""The kinds by the last part of their forms' addresses."""


def page_blueprints(
    database: Database, clock: Clock, ids: IdSource, known: KnownOrganisations, door: Door
) -> list[Blueprint]:
    """Make the pages' blueprints over a database: those for staff, and those for anyone, who come by `door`."""
    return [_staff_pages(database, clock, ids, known), _doors(database, clock, ids, door)]


def _staff_pages(database: Database, clock: Clock, ids: IdSource, known: KnownOrganisations) -> Blueprint:
    blueprint = Blueprint("submission_pages", __name__, template_folder="templates")

    @blueprint.app_context_processor
    def page_tools() -> dict[str, Any]:
        return {
            "labels": labels,
            "word": labels.word,
            "lines_of": labels.lines_of,
            "field_words": labels.field_words,
            "moment": _moment,
        }

    @blueprint.route("/submissions")
    @access("staff")
    def submission_list() -> str:
        asked = {name: request.args.get(name, "") for name in ("status", "kind", "source_of", "q")}
        chosen = asked["status"] if "status" in request.args else SubmissionStatus.WAITING.value
        if asked["source_of"] and "status" not in request.args:
            chosen = ""
        page = min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)
        wanted = Asked(chosen, asked["kind"], asked["source_of"], asked["q"][:200], page, PAGE_SIZE)
        with database.reading() as connection:
            found = queue(connection, wanted, known)
            waiting = store.get_waiting(connection).number
        return render_template(
            "submissions/queue.html",
            rows=found.rows,
            total=found.total,
            page=page,
            pages=max(1, -(-found.total // PAGE_SIZE)),
            asked={**asked, "status": chosen},
            waiting=waiting,
        )

    @blueprint.route("/submissions/<id>")
    @access("staff")
    def submission_page(id: str) -> str:
        with database.reading() as connection:
            return _page(connection, id)

    @blueprint.route("/submissions/<id>/let-in", methods=["POST"])
    @access("staff")
    def let_in_page(id: str) -> AnyResponse:
        return _decide(
            id, lambda connection: actions.let_in(connection, id, _letting_in(), clock(), ids), _("Let in.")
        )

    @blueprint.route("/submissions/<id>/refuse", methods=["POST"])
    @access("staff")
    def refuse_page(id: str) -> AnyResponse:
        reason = request.form.get("reason", "")
        return _decide(
            id,
            lambda connection: actions.refuse(connection, id, reason, clock()),
            _("Not taken; the reason is kept, and the sender may read it."),
        )

    @blueprint.route("/submissions/<id>/undo", methods=["POST"])
    @access("staff")
    def undo_page(id: str) -> AnyResponse:
        return _decide(
            id,
            lambda connection: actions.undo(connection, id, clock()),
            _taken_back,
        )

    @blueprint.route("/submissions/withdraw", methods=["POST"])
    @access("staff")
    def withdraw_page() -> AnyResponse | str:
        """Ask once more what would be withdrawn, and withdraw it when that was answered."""
        source_of, seen = request.form.get("source_of", ""), request.form.get("seen", "")
        with database.reading() as connection:
            chosen = (
                actions.ids_from_source(connection, source_of, seen)
                if source_of
                else request.form.getlist("id")
            )
            if request.form.get("confirmed") != "yes":
                found = [one for id in chosen if (one := store.get_submission(connection, id))]
                changed = changed_since(connection, found)
                return render_template(
                    "submissions/withdraw.html", found=found, source_of=source_of, changed=changed
                )
        try:
            with database.writing() as connection:
                done = actions.withdraw(connection, chosen, clock())
        except RefusedError as refused:
            flash(_("Nothing was withdrawn: %(why)s.", why=_(refused.template, **refused.values)), "danger")
            return redirect(
                url_for("submission_pages.submission_list", source_of=source_of or None), code=303
            )
        said = ngettext("%(num)d submission is withdrawn.", "%(num)d submissions are withdrawn.", len(done))
        flash(said, "success")
        for record in [record for one in done for record in one.not_put_back][:MOST_SAID]:
            flash(
                _(
                    "Not put back, because it was changed since: %(fields)s of %(id)s.",
                    fields=labels.field_words(record.after),
                    id=record.id,
                ),
                "warning",
            )
        # There each can be taken back.
        return redirect(url_for("submission_pages.submission_list", status="withdrawn"), code=303)

    @blueprint.route("/static/profiles/<name>")
    @access("anyone")
    def static_file(name: str) -> Response:
        return send_from_directory(STATIC, name, max_age=3600)

    def _decide(
        id: str, act: Callable[[Connection], Submission], said: str | Callable[[Submission], str]
    ) -> AnyResponse:
        """Do what staff decided and show the submission; or say why it was refused."""
        try:
            with database.writing() as connection:
                decided = act(connection)
        except ValidationError as error:  # a schema that has become stricter since it was sent
            return _refused(id, RefusedError(Refusal.INVALID, faults=faults_in(error.messages)))
        except RefusedError as refused:
            return _refused(id, refused)
        flash(said if isinstance(said, str) else said(decided), "success")
        return redirect(url_for("submission_pages.submission_page", id=id), code=303)

    def _refused(id: str, refused: RefusedError) -> AnyResponse:
        why = _(refused.template, **refused.values) if refused.template else _faults_said(refused.faults)
        with database.reading() as connection:
            page = _page(connection, id, why=why)
        status = 409 if refused.kind in (Refusal.STALE, Refusal.DECIDED, Refusal.NAMED) else 422
        return Response(page, status=status, mimetype="text/html")

    def _page(connection: Connection, id: str, why: str = "") -> str:
        found = store.get_submission(connection, id)
        if found is None:
            raise Problem(404, _("There is no such submission; it may be withdrawn and forgotten."))
        row = rows_of(connection, [found], known)[0]
        named = named_partner(connection, found)
        partners = [like.known for like in row.likely] if found.kind == REQUESTS else []
        requests = (
            open_requests_of(connection, [*([named["id"]] if named else []), *(one.id for one in partners)])
            if found.kind == REQUESTS and found.waits
            else []
        )
        record_id = request.values.get("record_id", "")
        record = named_record(connection, found, record_id) if record_id and found.waits else None
        return render_template(
            "submissions/submission.html",
            row=row,
            one=found,
            named=named,
            partners=partners,
            requests=requests,
            visit=named_visit(connection, found),
            record=record,
            changes=actions.changes_in(found, record) if record else [],
            why=why,
            written=request.form,
            ticked=request.form.getlist("fields") if "record_id" in request.form else None,
        )

    return blueprint


def _taken_back(submission: Submission) -> str:
    """Say what came of taking a decision back."""
    if submission.waits:
        return str(_("Taken back: it waits again, and what it had brought is withdrawn."))
    return str(_("Taken back: it is let in again, with the records that it had made."))


def _letting_in() -> LettingIn:
    """Read from the form how staff let a submission in."""
    form = request.form
    if form.get("record_id"):
        version = form.get("record_version", type=int)
        return LettingIn(form["record_id"], version, frozenset(form.getlist("fields")))
    if form.get("partner_id") == "":
        raise wrong("partner_id", N_("is not chosen"), N_("say which organisation asks"))
    partner = form.get("partner_id")
    return LettingIn(
        partner_id=None if partner in (None, "new") else partner,
        membership=form.get("membership") or None,
        with_visit=form.get("with_visit") == "yes",
    )


def _doors(database: Database, clock: Clock, ids: IdSource, guarded: Door) -> Blueprint:
    blueprint = Blueprint("submission_doors", __name__, template_folder="templates")

    @blueprint.after_request
    def not_kept(response: Response) -> Response:
        response.headers.update(NOT_KEPT)
        return response

    @blueprint.route("/submit/<door>", methods=["GET", "POST"])
    @access("anyone")
    @tells_nul
    def submit(door: str) -> AnyResponse | str:
        """Show a form for who has no account, and keep what is sent until staff let it in."""
        if door not in DOORS:
            raise Problem(404, _("There is no such form here."))
        kind = DOORS[door]
        if request.method == "GET":
            return _door("submissions/submit.html", door=door, said={}, faults={})
        try:
            guarded.ask()
        except RefusedError as error:
            return _asked_to_wait(error, door, forms.written(request.form))
        said = forms.written(request.form)
        faults = {**forms.missing(said), **forms.with_nul(request.form)}
        if not faults:
            try:
                read = understood_raw(kind, forms.fields_of(kind, said))
            except ValidationError as error:
                faults = forms.by_field(said, faults_in(error.messages))
            except RefusedError as error:
                faults = forms.by_field(said, error.faults)
        if faults:
            page = _door("submissions/submit.html", door=door, said=said, faults=faults)
            return Response(page, status=422, mimetype="text/html")
        try:
            with database.writing() as connection:
                kept = actions.take(connection, kind, read, clock(), ids, sender_digest(), digest_of)
        except RefusedError as error:
            return _asked_to_wait(error, door, said)
        return redirect(url_for("submission_doors.follow", token=follow_token(kept.id)), code=303)

    @blueprint.route("/submissions/follow/<token>")
    @access("anyone")
    def follow(token: str) -> str:
        """Show a submission to who has its link."""
        with database.reading() as connection:
            return _followed(store.get_followed(connection, token_digest(token)), token)

    @blueprint.route("/submissions/follow/<token>/withdraw", methods=["POST"])
    @access("anyone")
    def withdraw_own(token: str) -> AnyResponse | str:
        """Withdraw a submission for who has its link."""
        try:
            with database.reading() as connection:
                found = store.get_followed(connection, token_digest(token))
            if found is not None:  # whoever guesses does not keep the others from writing
                with database.writing() as connection:
                    actions.withdraw_own(connection, token_digest(token), clock())
        except RefusedError:
            flash(
                _("It is decided already. Write to the organiser to have it changed or removed."), "warning"
            )
        return redirect(url_for("submission_doors.follow", token=token), code=303)

    return blueprint


def _asked_to_wait(refused: RefusedError, door: str, said: dict[str, Any]) -> Response:
    """Show the form again, with all that was typed, to who has sent too many or too much."""
    if refused.kind in (Refusal.TOO_LARGE, Refusal.FULL):
        why = _(refused.template, **refused.values)
        flash(f"{why[:1].upper()}{why[1:]}.", "warning")
        page = _door("submissions/submit.html", door=door, said=said, faults={})
        answered = problem_of(refused)
        return Response(page, status=answered.status, mimetype="text/html", headers=answered.headers)
    if refused.kind is not Refusal.TOO_MANY:
        raise refused
    seconds = refused.values["seconds"]
    flash(
        _(
            "Too many submissions came from your address. "
            "What you typed still stands here: send it again in %(seconds)s seconds.",
            seconds=seconds,
        ),
        "warning",
    )
    page = _door("submissions/submit.html", door=door, said=said, faults={})
    return Response(page, status=429, mimetype="text/html", headers={"Retry-After": str(seconds)})


def _followed(found: Submission | None, token: str) -> str:
    if found is None:
        raise Problem(404, _("This link leads to nothing (any more)."))
    return _door("submissions/follow.html", one=found, token=token)


def _door(template: str, **values: Any) -> str:
    return render_template(
        template,
        languages_of_texts=forms.LANGUAGES,
        labels=labels,
        said_fault=_fault_said,
        **values,
    )


def _fault_said(fault: Fault) -> str:
    """Say what is wrong with a field and how to mend it, in the reader's language."""
    texts = [
        _(text) % fault.values if fault.values else _(text) for text in (fault.problem, fault.fix) if text
    ]
    return "; ".join(texts)


def _faults_said(faults: tuple[Fault, ...]) -> str:
    return " ".join(
        f"{labels.word(labels.FIELDS, fault.field.split('.')[0])} {_fault_said(fault)}." for fault in faults
    )


def _moment(text: str) -> str:
    """Return a moment as `2026-03-02 08:00`, in UTC."""
    return f"{text[:10]} {text[11:16]}"
