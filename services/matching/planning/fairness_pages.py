"""The pages of fairness: how often members are seen, and whom to look at besides for a request."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template
from flask_babel import gettext as _

from services.matching.context import database, text_engine
from services.matching.planning.domain.fairness import Near
from services.matching.planning.fairness_views import also_look_at_for, fairness_of, rare_in_report
from services.matching.reports.store import reports
from services.matching.review.views import ReportView
from shared.web.access import access
from shared.web.problems import Problem

MOST_SHOWN = 200
"""Members in the table, those called least first; the API has all."""

blueprint = Blueprint("fairness_pages", __name__, template_folder="templates")


@blueprint.app_context_processor
def fairness_tools() -> dict[str, Any]:
    """Give a report's page the rarely seen small member among its matches."""
    return {"rare_for": _rare}


@blueprint.route("/plans/fairness")
@access("staff")
def fairness_page() -> str:
    """Show calls and meetings of members in twelve months, how they are spread, and who is never seen."""
    with database().reading() as connection:
        found = fairness_of(connection, current_app.config["CLOCK"]())
    return render_template("planning/plan_fairness.html", found=found, most=MOST_SHOWN)


@blueprint.route("/plans/also-look-at/<request_id>")
@access("staff")
def also_page(request_id: str) -> str:
    """Show the best rarely seen small member for a request."""
    engine = text_engine()
    with database().reading() as connection:
        report = reports.get_report(connection, request_id)
        found = also_look_at_for(connection, request_id, current_app.config["CLOCK"](), engine)
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
        return rare_in_report(connection, view, current_app.config["CLOCK"]())
