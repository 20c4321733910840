"""Reports beside their version before and beside the decisions of staff, as API and pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.engine import Connection

from services.matching.domain.changes import companies_of
from services.matching.domain.comparison import disagreements, placed_in_content
from services.matching.store import decisions, projection, tables
from services.matching.store.changes import StoredChange, changes_of
from services.matching.store.decisions import Review


def changes_view(connection: Connection, request_id: str) -> list[dict[str, Any]]:
    """Give the changes of a report's versions, the newest first, with `companies`: names by id, empty if erased."""
    found = changes_of(connection, request_id)
    names = _names(connection, {id for one in found for id in companies_of(one.content)})
    return [_view(one, names) for one in found]


def latest_change_view(connection: Connection, request_id: str, version: int) -> dict[str, Any] | None:
    """Give the change that made a version of a report, None where it is the first or nobody knows it any more."""
    found = [one for one in changes_of(connection, request_id, 1) if one.version == version]
    return _view(found[0], _names(connection, companies_of(found[0].content))) if found else None


def disagreements_view(
    connection: Connection, request_id: str, content: Mapping[str, Any], latest: Mapping[str, Review]
) -> dict[str, list[dict[str, Any]]]:
    """Give where staff and policy disagree on a report, from the last decision by match id.

    `rejected_at_top`: rejected matches that it names at the top; `approved_not_named`: approved ones that it would
    not have named. Each with the company (id, name), need_id, reason and at; the first with its place, too.
    """
    made = {id: review.decision for id, review in latest.items()}
    top, missing = disagreements(made, placed_in_content(content))
    of_missing = {id: _company_of(connection, request_id, id) for id in missing}
    names = _names(connection, {one.company_id for one in top} | set(of_missing.values()))

    def told(id: str, company_id: str) -> dict[str, Any]:
        review = latest[id]
        return {
            "company": {"id": company_id, "name": names[company_id]},
            "need_id": id.removeprefix(f"{company_id}."),
            "reason": review.reason,
            "at": review.at,
        }

    return {
        "rejected_at_top": [{**told(one.id, one.company_id), "place": one.place} for one in top],
        "approved_not_named": [told(id, company_id) for id, company_id in of_missing.items()],
    }


def _company_of(connection: Connection, request_id: str, match_id: str) -> str:
    """Find whose match an id is: company and need ids may hold points."""
    approved = (one.state["company"]["id"] for one in decisions.introductions_of(connection, request_id))
    mine = [id for id in approved if match_id.startswith(f"{id}.")]
    return max(mine, key=len, default=match_id.partition(".")[0])


def _names(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Give the names of companies as they are now; of those that are erased nothing."""
    wanted = set(ids)
    known = projection.get_states(connection, tables.companies, wanted)
    return {id: known[id].state["name"] if id in known else "" for id in wanted}


def _view(change: StoredChange, names: Mapping[str, str]) -> dict[str, Any]:
    mine = companies_of(change.content)
    return {
        "version": change.version,
        "at": change.at,
        **change.content,
        "companies": {id: names[id] for id in sorted(mine)},
    }
