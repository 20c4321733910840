"""The tables of the notifications service's own database."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from shared.messaging.tables import messaging_tables
from shared.storage.ended_sessions import ended_sessions_table

metadata = sa.MetaData(info={"migrations": Path(__file__).parent / "migrations"})
messaging = messaging_tables(metadata)
ended_sessions = ended_sessions_table(metadata)

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("side", sa.Text, primary_key=True),
    sa.Column("organisation_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
)

introductions = sa.Table(
    "introductions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("approval_id", sa.Text, nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False),
)

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("first_seen_at", sa.Text, nullable=False),
    sa.Column("to_compose", sa.Boolean, nullable=False, index=True),
    # The span in which the first of its introductions arrived, where traces are made: its mails go on in that trace.
    sa.Column("traceparent", sa.Text, nullable=True),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", sa.Text, nullable=False, index=True),
    sa.Column("created_at", sa.Text, nullable=False, index=True),
    sa.Column("updated_at", sa.Text, nullable=False),
    sa.Column("approval_id", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False, index=True),
    sa.Column("introduction_ids", sa.Text, nullable=False),  # JSON list, as in `told`
    sa.Column("side", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False, index=True),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.UniqueConstraint("approval_id", "side", "organisation_id", "template"),
)

told = sa.Table(
    "told",
    metadata,
    sa.Column("delivery_id", sa.Text, sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("introduction_id", sa.Text, primary_key=True, index=True),
)
"""Which introductions a delivery tells of."""

mail_queue = sa.Table(
    "mail_queue",
    metadata,
    sa.Column("delivery_id", sa.Text, sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("due_at", sa.Text, nullable=False, index=True),
    sa.Column("first_attempt_at", sa.Text, nullable=True),
    # Who is sending it just now, and until when that is believed without a renewal.
    sa.Column("taken_by", sa.Text, nullable=True),
    sa.Column("taken_until", sa.Text, nullable=True),
)

mail_removals = sa.Table(
    "mail_removals",
    metadata,
    sa.Column("delivery_id", sa.Text, primary_key=True),
)
"""Mails in the built-in mailbox whose recipient is erased: a worker removes the files."""
