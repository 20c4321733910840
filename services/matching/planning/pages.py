"""The pages of plans: what there is, introductions with their approval, gaps, fairness; and a report's consortia."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from services.matching.context import clock, database, ids, settings, text_engine
from services.matching.organisations.domain.roles import ROLES
from services.matching.planning.actions import PlanRefusedError, approve_plan
from services.matching.planning.domain.fairness import Near
from services.matching.planning.domain.introducing import Limits
from services.matching.planning.forms import CHANGED, pair_value, wanted_of
from services.matching.planning.labels import bar_word, full_words
from services.matching.planning.views.consortium_view import consortia_of
from services.matching.planning.views.fairness_view import also_look_at_for, fairness_of, rare_in_report
from services.matching.planning.views.gap_view import gaps_of
from services.matching.planning.views.plan_view import introduction_plan
from services.matching.refusals import Refusal, RefusedError
from services.matching.reports.store import reports
from services.matching.review.views import ReportView
from shared.web.access import access
from shared.web.numbers import page_number, whole_number
from shared.web.problems import Problem

PAGE_SIZE = 50
MOST_SHOWN = 200
"""Groups, needs and members in a table; the file or the API has all."""
STANDARD = Limits()

blueprint = Blueprint("plan_pages", __name__, template_folder="templates")

BLUEPRINTS = (blueprint,)


@blueprint.app_context_processor
def plan_tools() -> dict[str, Any]:
    """Offer templates the words of plans, and a report's page its consortia and its rarely seen small member."""
    return {"full_words": full_words, "bar_word": bar_word, "consortia_for": _consortia, "rare_for": _rare}


@blueprint.route("/plans")
@access("staff")
def overview() -> str:
    """Show which plans there are."""
    return render_template("planning/plans.html")


@blueprint.route("/plans/introductions")
@access("staff")
def introductions_page() -> str:
    """Show who would meet whom over all open requests, beside the best of each request."""
    return render_template("planning/plan_introductions.html", **_plan(), refusals={})


@blueprint.route("/plans/introductions/approve", methods=["POST"])
@access("staff")
def approve_page() -> AnyResponse | str:
    """Ask once more what an approval would send; approve when that was answered."""
    chosen = request.form.getlist("pair")
    note = request.form.get("note", "").strip()
    try:
        wanted = wanted_of(chosen)
        if wanted and request.form.get("confirmed") != "yes":
            shown = _plan()
            listed = [
                (one, [pair for pair in one["introductions"] if pair_value(one, pair) in set(chosen)])
                for one in shown["plan"]["requests"]
            ]
            listed = [(one, pairs) for one, pairs in listed if pairs]
            if sum(len(pairs) for _one, pairs in listed) < len(set(chosen)):
                raise RefusedError(Refusal.CONFLICT, CHANGED)
            return render_template(
                "planning/plan_confirm.html", listed=listed, chosen=chosen, note=note, asked=shown["asked"]
            )
        with database().writing() as connection:
            done = approve_plan(connection, wanted, note, clock(), ids())
    except RefusedError as refused:
        return _refused(refused)
    count = sum(len(one.introductions) for one in done.values())
    flash(
        ngettext(
            "%(num)d introduction is on its way to both sides.",
            "%(num)d introductions are on their way to both sides.",
            count,
        ),
        "success",
    )
    return redirect(url_for("plan_pages.introductions_page", **_asked()), code=303)


@blueprint.route("/plans/gaps")
@access("staff")
def gaps_page() -> str:
    """Show the needs of open requests that nobody covers, by focus area and by concept."""
    with database().reading() as connection:
        found = gaps_of(connection, clock()(), settings().thesaurus)
    names = {group["code"]: group["names"] for group in found["by_concept"]}
    return render_template("planning/plan_gaps.html", found=found, concept_names=names, most=MOST_SHOWN)


@blueprint.route("/plans/fairness")
@access("staff")
def fairness_page() -> str:
    """Show calls and meetings of members in twelve months, how they are spread, and who is never seen."""
    with database().reading() as connection:
        found = fairness_of(connection, clock()())
    return render_template("planning/plan_fairness.html", found=found, most=MOST_SHOWN)


@blueprint.route("/plans/also-look-at/<request_id>")
@access("staff")
def also_page(request_id: str) -> str:
    """Show the best rarely seen small member for a request."""
    engine = text_engine()
    with database().reading() as connection:
        report = reports.get_report(connection, request_id)
        found = also_look_at_for(connection, request_id, clock()(), engine)
    if report is None or found is None:
        raise Problem(
            404,
            _(
                "There is no match report for %(id)s (yet). A new request is scored within seconds.",
                id=request_id,
            ),
        )
    titles = {need.id: need.label for need in report.content.needs}
    return render_template(
        "planning/also_look_at.html", found=found, partner=report.content.partner, titles=titles
    )


def _rare(view: ReportView) -> Near | None:
    with database().reading() as connection:
        return rare_in_report(connection, view, clock()())


def _consortia(request_id: str) -> dict[str, Any] | None:
    with database().reading() as connection:
        found = consortia_of(connection, request_id)
    return found and {**found, "titles": {need["id"]: need["title"] for need in found["needs"]}}


def _plan() -> dict[str, Any]:
    asked = _asked()
    limits = Limits(int(asked["per_request"]), int(asked["company_capacity"]))
    with database().reading() as connection:
        plan = introduction_plan(connection, clock()(), limits, role=asked["role"] or None)
    # What is to be decided comes first.
    plan["requests"].sort(key=lambda one: not one["introductions"])
    page = page_number(request.values)
    return {
        "plan": plan,
        "shown": plan["requests"][(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        "page": page,
        "pages": max(1, -(-len(plan["requests"]) // PAGE_SIZE)),
        "asked": asked,
        "roles": ROLES,
        "value": pair_value,
    }


def _asked() -> dict[str, Any]:
    """Read the limits of an address or a form; what is no number in its range becomes the standard."""

    def whole(name: str, least: int, most: int, standard: int) -> int:
        return whole_number(request.values, name, standard, least, most)

    role = request.values.get("role", "")
    return {
        "per_request": whole("per_request", 1, 50, STANDARD.per_request),
        "company_capacity": whole("company_capacity", 0, 1000, STANDARD.company_capacity),
        "role": role if role in ROLES else "",
    }


def _refused(refused: RefusedError) -> Response:
    """Show the plan as it is now, with why nothing was approved."""
    each = refused.refusals if isinstance(refused, PlanRefusedError) else {"": refused}
    refusals = {name: _(one.template, **one.values) for name, one in each.items()}
    page = render_template("planning/plan_introductions.html", **_plan(), refusals=refusals)
    status = 409 if refused.kind in (Refusal.STALE, Refusal.CONFLICT) else 422
    return Response(page, status=status, mimetype="text/html")
