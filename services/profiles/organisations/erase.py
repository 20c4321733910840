"""Erasing companies and partners for good: the row, what waits to be published, kept answers. Ids and versions stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from services.profiles.organisations import store
from services.profiles.organisations.domain.codes import KINDS
from shared.clock import to_text
from shared.events.event import Event
from shared.messaging.answers_given import empty_answers
from shared.messaging.outbox import forget_waiting, record_event
from shared.messaging.tables import Backbone
from shared.rights import Erasure

WITH_PARTNERS = ("requests", "visits")
"""The kinds that belong to a partner and go with it."""

_LAST = sa.select(store.ERASURES.c.version).where(
    store.ERASURES.c.kind == sa.bindparam("wanted_kind"), store.ERASURES.c.id == sa.bindparam("wanted_id")
)


def erase(connection: Connection, backbone: Backbone, kind: str, id: str, now: datetime) -> list[Erasure]:
    """Erase a company or partner with all that is its own, and record the tombstones; return what was erased.

    `kind` is a key of `words.KINDS`. What is erased already gets another tombstone, in case anybody still holds
    something. Returns nothing where the id was never here.
    """
    done = []
    for topic, one, version in _to_erase(connection, kind, id):
        event = Event(f"{KINDS[topic].aggregate}.erased", one, version + 1, now, None)
        forget(connection, backbone, topic, event)
        record_event(connection, backbone, event)
        done.append(Erasure(KINDS[topic].aggregate, one, event.version, to_text(now)))
    return done


def forget(connection: Connection, backbone: Backbone, topic: str, event: Event) -> None:
    """Remove all that the database holds of the aggregate of a tombstone, and keep its id and version."""
    id = event.aggregate_id
    table = store.TABLES[topic]
    connection.execute(sa.delete(table).where(table.c.id == id))
    forget_waiting(connection, backbone, topic, id)
    empty_answers(connection, store.IDEMPOTENCY, id)
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {"version": event.version, "erased_at": to_text(event.time)}
    row = insert(store.ERASURES).values(kind=KINDS[topic].aggregate, id=id, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["kind", "id"], set_=values))


def last_version(connection: Connection, kind: str, id: str) -> int:
    """Give the version of an erased aggregate's tombstone; 0 where nothing of this id was erased."""
    wanted = {"wanted_kind": KINDS[kind].aggregate, "wanted_id": id}
    found: int | None = connection.execute(_LAST, wanted).scalar()
    return found or 0


def _to_erase(connection: Connection, kind: str, id: str) -> Iterator[tuple[str, str, int]]:
    """Give topic, id and version of what goes: those of a partner first, so that nothing names it alone."""
    table = store.TABLES[kind]
    version = connection.execute(
        sa.select(table.c.version).where(table.c.id == id).with_for_update()
    ).scalar()
    version = version or last_version(connection, kind, id)
    if kind == "partners" and version:
        for topic in WITH_PARTNERS:
            theirs = store.TABLES[topic]
            mine = sa.select(theirs.c.id, theirs.c.version).where(theirs.c.partner_id == id)
            for row in connection.execute(mine.order_by(theirs.c.id).with_for_update()).all():
                yield topic, row.id, row.version
    if version:
        yield kind, id, version
