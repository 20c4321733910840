"""The versions that a service's consumer has had, key by key."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.messaging.tables import MessagingTables


def version_had(connection: Connection, messaging: MessagingTables, topic: str, key: str) -> int:
    """Return the newest version of a key that has had its effect; 0 where none has."""
    consumed = messaging.consumed.c
    same = sa.and_(consumed.topic == topic, consumed.key == key)
    version: int | None = connection.execute(sa.select(consumed.version).where(same)).scalar()
    return version or 0


def versions_had(connection: Connection, messaging: MessagingTables, topic: str) -> dict[str, int]:
    """Return the newest version of every key of a topic that has had its effect."""
    consumed = messaging.consumed.c
    query = sa.select(consumed.key, consumed.version).where(consumed.topic == topic)
    return {row.key: row.version for row in connection.execute(query)}
