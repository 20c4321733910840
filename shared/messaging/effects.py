"""How an event has its effect exactly once: the handler and the key's version commit in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from shared.events.envelope import BadEventError
from shared.events.event import Event
from shared.messaging.consumed import version_had
from shared.messaging.tables import MessagingTables

FARTHEST = 1_000_000
"""Versions that an event may be ahead of the newest that was had of its aggregate."""
Handler = Callable[[Connection, Event], None]
"""Brings the service's tables up to an event's state, on the connection of the open transaction.

It gets each version of an aggregate at most once and newer versions only. It neither commits nor rolls back.
"""


def apply_once(
    connection: Connection, messaging: MessagingTables, topic: str, event: Event, handler: Handler
) -> bool:
    """Have the effect of an event unless its version or a newer one had it; say whether it had it now.

    Runs in a savepoint: when the handler raises, neither its changes nor the version stay, and the error goes on.
    Raises BadEventError as `apply_in_order` does.
    """
    if _is_far_ahead(connection, messaging, topic, event):
        raise _absurd(event)
    with _savepoint(connection):
        if not _claim(connection, messaging, topic, event):
            return False
        handler(connection, event)
        return True


def apply_in_order(
    connection: Connection,
    messaging: MessagingTables,
    events: Sequence[tuple[str, Event]],
    handler_of: Callable[[str], Handler],
) -> Iterator[bool]:
    """Have the effects of events, each with its topic, in their order; say of each whether it had it now.

    As `apply_once` for each, without savepoints: when a handler raises, the caller must roll everything back.
    An event's effect is there once its turn has come. Raises BadEventError at the turn of one whose version is more
    than `FARTHEST` ahead of what was had: taken, it would have every later event of its aggregate count as old.
    """
    times = Counter((topic, event.aggregate_id) for topic, event in events)
    once = [(topic, event) for topic, event in events if times[topic, event.aggregate_id] == 1]
    far = {
        (topic, one.aggregate_id) for topic, one in once if _is_far_ahead(connection, messaging, topic, one)
    }
    claimed = _claim_all(connection, messaging, once)
    for topic, event in events:
        place = (topic, event.aggregate_id)
        alone = times[place] == 1
        if place in far if alone else _is_far_ahead(connection, messaging, topic, event):
            raise _absurd(event)
        fresh = place in claimed if alone else _claim(connection, messaging, topic, event)
        if fresh:
            handler_of(topic)(connection, event)
        yield fresh


def _is_far_ahead(connection: Connection, messaging: MessagingTables, topic: str, event: Event) -> bool:
    if event.version <= FARTHEST:  # all that the house writes: nothing is looked up
        return False
    return event.version - version_had(connection, messaging, topic, event.aggregate_id) > FARTHEST


def _absurd(event: Event) -> BadEventError:
    return BadEventError(
        f"the version {event.version} is absurd: what it tells of cannot have changed so often"
    )


def is_dependency_away(error: BaseException) -> bool:
    """Say whether an error means that the database is away, busy or full, and not that the event is bad."""
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    sqlstate: str | None = getattr(error.orig, "sqlstate", None)  # PostgreSQL's
    if sqlstate is not None:
        return sqlstate.startswith(_POSTGRES_AWAY)
    if not isinstance(error, sa.exc.OperationalError):
        return False
    # SQLite calls a missing table or column an operational error too: that is the handler's own fault.
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code is None or code & 0xFF != _SQLITE_LOGIC_ERROR


_SQLITE_LOGIC_ERROR = 1
# Connection, transaction rolled back by the server, resources, operator, system; then one by one: a server that
# became read-only, a transaction that idled too long, a lock that was not to be had.
_POSTGRES_AWAY = ("08", "40", "53", "57", "58", "25006", "25P03", "55P03")


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    # In plain SQL: SQLAlchemy compiles its own savepoints anew each time, which costs more than all else here.
    connection.exec_driver_sql("SAVEPOINT effect")
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT effect")
        connection.exec_driver_sql("RELEASE SAVEPOINT effect")
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT effect")


def _claim(connection: Connection, messaging: MessagingTables, topic: str, event: Event) -> bool:
    claim = _claim_statement(messaging.consumed, connection.dialect.name)
    values = {"claimed_topic": topic, "claimed_key": event.aggregate_id, "claimed_version": event.version}
    return connection.execute(claim, values).first() is not None


def _claim_all(
    connection: Connection, messaging: MessagingTables, events: Sequence[tuple[str, Event]]
) -> set[tuple[str, str]]:
    """Claim events of different keys in one statement, and return the topic and key of those that were claimed."""
    if not events:
        return set()
    claim = _claim_statement(messaging.consumed, connection.dialect.name)
    # In the order of the keys, so that two who claim the same ones never wait for each other crosswise.
    rows = sorted((topic, event.aggregate_id, event.version) for topic, event in events)
    values = [
        {"claimed_topic": topic, "claimed_key": key, "claimed_version": version}
        for topic, key, version in rows
    ]
    return {(row.topic, row.key) for row in connection.execute(claim, values)}


@lru_cache(maxsize=16)
def _claim_statement(consumed: sa.Table, dialect: str) -> sa.Executable:
    # One statement that locks the key's row: two consumers of the same key wait for each other here.
    # RETURNING gives a row exactly when one was inserted or raised; drivers count them differently.
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    new = insert(consumed).values(
        topic=sa.bindparam("claimed_topic"),
        key=sa.bindparam("claimed_key"),
        version=sa.bindparam("claimed_version"),
    )
    return new.on_conflict_do_update(
        index_elements=[consumed.c.topic, consumed.c.key],
        set_={"version": new.excluded.version},
        where=consumed.c.version < new.excluded.version,
    ).returning(consumed.c.topic, consumed.c.key)
