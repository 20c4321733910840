"""The tables of profiles: one a kind, the state whole as JSON beside the columns that lists are filtered by.

Moments are texts as `shared.clock.to_text` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from shared.messaging.answers_given import idempotency_table
from shared.messaging.tables import messaging_tables

metadata = sa.MetaData(info={"migrations": Path(__file__).parent / "migrations"})
messaging = messaging_tables(metadata)
idempotency = idempotency_table(metadata)

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),  # the aggregate's word, as in the catalogue
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),  # the tombstone's
    sa.Column("erased_at", sa.Text, nullable=False),
)
"""What was erased: ids alone. A new aggregate of such an id goes on with the versions."""


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
