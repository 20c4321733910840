"""Reports beside their version before and beside the decisions of staff, as API and pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions import store as decisions
from services.matching.introductions.domain.introductions import REJECTED, introduced_matches
from services.matching.introductions.store import Review
from services.matching.organisations.domain.model import ACTIVE
from services.matching.organisations.store import projection
from services.matching.reports.domain.changes import companies_of
from services.matching.reports.domain.comparison import disagreements, placed_in_report
from services.matching.reports.domain.report import Report
from services.matching.reports.store.change_log import StoredChange, list_change_log
from services.matching.review.strangers import FROM_ANYONE, companies_by_strangers, with_mark
from shared.ids import taken_apart


def changes_view(connection: Connection, request_id: str) -> list[dict[str, Any]]:
    """Return the changes of a report's versions, the newest first, with `companies`: names by id, empty if erased.

    `from_anyone` has the parts that strangers made of these companies by id; it is left out where they made none.
    """
    found = list_change_log(connection, request_id)
    ids = {id for one in found for id in companies_of(one.content)}
    names, strangers = _names(connection, ids), companies_by_strangers(connection, ids)
    return [_view(one, names, strangers) for one in found]


def latest_change_view(connection: Connection, request_id: str, version: int) -> dict[str, Any] | None:
    """Return the change that made a version of a report, None where it is the first or nobody knows it any more."""
    found = [one for one in list_change_log(connection, request_id, 1) if one.version == version]
    if not found:
        return None
    ids = companies_of(found[0].content)
    return _view(found[0], _names(connection, ids), companies_by_strangers(connection, ids))


def disagreements_view(
    connection: Connection, report: Report, latest: Mapping[str, Review]
) -> dict[str, list[dict[str, Any]]]:
    """Return where staff and policy disagree on a report, from the last decision by match id.

    `rejected_at_top`: rejected matches that it names at the top; `approved_not_named`: approved ones that it would
    not have named, though nothing but the policy keeps them out. Each with the company (id, name), need_id, reason
    and at, and what strangers made of the company; the first with its place, too.
    """
    approved = _approved_and_there(connection, report)
    made = {id: one.decision for id, one in latest.items() if one.decision == REJECTED or id in approved}
    top, missing = disagreements(made, placed_in_report(report))
    ids = {one.company_id for one in top} | {approved[id] for id in missing}
    names, strangers = _names(connection, ids), companies_by_strangers(connection, ids)

    def told(id: str, company_id: str) -> dict[str, Any]:
        review = latest[id]
        said = {
            "company": {"id": company_id, "name": names[company_id]},
            "need_id": taken_apart(id)[-1],
            "reason": review.reason,
            "at": review.at,
        }
        return with_mark(said, strangers.get(company_id))

    return {
        "rejected_at_top": [{**told(one.id, one.company_id), "place": one.place} for one in top],
        "approved_not_named": [told(id, approved[id]) for id in missing],
    }


def _approved_and_there(connection: Connection, report: Report) -> dict[str, str]:
    """Return the company by match id of the approved matches that a report could name, were it for the policy alone.

    Those apart that were cancelled, whose company is gone or excluded by a known conflict, or whose need is gone.
    """
    made = decisions.list_introductions_of(connection, report.request_id)
    introduced = introduced_matches(one.state for one in made)
    known = projection.get_states(connection, tables.companies, introduced.values())
    needs = {need.id for need in report.needs}
    excluded = {one.match_id for one in report.excluded}
    return {
        id: company_id
        for id, company_id in introduced.items()
        if id not in excluded
        and taken_apart(id)[-1] in needs
        and company_id in known
        and known[company_id].status == ACTIVE
    }


def _names(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of companies as they are now; empty for those that are erased."""
    wanted = set(ids)
    known = projection.get_states(connection, tables.companies, wanted)
    return {id: known[id].state["name"] if id in known else "" for id in wanted}


def _view(
    change: StoredChange, names: Mapping[str, str], strangers: Mapping[str, list[str]]
) -> dict[str, Any]:
    mine = sorted(companies_of(change.content))
    by_strangers = {id: strangers[id] for id in mine if id in strangers}
    return {
        "version": change.version,
        "at": change.at,
        **change.content,
        "companies": {id: names[id] for id in mine},
        **({FROM_ANYONE: by_strangers} if by_strangers else {}),
    }
