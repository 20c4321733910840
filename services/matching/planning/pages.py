"""The pages of plans: what there is, and introductions under capacities with their approval."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from services.matching.context import database
from services.matching.i18n import N_
from services.matching.organisations.domain.roles import ROLES
from services.matching.planning.actions import PlanRefusedError, Wanted, approve_plan, introduction_plan
from services.matching.planning.consortium_views import consortia_of
from services.matching.planning.domain.introducing import Limits
from services.matching.planning.labels import bar_word, full_words
from services.matching.planning.schemas import PlanApproval
from services.matching.refusals import Refusal, RefusedError
from shared.web.access import access

PAGE_SIZE = 50
STANDARD = Limits()
APPROVAL = PlanApproval()
CHANGED = N_("The plan has changed since you read it. Read it again, then decide.")

blueprint = Blueprint("plan_pages", __name__, template_folder="templates")


@blueprint.app_context_processor
def plan_tools() -> dict[str, Any]:
    """Give the templates the words of plans, and a report's page its consortia."""
    return {"full_words": full_words, "bar_word": bar_word, "consortia_for": _consortia}


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
        wanted = _wanted(chosen)
        if not wanted:
            raise _refused_all(N_("Choose at least one introduction."))
        if request.form.get("confirmed") != "yes":
            shown = _plan()
            listed = [
                (one, [pair for pair in one["introductions"] if _value(one, pair) in set(chosen)])
                for one in shown["plan"]["requests"]
            ]
            listed = [(one, pairs) for one, pairs in listed if pairs]
            if sum(len(pairs) for _one, pairs in listed) < len(set(chosen)):
                raise _refused_all(CHANGED, Refusal.CONFLICT)
            return render_template(
                "planning/plan_confirm.html", listed=listed, chosen=chosen, note=note, asked=shown["asked"]
            )
        clock, ids = current_app.config["CLOCK"], current_app.config["IDS"]
        with database().writing() as connection:
            done = approve_plan(connection, wanted, note, clock, ids)
    except PlanRefusedError as refused:
        refusals = {name: _(one.template, **one.values) for name, one in refused.refusals.items()}
        page = render_template("planning/plan_introductions.html", **_plan(), refusals=refusals)
        kinds = {one.kind for one in refused.refusals.values()}
        return Response(page, status=409 if kinds & {"stale", "conflict"} else 422, mimetype="text/html")
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


def _consortia(request_id: str) -> dict[str, Any] | None:
    with database().reading() as connection:
        found = consortia_of(connection, request_id)
    return found and {**found, "titles": {need["id"]: need["title"] for need in found["needs"]}}


def _plan() -> dict[str, Any]:
    asked = _asked()
    limits = Limits(int(asked["per_request"]), int(asked["company_capacity"]))
    clock = current_app.config["CLOCK"]
    with database().reading() as connection:
        plan = introduction_plan(connection, clock(), limits, role=asked["role"] or None)
    # What is to be decided comes first.
    plan["requests"].sort(key=lambda one: not one["introductions"])
    page = max(1, request.values.get("page", 1, type=int))
    return {
        "plan": plan,
        "shown": plan["requests"][(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        "page": page,
        "pages": max(1, -(-len(plan["requests"]) // PAGE_SIZE)),
        "asked": asked,
        "roles": ROLES,
        "value": _value,
    }


def _asked() -> dict[str, Any]:
    """Read the limits of an address or a form; what is no number in its range becomes the standard."""

    def whole(name: str, least: int, most: int, standard: int) -> int:
        value: int = request.values.get(name, standard, type=int)
        return value if least <= value <= most else standard

    role = request.values.get("role", "")
    return {
        "per_request": whole("per_request", 1, 50, STANDARD.per_request),
        "company_capacity": whole("company_capacity", 0, 1000, STANDARD.company_capacity),
        "role": role if role in ROLES else "",
    }


def _value(of: dict[str, Any], pair: dict[str, Any]) -> str:
    """Give what a checkbox says: the request, the version of its report that was seen, and the match ids."""
    return json.dumps(
        {"request_id": of["request_id"], "report_version": of["report_version"], "matches": pair["matches"]},
        ensure_ascii=False,
    )


def _wanted(chosen: list[str]) -> list[Wanted]:
    """Read what was ticked, one a request; raises PlanRefusedError for what is no value of ours."""
    found: dict[tuple[str, int], list[str]] = {}
    for value in chosen:
        try:
            one = APPROVAL.loads(value)
        except (ValueError, ValidationError) as error:
            raise _refused_all(CHANGED) from error
        found.setdefault((one["request_id"], one["report_version"]), []).extend(one["matches"])
    return [Wanted(request_id, version, tuple(matches)) for (request_id, version), matches in found.items()]


def _refused_all(template: str, kind: Refusal = Refusal.INVALID) -> PlanRefusedError:
    return PlanRefusedError({"": RefusedError(kind, template)})
