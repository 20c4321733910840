"""The pages where staff read scoring policies, turn the dials of a draft, preview it and make it active."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from services.matching.context import clock, database, ids
from services.matching.policies.actions import (
    activate_draft,
    change_draft,
    check_note,
    discard_draft,
    open_draft,
)
from services.matching.policies.domain.policy_checks import PARTS
from services.matching.policies.labels import RULE_WORDS, fault_text
from services.matching.policies.views import BusyError, preview_of
from services.matching.refusals import Refusal, RefusedError
from services.matching.scoring import store as policies
from services.matching.scoring.domain.policy import RULES
from services.matching.scoring.store import Draft
from shared.faults import Fault
from shared.web.access import access
from shared.web.numbers import whole_number
from shared.web.problems import Problem

blueprint = Blueprint("matching_policies", __name__, template_folder="templates")

BLUEPRINTS = (blueprint,)


@blueprint.route("/policies")
@access("staff")
def policy_list() -> str:
    """Show the active policy, the versions before it, and the drafts."""
    with database().reading() as connection:
        versions, drafts = policies.list_versions(connection), policies.list_drafts(connection)
    active = next(one for one in versions if one.active)
    return render_template(
        "policies/policies.html",
        versions=versions,
        drafts=drafts,
        active=active,
        parts=PARTS,
        rules=RULE_WORDS,
    )


@blueprint.route("/policies/drafts", methods=["POST"])
@access("staff")
def open_page() -> AnyResponse | str:
    """Open a draft of a version and show it."""
    based_on = whole_number(request.form, "based_on", 0) if request.form.get("based_on") else None
    try:
        with database().writing() as connection:
            draft = open_draft(connection, based_on, clock(), ids())
    except RefusedError as refused:
        raise Problem(404, _(refused.template, **refused.values)) from refused
    return redirect(url_for("matching_policies.draft_page", draft_id=draft.id), code=303)


@blueprint.route("/policies/drafts/<draft_id>")
@access("staff")
def draft_page(draft_id: str) -> str:
    """Show a draft's dials; with `preview` what it would change."""
    return _page(draft_id, preview="preview" in request.args)


@blueprint.route("/policies/drafts/<draft_id>", methods=["POST"])
@access("staff")
def change_page(draft_id: str) -> AnyResponse | str:
    """Keep the dials as they were set, and show what that would change."""
    seen = whole_number(request.form, "version", 0)
    weights = {part: _number(request.form.get(f"weights.{part}", "")) for part in PARTS}
    rules = {name: _number(request.form.get(name, "")) for name in RULES}
    try:
        with database().writing() as connection:
            change_draft(connection, draft_id, seen, weights, rules, clock())
    except RefusedError as refused:
        return _refused(draft_id, refused, given=request.form)
    return redirect(url_for("matching_policies.draft_page", draft_id=draft_id, preview=1), code=303)


@blueprint.route("/policies/drafts/<draft_id>/discard", methods=["POST"])
@access("staff")
def discard_page(draft_id: str) -> AnyResponse | str:
    """Ask once more; discard the draft when that was answered."""
    seen = whole_number(request.form, "version", 0)
    if request.form.get("confirmed") != "yes":
        draft, active = _read(draft_id)
        return render_template(
            "policies/policy_confirm.html", draft=draft, active=active, what="discard", seen=seen
        )
    return _decide(
        draft_id,
        lambda connection: discard_draft(connection, draft_id, seen),
        lambda done: _("The draft is discarded."),
    )


@blueprint.route("/policies/drafts/<draft_id>/activate", methods=["POST"])
@access("staff")
def activate_page(draft_id: str) -> AnyResponse | str:
    """Ask once more with what changes; make the draft the active policy when that was answered."""
    seen = whole_number(request.form, "version", 0)
    active_seen = whole_number(request.form, "active_version", 0)
    note = request.form.get("note", "").strip()
    if request.form.get("confirmed") != "yes":
        try:
            check_note(note)
        except RefusedError as refused:
            return _refused(draft_id, refused, note=note)
        draft, active = _read(draft_id)
        return render_template(
            "policies/policy_confirm.html",
            draft=draft,
            active=active,
            what="activate",
            seen=seen,
            active_seen=active_seen,
            note=note,
            parts=PARTS,
            rules=RULE_WORDS,
        )
    return _decide(
        draft_id,
        lambda connection: activate_draft(connection, draft_id, seen, active_seen, note, clock()),
        lambda made: _(
            "Version %(version)s of the scoring policy is active; open reports are being made again.",
            version=made.version,
        ),
        note,
    )


def _page(
    draft_id: str,
    given: Mapping[str, str] | None = None,
    faults: tuple[Fault, ...] = (),
    why: str = "",
    preview: bool = False,
    note: str = "",
) -> str:
    """Show a draft; `given` are dials as they were sent and could not be kept, `note` is what was written of it."""
    draft, active = _read(draft_id)
    values = {f"weights.{part}": weight for part, weight in draft.policy.weights.items()}
    values |= {name: getattr(draft.policy, name) for name in RULES}
    return render_template(
        "policies/policy_draft.html",
        draft=draft,
        active=active,
        parts=PARTS,
        ranges=RULES,
        rules=RULE_WORDS,
        values=values if given is None else given,
        kept={} if given is None else _others(values, given),
        faults={one.field: fault_text(one) for one in faults},
        why=why,
        note=note,
        preview=_previewed(draft) if preview else None,
    )


def _previewed(draft: Draft) -> dict[str, Any]:
    try:
        return preview_of(draft.policy)
    except BusyError as busy:
        why = _("What another draft would change is being found out. Load this page again in a few seconds.")
        raise Problem(503, why, headers={"Retry-After": "5"}) from busy


def _others(kept: Mapping[str, float], given: Mapping[str, str]) -> dict[str, float]:
    """Return what is kept of the dials that were sent with another value."""
    return {field: value for field, value in kept.items() if _number(given.get(field, "")) != value}


def _decide(
    draft_id: str, act: Callable[[Any], Any], told: Callable[[Any], str], note: str = ""
) -> AnyResponse | str:
    try:
        with database().writing() as connection:
            done = act(connection)
    except RefusedError as refused:
        return _refused(draft_id, refused, note=note)
    flash(told(done), "success")
    return redirect(url_for("matching_policies.policy_list"), code=303)


def _refused(
    draft_id: str, refused: RefusedError, given: Mapping[str, str] | None = None, note: str = ""
) -> AnyResponse:
    """Show the draft as it is now, with why and with what was written."""
    if given is not None and refused.faults:
        return _answer(_page(draft_id, given=given, faults=refused.faults), 422)
    why = _(refused.template, **refused.values)
    if refused.kind == Refusal.UNKNOWN:
        raise Problem(404, why)
    status = 409 if refused.kind in (Refusal.STALE, Refusal.CONFLICT) else 422
    return _answer(_page(draft_id, given=given, why=why, note=note), status)


def _answer(page: str, status: int) -> Response:
    return Response(page, status=status, mimetype="text/html")


def _read(draft_id: str) -> tuple[Draft, policies.PolicyVersion]:
    with database().reading() as connection:
        draft = policies.get_draft(connection, draft_id)
        versions = policies.list_versions(connection)
    if draft is None:
        raise Problem(
            404, _("There is no draft with the id %(id)s: it was activated or discarded.", id=draft_id)
        )
    return draft, next(one for one in versions if one.active)


def _number(text: str) -> float:
    """Read a number as people write it, with a comma or a point; what is none becomes one that no range has."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return math.nan
