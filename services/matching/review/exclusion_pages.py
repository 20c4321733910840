"""The part of a report's page where staff lift exclusions, and let them hold again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from services.matching.introductions.lifting import lift, take_back
from services.matching.review.pages import decide
from services.matching.scoring.domain.exclusions import LIFTABLE
from shared.web.access import access

blueprint = Blueprint("matching_exclusions", __name__, template_folder="templates")

BLUEPRINTS = (blueprint,)


@blueprint.app_context_processor
def exclusion_tools() -> dict[str, Any]:
    """Give the templates what they list exclusions with."""
    return {"excluded_once": excluded_once, "liftable": LIFTABLE}


def excluded_once(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give a report's exclusions, those of one company under several needs once, by name, company and code."""
    found = {(one["company"]["id"], one["code"]): one for one in reversed(report["excluded"])}
    return sorted(found.values(), key=lambda one: (one["company"]["name"], one["company"]["id"], one["code"]))


@blueprint.route("/reports/<request_id>/exclusions/lift", methods=["POST"])
@access("staff")
def lift_page(request_id: str) -> AnyResponse | str:
    """Lift an exclusion with a reason."""
    company_id, code = _form()
    reason, clock = request.form.get("reason", ""), current_app.config["CLOCK"]
    return decide(
        request_id,
        lambda connection: lift(connection, request_id, company_id, code, reason, clock),
        lambda done: _("The exclusion is lifted; the report is being made again."),
    )


@blueprint.route("/reports/<request_id>/exclusions/take-back", methods=["POST"])
@access("staff")
def take_back_page(request_id: str) -> AnyResponse | str:
    """Let a lifted exclusion hold again."""
    company_id, code = _form()
    clock = current_app.config["CLOCK"]
    return decide(
        request_id,
        lambda connection: take_back(connection, request_id, company_id, code, clock),
        lambda was_lifted: (
            _("The exclusion holds again; the report is being made again.")
            if was_lifted
            else _("The exclusion was not lifted (any more); nothing has changed.")
        ),
    )


def _form() -> tuple[str, str]:
    return request.form.get("company_id", ""), request.form.get("code", "")
