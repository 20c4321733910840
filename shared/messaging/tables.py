"""The tables that every service has for events, in its own database."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

_counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


@dataclass(frozen=True)
class MessagingTables:
    """The tables; made once by `messaging_tables` in the service's own metadata.

    `outbox`: events that are recorded and not yet acknowledged by the log, in the order of `position`.
    `relay_fence`: one row; its token names the one relay that may delete from the outbox.
    `consumed`: the newest version of every key whose effect is in this database.
    `dead_letters`: records that could not have their effect, byte for byte.
    """

    outbox: sa.Table
    relay_fence: sa.Table
    consumed: sa.Table
    dead_letters: sa.Table


def messaging_tables(metadata: sa.MetaData) -> MessagingTables:
    """Add the messaging's tables to a service's metadata and return them."""
    return MessagingTables(
        outbox=sa.Table(
            "outbox",
            metadata,
            sa.Column("position", _counter, primary_key=True, autoincrement=True),
            sa.Column("id", sa.Text, nullable=False),  # one of its aggregate type's
            sa.Column("aggregatetype", sa.Text, nullable=False),
            sa.Column("aggregateid", sa.Text, nullable=False),
            sa.Column("type", sa.Text, nullable=False),
            sa.Column("payload", sa.Text, nullable=True),
            sa.Column("time", sa.Text, nullable=False),
            sa.Column("refused", sa.Text, nullable=True),  # why the log can never take it
            sa.Column("traceparent", sa.Text, nullable=True),  # the span that recorded it, if any
            sa.UniqueConstraint("aggregatetype", "id"),
            sqlite_autoincrement=True,
        ),
        relay_fence=sa.Table(
            "relay_fence",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("token", sa.BigInteger, nullable=False),
        ),
        consumed=sa.Table(
            "consumed",
            metadata,
            sa.Column("topic", sa.Text, primary_key=True),
            sa.Column("key", sa.Text, primary_key=True),
            sa.Column("version", sa.BigInteger, nullable=False),
        ),
        dead_letters=sa.Table(
            "dead_letters",
            metadata,
            sa.Column("id", _counter, primary_key=True, autoincrement=True),
            sa.Column("topic", sa.Text, nullable=False),
            sa.Column("partition", sa.Integer, nullable=False),
            sa.Column("offset", sa.BigInteger, nullable=False),
            sa.Column("timestamp_ms", sa.BigInteger, nullable=False),
            sa.Column("key", sa.LargeBinary, nullable=False),
            sa.Column("value", sa.LargeBinary, nullable=True),
            sa.Column("headers", sa.Text, nullable=False),  # JSON: pairs of a name and the value in base64
            sa.Column("reason", sa.Text, nullable=False),
            sa.Column("attempts", sa.Integer, nullable=False),
            sa.Column("failed_at", sa.Text, nullable=False),
            sa.Column("status", sa.Text, nullable=False),
            sa.Column("settled_at", sa.Text, nullable=True),
            sa.Column("note", sa.Text, nullable=False),
            sa.Index("dead_letters_by_status", "status"),
            # Anybody's keys may come, of any length: PostgreSQL's other kind of index takes 2,700 bytes.
            sa.Index("dead_letters_by_key", "key", postgresql_using="hash"),
            sqlite_autoincrement=True,
        ),
    )
