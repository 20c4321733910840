"""The page of what no company covers."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from services.matching.context import database
from services.matching.planning.gap_views import gaps_of
from shared.web.access import access

MOST_SHOWN = 200
"""Groups and needs in a table; the file has all."""

blueprint = Blueprint("gap_pages", __name__, template_folder="templates")


@blueprint.route("/plans/gaps")
@access("staff")
def gaps_page() -> str:
    """Show the needs of open requests that nobody covers, by focus area and by concept."""
    with database().reading() as connection:
        found = gaps_of(connection, current_app.config["CLOCK"](), current_app.config["SETTINGS"].thesaurus)
    names = {group["code"]: group["names"] for group in found["by_concept"]}
    return render_template("planning/plan_gaps.html", found=found, concept_names=names, most=MOST_SHOWN)
