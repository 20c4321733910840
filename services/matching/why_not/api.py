"""The route by which staff learn why a company was not chosen."""

from __future__ import annotations

from typing import Any

from services.matching.context import database, text_engine
from services.matching.why_not.schemas import WhyNotAnswer
from services.matching.why_not.views import UnknownError, answer
from shared.web.api import Blueprint, answers, not_found, route

blueprint = Blueprint(
    "why-not",
    __name__,
    url_prefix="/api/v1",
    description="Why a company was not chosen, and what would change it",
)

BLUEPRINTS = (blueprint,)


@route(
    blueprint, "/reports/<request_id>/companies/<company_id>/why-not", "GET", "staff",
    "Read why a company was not chosen",
    description="From the company's profile as it is now. What may be sent to the company names no other company, no "
    "score, no rank, and neither the foreign organisation nor its words; `for_staff` must not be sent.",
)  # fmt: skip
@answers(blueprint, 200, WhyNotAnswer)
def read_why_not(request_id: str, company_id: str) -> dict[str, Any]:
    """Say what kept a company out, and what would change it."""
    engine = text_engine()
    try:
        with database().reading() as connection:
            return answer(connection, request_id, company_id, engine)
    except UnknownError as error:
        raise not_found(error.what, error.identifier) from error
