"""What matching holds of an organisation, for who asks for it, and what an erasure has left to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.introductions.store import reviews_of_company
from services.matching.organisations.store import erasures, projection
from services.matching.upkeep import store
from shared.rights import Asked, Held, Kind

_PROJECTION: Mapping[Kind, sa.Table] = {"company": tables.companies, "partner": tables.partners}
_SHOWN_OF_MATCH = ("id", "need_id", "role", "reasons", "questions")
"""Reasons, never scores or ranks."""


def knows(connection: Connection, kind: Kind, id: str) -> bool:
    """Say whether an organisation is known, or an introduction still holds its words."""
    known = projection.get_state(connection, _PROJECTION[kind], id) is not None
    return known or bool(_introductions(connection, kind, id))


def held(connection: Connection, asked: Asked) -> Held:
    """Return its parts of reports, its introductions, staff's words on its matches, and what is lifted for it."""
    kind, id = asked.kind, asked.id
    introductions = _introductions(connection, kind, id)
    requests = [one["id"] for one in asked.found["requests"]]
    if kind == "company":
        lifted = store.list_lifted_of_company(connection, id)
    else:
        lifted = store.list_lifted_of_requests(connection, requests)
    return {
        "reports": _reports(connection, kind, id),
        "introductions": introductions,
        "reviews": _reviews(connection, kind, id, introductions, requests),
        "lifted": lifted,
    }


def telling_of(connection: Connection, kind: Kind, id: str) -> Mapping[str, Sequence[str]]:
    """Return the ids of the introductions of an organisation."""
    mine = tables.introductions.c[f"{kind}_id"] == id
    return {"introductions": list(projection.list_versions(connection, tables.introductions, mine))}


def left(connection: Connection, telling: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Say what an erasure has left to do."""
    if erasures.count(connection):
        yield "matching has to take it out of reports and introductions"


def _introductions(connection: Connection, kind: Kind, id: str) -> list[Held]:
    """List the introductions that still hold its words; of the other side who it is."""
    column = tables.introductions.c[f"{kind}_id"]
    other = "partner" if kind == "company" else "company"
    return [
        {**one.state, other: {name: one.state[other][name] for name in ("id", "name", "country")}}
        for one in projection.list_states(connection, tables.introductions, column == id)
        if not one.state[kind].get("erased_at")
    ]


def _reports(connection: Connection, kind: Kind, id: str) -> list[Held]:
    """List its own parts of the reports that it stands in."""
    found = []
    for row in store.list_reports_naming(connection, id):
        content = row["content"]
        said = {name: row[name] for name in ("request_id", "version", "made_at")}
        if kind == "partner" and content["partner"]["id"] == id:
            shown = [{name: match[name] for name in _SHOWN_OF_MATCH[1:]} for match in content["matches"]]
            own = {name: content[name] for name in ("partner", "needs", "verdict", "verdict_text")}
            found.append({**said, **own, "matches": shown})
        elif kind == "company":
            matches, excluded = (
                [
                    one
                    for one in content[name]
                    if one["company"]["id"] == id and not one["company"].get("erased_at")
                ]
                for name in ("matches", "excluded")
            )
            mine = [{name: match[name] for name in ("company", *_SHOWN_OF_MATCH)} for match in matches]
            if mine or excluded:
                found.append({**said, "matches": mine, "excluded": excluded})
    return found


def _reviews(
    connection: Connection, kind: Kind, id: str, introductions: list[Held], requests: Sequence[str]
) -> list[dict[str, Any]]:
    """List the decisions of staff on its matches that have their words."""
    if kind == "company":
        return store.list_reasons(connection, reviews_of_company(id))
    ids = {one["request_id"] for one in introductions} | set(requests)
    return store.list_reasons(connection, tables.reviews.c.request_id.in_(sorted(ids)))
