"""How an event has its effect exactly once: the handler and the key's version commit in one transaction."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from shared.backbone import Backbone
from shared.events.event import Event

Handler = Callable[[Connection, Event], None]
"""Brings the service's tables up to an event's state, on the connection of the open transaction.

It gets each version of an aggregate at most once and newer versions only. It neither commits nor rolls back.
"""


def apply_once(
    connection: Connection, backbone: Backbone, topic: str, event: Event, handler: Handler
) -> bool:
    """Have the effect of an event unless its version or a newer one had it; say whether it had it now.

    Runs in a savepoint: when the handler raises, neither its changes nor the version stay, and the error goes on.
    """
    with connection.begin_nested():
        if not _claim(connection, backbone, topic, event):
            return False
        handler(connection, event)
        return True


def is_dependency_away(error: BaseException) -> bool:
    """Say whether an error means that the database is away, busy or full, and not that the event is bad."""
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if not isinstance(error, sa.exc.OperationalError):
        return False
    # SQLite calls a missing table or column an operational error too: that is the handler's own fault.
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code is None or code & 0xFF != _SQLITE_LOGIC_ERROR


_SQLITE_LOGIC_ERROR = 1


def _claim(connection: Connection, backbone: Backbone, topic: str, event: Event) -> bool:
    # One statement that locks the key's row: two consumers of the same key wait for each other here.
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    consumed = backbone.consumed
    new = insert(consumed).values(topic=topic, key=event.aggregate_id, version=event.version)
    claim = new.on_conflict_do_update(
        index_elements=[consumed.c.topic, consumed.c.key],
        set_={"version": new.excluded.version},
        where=consumed.c.version < new.excluded.version,
    )
    # Asked for by RETURNING: an INSERT's row count is not kept on every driver.
    return connection.execute(claim.returning(consumed.c.version)).first() is not None
