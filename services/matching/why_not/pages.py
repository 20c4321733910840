"""The page where staff look up why a company was not chosen, and find the text to send to it."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from services.matching.context import database, text_engine
from services.matching.reports.store import reports
from services.matching.why_not.views import MOST_FOUND, UnknownError, answer, find_companies
from shared.web.access import access
from shared.web.app import current_language
from shared.web.problems import Problem

blueprint = Blueprint("matching_why_not", __name__, template_folder="templates")

BLUEPRINTS = (blueprint,)


@blueprint.route("/reports/<request_id>/why-not")
@access("staff")
def why_not_page(request_id: str) -> str:
    """Find a company by its name, and say of the chosen one what kept it out."""
    words, company_id = request.args.get("name", "").strip(), request.args.get("company", "")
    said, unknown = None, ""
    with database().reading() as connection:
        report = reports.get_report(connection, request_id)
        if report is None:
            raise Problem(
                404,
                _(
                    "There is no match report for %(id)s (yet). A new request is scored within seconds.",
                    id=request_id,
                ),
            )
        found = [] if company_id else find_companies(connection, words, current_language())
        if len(found) == 1:
            company_id = found[0]["id"]
        if company_id:
            try:
                said = answer(connection, request_id, company_id, text_engine())
            except UnknownError:
                unknown, found = company_id, find_companies(connection, words, current_language())
    needs = {need.id: need.label for need in report.content.needs}
    return render_template(
        "why_not/why_not.html",
        request_id=request_id,
        partner_name=report.content.partner.name,
        words=words,
        found=found,
        most=MOST_FOUND,
        said=said,
        unknown=unknown,
        need_texts=needs,
    )
