"""Finding what is held of an organisation: its own states, who names it, who has an address, when it was erased."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.profiles.tables import PROFILES, erasures
from shared.rights import Erasure, Kind

TOPIC_OF: dict[Kind, str] = {"company": "companies", "partner": "partners"}


def states_of_partner(connection: Connection, topic: str, partner_id: str) -> list[dict[str, Any]]:
    """List the requests or visits of a partner."""
    table = PROFILES[topic]
    query = sa.select(table.c.state).where(table.c.partner_id == partner_id).order_by(table.c.id)
    return [json.loads(text) for text in connection.execute(query).scalars()]


def list_naming(connection: Connection, kind: Kind, id: str, name: str | None) -> list[dict[str, str]]:
    """List the other profiles that name an organisation in their own words, by its id or its name."""
    names = [json.dumps(id), *([json.dumps(name, ensure_ascii=False)[1:-1]] if name is not None else [])]
    found = []
    for other, topic in TOPIC_OF.items():
        table = PROFILES[topic]
        naming = sa.or_(*(table.c.state.contains(word, autoescape=True) for word in names))
        for one in connection.execute(sa.select(table.c.id).where(naming).order_by(table.c.id)).scalars():
            if (other, one) != (kind, id):
                found.append({"kind": other, "id": one})
    return found


def list_with_address(connection: Connection, address: str) -> list[tuple[Kind, str]]:
    """List the organisations whose contact has a mail address, in any case."""
    found: list[tuple[Kind, str]] = []
    for kind, topic in TOPIC_OF.items():
        state = PROFILES[topic].c.state
        naming = state.contains("@", autoescape=True) & state.icontains(address, autoescape=True)
        for text in connection.execute(sa.select(state).where(naming)).scalars():
            read = json.loads(text)
            if ((read.get("contact") or {}).get("email") or "").lower() == address.lower():
                found.append((kind, read["id"]))
    return found


def list_erased(connection: Connection, id: str | None) -> list[Erasure]:
    """List what was erased, by kind and id; only what was erased of an id where one is named."""
    columns = erasures.c
    query = sa.select(erasures).order_by(columns.kind, columns.id)
    rows = connection.execute(query if id is None else query.where(columns.id == id))
    return [Erasure(row.kind, row.id, row.version, row.erased_at) for row in rows]
