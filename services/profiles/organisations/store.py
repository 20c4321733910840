"""Where profiles are kept: a table a kind, the state whole as JSON beside the columns that lists are filtered by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.profiles.organisations.domain.codes import KINDS
from services.profiles.organisations.domain.states import State, focus_areas_of
from shared.messaging.answers_given import idempotency_table
from shared.messaging.tables import backbone_tables
from shared.settings.registry import Settings
from shared.storage.engine import Database, open_database
from shared.storage.statements import Insert

metadata = sa.MetaData(info={"migrations": Path(__file__).parents[1] / "migrations"})
BACKBONE = backbone_tables(metadata)
IDEMPOTENCY = idempotency_table(metadata)
ERASURES = sa.Table(
    "erasures",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),  # the aggregate's word, as in the catalogue
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),  # the tombstone's
    sa.Column("erased_at", sa.Text, nullable=False),
)
"""What was erased: ids alone. A new aggregate of such an id goes on with the versions."""


def _table(name: str) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_folded", sa.Text, nullable=False),  # for searching: databases fold only ASCII alike
        sa.Column("country", sa.Text, nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False, index=True),
        sa.Column("partner_id", sa.Text, nullable=True, index=True),
        sa.Column("focus_areas", sa.Text, nullable=False),  # as ",cancer,amr,"
        sa.Column("updated_at", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )


TABLES: Mapping[str, sa.Table] = {plural: _table(plural) for plural in KINDS}
"""The table of every kind, by its plural."""

_FINDING = {
    plural: sa.select(table.c.state).where(table.c.id == sa.bindparam("wanted_id"))
    for plural, table in TABLES.items()
}
_INSERTING = {plural: Insert(table, *table.c.keys()) for plural, table in TABLES.items()}


@dataclass(frozen=True)
class Wanted:
    """What a list asks for: None or an empty text asks nothing.

    `name` is a part of the name in any case; the others are whole values. `page` counts from 1.
    """

    status: str | None = None
    country: str | None = None
    kind: str | None = None
    partner_id: str | None = None
    focus_area: str | None = None
    name: str | None = None
    page: int = 1
    page_size: int = 20


def open_store(settings: Settings) -> Database:
    """Open the service's database and create the tables that it lacks.

    Raises sqlalchemy.exc.SQLAlchemyError or OSError when it cannot be opened.
    """
    return open_database(settings.profiles_database, metadata)


def find(connection: Connection, kind: str, id: str, for_update: bool = False) -> State | None:
    """Read the state of an aggregate, or None when there is none; `for_update` holds its row until the commit."""
    query = _FINDING[kind]
    text = connection.execute(query.with_for_update() if for_update else query, {"wanted_id": id}).scalar()
    if text is None:
        return None
    state: State = json.loads(text)
    return state


def insert(connection: Connection, kind: str, state: State) -> None:
    """Keep a new aggregate's first state; raises sqlalchemy.exc.IntegrityError when the id is taken."""
    _INSERTING[kind].execute(connection, _row(state))


def update(connection: Connection, kind: str, state: State) -> None:
    """Keep the next state of an aggregate."""
    table = TABLES[kind]
    connection.execute(sa.update(table).where(table.c.id == state["id"]).values(**_row(state)))


def listed(connection: Connection, kind: str, wanted: Wanted) -> tuple[list[State], int]:
    """Read one page of states in the order of their ids, and how many there are on all pages."""
    table = TABLES[kind]
    where = _conditions(table, wanted)
    total = connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()
    rows = connection.execute(
        sa.select(table.c.state)
        .where(*where)
        .order_by(table.c.id)
        .limit(wanted.page_size)
        .offset((wanted.page - 1) * wanted.page_size)
    ).scalars()
    return [json.loads(text) for text in rows], total


def _conditions(table: sa.Table, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    columns = table.c
    conditions = [
        columns[name] == value
        for name in ("status", "country", "kind", "partner_id")
        if (value := getattr(wanted, name))
    ]
    if wanted.focus_area:
        conditions.append(columns.focus_areas.contains(f",{wanted.focus_area},", autoescape=True))
    if wanted.name:
        conditions.append(columns.name_folded.contains(wanted.name.casefold(), autoescape=True))
    return conditions


def _row(state: Mapping[str, Any]) -> dict[str, Any]:
    name = state.get("name") or state.get("title") or ""
    areas = focus_areas_of(state)
    return {
        "id": state["id"],
        "version": state["version"],
        "status": state["status"],
        "name": name,
        "name_folded": name.casefold(),
        "country": state.get("country") or "",
        "kind": state.get("kind") or state.get("direction") or "",
        "partner_id": state.get("partner_id"),
        "focus_areas": f",{','.join(areas)}," if areas else "",
        "updated_at": state["updated_at"],
        "state": json.dumps(state, ensure_ascii=False),
    }
