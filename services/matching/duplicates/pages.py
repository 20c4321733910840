"""The page where staff see organisations that may be one, and say whether they are."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from services.matching.context import clock, database
from services.matching.duplicates.actions import decide_duplicate, undo_duplicate
from services.matching.duplicates.domain.decisions import Decision
from services.matching.duplicates.domain.reason_text import reason_said
from services.matching.duplicates.views import decided, suggestions
from services.matching.organisations.domain.sides import Side
from services.matching.refusals import Refusal, RefusedError
from shared.web.access import access

MOST = 50
"""Pairs on the page: the likeliest; the others come as these are decided."""

blueprint = Blueprint("matching_duplicates", __name__, template_folder="templates")

BLUEPRINTS = (blueprint,)


@blueprint.app_context_processor
def duplicate_tools() -> dict[str, Any]:
    """Put into templates the function that says reasons."""
    return {"reason_said": reason_said}


@blueprint.route("/duplicates")
@access("staff")
def duplicates_page() -> str:
    """Show the pairs of one side that staff have not decided on, and what was decided."""
    return _page(_side(request.args))


@blueprint.route("/duplicates/decide", methods=["POST"])
@access("staff")
def decide_page() -> AnyResponse | str:
    """Keep what staff say of two; nothing else changes, and it can be taken back."""
    side, ids = _side(request.form), _ids()
    chosen = request.form.get("decision", "")
    keep = chosen.removeprefix("keep ") if chosen.startswith("keep ") else None
    try:
        if keep is None and chosen != Decision.NOT_SAME:
            raise RefusedError(Refusal.INVALID, _("Say whether they are the same."), ["decision"])
        with database().writing() as connection:
            done = decide_duplicate(connection, side, ids, keep, request.form.get("reason", ""), clock())
    except RefusedError as refused:
        page = _page(side, why=_(refused.template, **refused.values), about=set(ids))
        return Response(page, status=404 if refused.kind == Refusal.UNKNOWN else 422, mimetype="text/html")
    left = done.to_withdraw
    if left:
        flash(_("Noted: they are the same. Now withdraw %(name)s, as said below.", name=left.name), "success")
    else:
        flash(_("Noted. These two are not suggested again."), "success")
    return redirect(url_for("matching_duplicates.duplicates_page", side=side), code=303)


@blueprint.route("/duplicates/undo", methods=["POST"])
@access("staff")
def undo_page() -> AnyResponse:
    """Take a decision back."""
    side = _side(request.form)
    with database().writing() as connection:
        undo_duplicate(connection, side, _ids())
    flash(_("The decision is taken back."), "success")
    return redirect(url_for("matching_duplicates.duplicates_page", side=side), code=303)


def _page(side: Side, **more: Any) -> str:
    with database().reading() as connection:
        pairs = suggestions().of(connection, side)
        done = decided(connection, side)
    return render_template(
        "duplicates/duplicates.html", side=side, pairs=pairs[:MOST], total=len(pairs), decided=done, **more
    )


def _ids() -> tuple[str, str]:
    return request.form.get("id", ""), request.form.get("other_id", "")


def _side(asked: Any) -> Side:
    return Side.PARTNER if asked.get("side") == Side.PARTNER else Side.COMPANY
