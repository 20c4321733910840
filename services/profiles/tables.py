"""The tables of profiles: one a kind, the state whole as JSON beside the columns that lists are filtered by.

Moments are texts as `shared.clock.to_text` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from shared.messaging.answers_given import idempotency_table
from shared.messaging.tables import messaging_tables
from shared.storage.ended_sessions import ended_sessions_table

metadata = sa.MetaData(info={"migrations": Path(__file__).parent / "migrations"})
messaging = messaging_tables(metadata)
idempotency = idempotency_table(metadata)
ended_sessions = ended_sessions_table(metadata)

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),  # the aggregate's word, as in the catalogue
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),  # the tombstone's
    sa.Column("erased_at", sa.Text, nullable=False),
)
"""What was erased: ids alone. A new aggregate of such an id goes on with the versions."""

submissions = sa.Table(
    "submissions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("received_at", sa.Text, nullable=False),
    sa.Column(
        "token_digest", sa.Text, nullable=False, unique=True
    ),  # of the follow link: the token is not kept
    sa.Column("source", sa.Text, nullable=True),  # a keyed digest of the sender's address, for a time
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", sa.Text, nullable=False, index=True),
    sa.Column("email", sa.Text, nullable=False, index=True),  # the contact's, in lower case
    sa.Column("partner_id", sa.Text, nullable=True, index=True),  # as it was sent: there may be none
    sa.Column("decided_at", sa.Text, nullable=True, index=True),
    sa.Column("decided_by", sa.Text, nullable=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("records", sa.Text, nullable=False),  # JSON: what came of it
    sa.Column("sent", sa.Text, nullable=False),  # JSON
    sa.Index("submissions_by_status", "status", "received_at"),
    sa.Index("submissions_by_source", "source", "received_at"),
)
"""What came in without an account, until some time after it was decided."""


def _profiles(name: str) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_folded", sa.Text, nullable=False),  # in lower case: databases know only that of ASCII
        sa.Column("name_findable", sa.Text, nullable=True),  # as `shared.words.finding`; None: by older code
        sa.Column("country", sa.Text, nullable=False, index=True),
        sa.Column(
            "country_code", sa.Text, nullable=True, index=True
        ),  # empty: not known; None: by older code
        sa.Column("kind", sa.Text, nullable=False, index=True),
        sa.Column("partner_id", sa.Text, nullable=True, index=True),
        sa.Column("focus_areas", sa.Text, nullable=False),  # as ",cancer,amr,"
        sa.Column("updated_at", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )


PROFILES: Mapping[str, sa.Table] = {
    name: _profiles(name) for name in ("companies", "partners", "visits", "requests")
}
"""The table of every kind of profile, by its plural."""
