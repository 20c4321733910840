"""The statements on the tables of profiles. `kind` is a key of `codes.KINDS`; `lock` keeps a row until the commit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.profiles.organisations.domain.codes import KINDS, REQUESTS, Status
from services.profiles.organisations.domain.profile_state import State, focus_areas_of
from services.profiles.tables import PROFILES, erasures
from shared.rights import Erasure
from shared.storage.rows import upsert
from shared.storage.written_inserts import Insert
from shared.words.countries import country_code
from shared.words.finding import findable, sought

# Made once: to put a statement together takes as long as to run it.
_GET = {
    kind: sa.select(table.c.state).where(table.c.id == sa.bindparam("wanted_id"))
    for kind, table in PROFILES.items()
}
_ADD = {kind: Insert(table, *table.c.keys()) for kind, table in PROFILES.items()}
_GET_ERASED_VERSION = sa.select(erasures.c.version).where(
    erasures.c.kind == sa.bindparam("wanted_kind"), erasures.c.id == sa.bindparam("wanted_id")
)


@dataclass(frozen=True)
class Wanted:
    """What a list asks for: None or an empty text asks nothing.

    `name` has parts of the name in any order, `country` a known country's name or code; the others are whole values.
    `page` counts from 1.
    """

    status: str | None = None
    country: str | None = None
    kind: str | None = None
    partner_id: str | None = None
    focus_area: str | None = None
    name: str | None = None
    page: int = 1
    page_size: int = 20


def get_profile(connection: Connection, kind: str, id: str, lock: bool = False) -> State | None:
    """Return the state of a profile, or None when there is none."""
    query = _GET[kind].with_for_update() if lock else _GET[kind]
    text = connection.execute(query, {"wanted_id": id}).scalar()
    if text is None:
        return None
    state: State = json.loads(text)
    return state


def get_version(connection: Connection, kind: str, id: str, lock: bool = False) -> int | None:
    """Return the version of a profile, or None when there is none."""
    table = PROFILES[kind]
    query = sa.select(table.c.version).where(table.c.id == id)
    version: int | None = connection.execute(query.with_for_update() if lock else query).scalar()
    return version


def list_profiles(connection: Connection, kind: str, wanted: Wanted) -> list[State]:
    """Return one page of states in the order of their ids."""
    table = PROFILES[kind]
    query = (
        sa.select(table.c.state)
        .where(*_conditions(table, wanted))
        .order_by(table.c.id)
        .limit(wanted.page_size)
        .offset((wanted.page - 1) * wanted.page_size)
    )
    return [json.loads(text) for text in connection.execute(query).scalars()]


def list_all_profiles(connection: Connection, kind: str) -> Iterator[State]:
    """Yield every state of a kind in the order of their ids; all are read at once, and parsed one by one."""
    table = PROFILES[kind]
    texts = connection.execute(sa.select(table.c.state).order_by(table.c.id)).scalars().all()
    return map(json.loads, texts)


def list_versions_of_partner(
    connection: Connection, kind: str, partner_id: str, lock: bool = False
) -> list[tuple[str, int]]:
    """Return the id and the version of every visit or match request of a partner, in the order of their ids."""
    table = PROFILES[kind]
    query = (
        sa.select(table.c.id, table.c.version).where(table.c.partner_id == partner_id).order_by(table.c.id)
    )
    rows = connection.execute(query.with_for_update() if lock else query)
    return [(row.id, row.version) for row in rows]


def list_requests_of_visit(connection: Connection, visit_id: str) -> list[State]:
    """Return the states of the match requests that name a visit and are not withdrawn, in the order of their ids."""
    table = PROFILES[REQUESTS]
    named = table.c.state.contains(f'"visit_id": {json.dumps(visit_id)}', autoescape=True)
    query = sa.select(table.c.state).where(named, table.c.status != Status.WITHDRAWN).order_by(table.c.id)
    states = [json.loads(text) for text in connection.execute(query).scalars()]
    return [state for state in states if state.get("visit_id") == visit_id]


def count_profiles(connection: Connection, kind: str, wanted: Wanted) -> int:
    """Count what a list asks for, over all its pages."""
    table = PROFILES[kind]
    query = sa.select(sa.func.count()).select_from(table).where(*_conditions(table, wanted))
    return int(connection.execute(query).scalar_one())


def add_profile(connection: Connection, kind: str, state: State) -> None:
    """Add the first state of a profile; raises sqlalchemy.exc.IntegrityError when the id is taken."""
    _ADD[kind].execute(connection, _row(state))


def save_profile(connection: Connection, kind: str, state: State) -> None:
    """Save the next state of a profile."""
    table = PROFILES[kind]
    connection.execute(sa.update(table).where(table.c.id == state["id"]).values(**_row(state)))


def delete_profile(connection: Connection, kind: str, id: str) -> None:
    """Delete a profile."""
    table = PROFILES[kind]
    connection.execute(sa.delete(table).where(table.c.id == id))


def get_erased_version(connection: Connection, kind: str, id: str) -> int:
    """Return the version of an erased profile's tombstone; 0 where nothing of this id was erased."""
    wanted = {"wanted_kind": KINDS[kind].aggregate, "wanted_id": id}
    found: int | None = connection.execute(_GET_ERASED_VERSION, wanted).scalar()
    return found or 0


def save_erasure(connection: Connection, erasure: Erasure) -> None:
    """Save that a profile was erased, in place of an earlier erasure of the same id."""
    values = {"version": erasure.version, "erased_at": erasure.erased_at}
    upsert(connection, erasures, {"kind": erasure.kind, "id": erasure.id}, values)


def _conditions(table: sa.Table, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    columns = table.c
    conditions = [
        columns[name] == value
        for name in ("status", "kind", "partner_id")
        if (value := getattr(wanted, name))
    ]
    if wanted.focus_area:
        conditions.append(columns.focus_areas.contains(f",{wanted.focus_area},", autoescape=True))
    if wanted.country:
        conditions.append(_in_country(columns, wanted.country))
    if wanted.name:
        conditions += _named(columns, wanted.name)
    return conditions


# Code of a release before that runs during an upgrade leaves the columns of a new row empty.
def _in_country(columns: Any, country: str) -> sa.ColumnElement[bool]:
    as_written = columns.country_code.is_(None) & (columns.country == country)
    return sa.or_(columns.country_code == (country_code(country) or country), as_written)


def _named(columns: Any, typed: str) -> Iterator[sa.ColumnElement[bool]]:
    words = sought(typed)
    if not words:  # only signs were typed, which are left out of what names are found by
        yield columns.name_folded.contains(typed.casefold(), autoescape=True)
    found_by = sa.func.coalesce(columns.name_findable, columns.name_folded)
    for spellings in words:
        yield sa.or_(*(found_by.contains(one, autoescape=True) for one in spellings))


def _row(state: Mapping[str, Any]) -> dict[str, Any]:
    name = state.get("name") or state.get("title") or ""
    country = state.get("country") or ""
    areas = focus_areas_of(state)
    return {
        "id": state["id"],
        "version": state["version"],
        "status": state["status"],
        "name": name,
        "name_folded": name.casefold(),
        "name_findable": findable(name),
        "country": country,
        "country_code": country_code(country) or "",
        "kind": state.get("kind") or state.get("direction") or "",
        "partner_id": state.get("partner_id"),
        "focus_areas": f",{','.join(areas)}," if areas else "",
        "updated_at": state["updated_at"],
        "state": json.dumps(state, ensure_ascii=False),
    }
