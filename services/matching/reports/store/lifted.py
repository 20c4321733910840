"""The exclusions that staff lifted: of one company, for one request, by code, with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching.tables import lifted
from shared.storage.rows import in_parts, upsert


@dataclass(frozen=True)
class Lifted:
    """One lifted exclusion; `reason` is staff's, `at` the moment, as text."""

    company_id: str
    code: str
    reason: str
    at: str


def get_lifted(connection: Connection, request_id: str) -> frozenset[tuple[str, str]]:
    """Read the exclusions that staff lifted for a request, as (company id, code)."""
    return frozenset((one.company_id, one.code) for one in list_lifted(connection, request_id))


def get_lifted_by_request(
    connection: Connection, request_ids: Iterable[str]
) -> dict[str, frozenset[tuple[str, str]]]:
    """Read what `get_lifted` gives of several requests, by request; those without any are left out."""
    found: dict[str, set[tuple[str, str]]] = {}
    for part in in_parts(request_ids):
        for row in connection.execute(sa.select(lifted).where(lifted.c.request_id.in_(part))):
            found.setdefault(row.request_id, set()).add((row.company_id, row.code))
    return {id: frozenset(some) for id, some in found.items()}


def list_lifted(connection: Connection, request_id: str) -> list[Lifted]:
    """Read the exclusions that staff lifted for a request, by company and code."""
    query = sa.select(lifted).where(lifted.c.request_id == request_id)
    rows = connection.execute(query.order_by(lifted.c.company_id, lifted.c.code))
    return [Lifted(row.company_id, row.code, row.reason, row.at) for row in rows]


def save_lifted(connection: Connection, request_id: str, one: Lifted) -> None:
    """Keep that an exclusion is lifted, in place of what was said of it before."""
    key = {"request_id": request_id, "company_id": one.company_id, "code": one.code}
    upsert(connection, lifted, key, {"reason": one.reason, "at": one.at})


def delete_of_company(connection: Connection, company_id: str) -> None:
    """Forget all that was lifted of a company."""
    connection.execute(sa.delete(lifted).where(lifted.c.company_id == company_id))


def delete_of_request(connection: Connection, request_id: str) -> None:
    """Forget all that was lifted for a request."""
    connection.execute(sa.delete(lifted).where(lifted.c.request_id == request_id))


def delete_lifted(connection: Connection, request_id: str, company_id: str, code: str) -> None:
    """Let an exclusion hold again; one that is not lifted is no error."""
    same = sa.and_(
        lifted.c.request_id == request_id, lifted.c.company_id == company_id, lifted.c.code == code
    )
    connection.execute(sa.delete(lifted).where(same))
