"""Why a company was not chosen for a request, from what is kept: for the API, the page and the command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions import store as decisions
from services.matching.introductions.domain.introductions import CANCELLED
from services.matching.organisations.domain.model import (
    OPEN,
    company_from_state,
    partner_from_state,
    request_from_state,
)
from services.matching.organisations.store import projection
from services.matching.organisations.store.projection import Stored
from services.matching.reports.domain.report import Report, match_id
from services.matching.reports.store import reports
from services.matching.reports.store.lifted import get_lifted
from services.matching.review.strangers import (
    asking_by_strangers,
    companies_by_strangers,
    exclusions_by_strangers,
    with_mark,
)
from services.matching.scoring import store as policies
from services.matching.text.domain.concept_engine import TextEngine
from services.matching.why_not.domain.outcomes import INTRODUCED, REJECTED
from services.matching.why_not.domain.reasons import Decided, why_not
from shared.words.collation import sort_key
from shared.words.finding import findable, is_found, sought

MOST_FOUND = 20
"""Companies that a search returns."""


class UnknownError(LookupError):
    """There is no such request with a report, or no such company; `what` says which."""

    def __init__(self, what: str, identifier: str) -> None:
        super().__init__(f"there is no {what} with the id {identifier!r}")
        self.what = what
        self.identifier = identifier


def answer(connection: Connection, request_id: str, company_id: str, engine: TextEngine) -> dict[str, Any]:
    """Return what `domain.why_not` says of a company as it is now, beside `request_id`, `report_version`, `up_to_date`.

    At its head, at the company and at each reason stands what strangers made of it. Raises UnknownError.
    """
    report = reports.get_report(connection, request_id)
    request = projection.get_state(connection, tables.requests, request_id)
    partner = request and projection.get_state(connection, tables.partners, request.state["partner_id"])
    if report is None or request is None or partner is None:
        raise UnknownError("match report", request_id)
    company = projection.get_state(connection, tables.companies, company_id)
    if company is None:
        raise UnknownError("company", company_id)
    version = policies.get_version(connection, report.content.policy_version)
    policy = policies.get_active_policy(connection) if version is None else version.policy
    # An open request's report is stale where a change is not taken into account yet; a closed one's is not made again.
    closed = request.status != OPEN
    changed = report.stale_since is not None or (closed and company.happened_at > report.made_at)
    said = why_not(
        request_from_state(request.state),
        partner_from_state(partner.state),
        company_from_state(company.state),
        report.content,
        policy,
        engine,
        get_lifted(connection, request_id),
        _decided(connection, request, company_id),
        changed,
    )
    about = {
        "request_id": request_id,
        "report_version": report.version,
        "up_to_date": report.stale_since is None,
    }
    marked = _with_marks(connection, report.content, company_id, said.to_json())
    return with_mark({**about, **marked}, asking_by_strangers(connection, report.content))


def _with_marks(
    connection: Connection, report: Report, company_id: str, told: Mapping[str, Any]
) -> dict[str, Any]:
    exclusions = exclusions_by_strangers(connection, report, company_id)
    of_company = companies_by_strangers(connection, [company_id]).get(company_id)
    return {
        **told,
        "company": with_mark(told["company"], of_company),
        "needs": [
            {**need, "reasons": [with_mark(one, exclusions.get(one["code"])) for one in need["reasons"]]}
            for need in told["needs"]
        ],
    }


def find_companies(connection: Connection, words: str, language: str) -> list[dict[str, str]]:
    """Find up to `MOST_FOUND` companies by words of their name or their id, as `id` and `name`.

    The words may be parts, in any order and in plain letters. The one of that id comes first, then by name in the order
    of `language`.
    """
    wanted = words.strip()
    if not wanted:
        return []
    named = {
        one.id: str(one.state.get("name") or one.id)
        for one in projection.list_states(connection, tables.companies)
    }
    found = [id for id, name in named.items() if id == wanted or _is_meant(name, wanted)]
    found.sort(key=lambda id: (id != wanted, sort_key(named[id], language), id))
    return [{"id": id, "name": named[id]} for id in found[:MOST_FOUND]]


def _is_meant(name: str, wanted: str) -> bool:
    words = sought(wanted)
    # Signs alone are left out of what names are found by.
    return is_found(findable(name), words) if words else wanted.casefold() in name.casefold()


def _decided(connection: Connection, request: Stored, company_id: str) -> Mapping[str, Decided]:
    """Return staff's last decision on the company by need id; an introduction that stands says more than a review."""
    found: dict[str, Decided] = {}
    latest = {review.match_id: review for review in decisions.list_reviews_of(connection, request.id)}
    for need in request.state.get("needs") or ():
        review = latest.get(match_id(company_id, need["id"]))
        if review is not None and review.decision == REJECTED:
            found[need["id"]] = Decided(REJECTED, review.reason)
    for made in decisions.list_introductions_of(connection, request.id):
        if made.state["company"]["id"] == company_id and made.status != CANCELLED:
            found |= {need_id: Decided(INTRODUCED) for need_id in made.state["need_ids"]}
    return found
