"""The tables of matching's database.

A state is kept whole, as JSON text, beside the columns that are filtered on. Moments are text (`clock.to_text`).
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from shared.messaging.answers_given import idempotency_table
from shared.messaging.tables import messaging_tables
from shared.storage.ended_sessions import ended_sessions_table

metadata = sa.MetaData(info={"migrations": Path(__file__).parent / "migrations"})
messaging = messaging_tables(metadata)
idempotency = idempotency_table(metadata)
ended_sessions = ended_sessions_table(metadata)


def _states(name: str, *columns: sa.Column[str] | sa.Column[str | None]) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("happened_at", sa.String(40), nullable=False),
        *columns,
        sa.Column("state", sa.Text, nullable=False),
    )


companies = _states("companies")
partners = _states("partners")
requests = _states(
    "requests",
    sa.Column("partner_id", sa.String(200), nullable=False, index=True),
    sa.Column("visit_id", sa.String(200), nullable=True),
)
visits = _states("visits")
deliveries = _states("deliveries", sa.Column("request_id", sa.String(200), nullable=False, index=True))

introductions = _states(
    "introductions",
    sa.Column("request_id", sa.String(200), nullable=False, index=True),
    sa.Column("company_id", sa.String(200), nullable=False, index=True),
    sa.Column("partner_id", sa.String(200), nullable=False, index=True),
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("request_id", sa.String(200), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("as_of", sa.String(40), nullable=False),
    sa.Column("made_at", sa.String(40), nullable=False),
    sa.Column("verdict", sa.String(40), nullable=False, index=True),
    sa.Column("match_count", sa.Integer, nullable=False),
    sa.Column("best_name", sa.Text, nullable=False),
    # Null while a rebuild makes it again: version and digest stay, so that the same content keeps its version.
    sa.Column("content", sa.Text, nullable=True),
    # The span that made it, where traces are made: an approval is linked to it.
    sa.Column("traceparent", sa.Text, nullable=True),
)

# Apart from the reports, whose rows are large: every event about a profile writes here.
scoring = sa.Table(
    "scoring",
    metadata,
    sa.Column("request_id", sa.String(200), primary_key=True),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("wanted", sa.BigInteger, nullable=False),
    sa.Column("stale_since", sa.String(40), nullable=True, index=True),
    sa.Column("claimed_until", sa.String(40), nullable=True),
    sa.Column("failure", sa.Text, nullable=True),
    # The span of the event that made the report stale first, where traces are made.
    sa.Column("traceparent", sa.Text, nullable=True),
)

# One row: how often any company changed. A score is saved only if no company changed since it was read.
pool = sa.Table(
    "pool",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
)

# Companies and requests whose texts were read by words, for want of vectors: these are made, then the reports again.
unread = sa.Table(
    "unread",
    metadata,
    sa.Column("side", sa.String(40), primary_key=True),
    sa.Column("id", sa.String(200), primary_key=True),
    # The company, or the partner of the request: organisations take turns.
    sa.Column("organisation", sa.String(200), nullable=False),
    sa.Column("since", sa.String(40), nullable=False),
)

# At most one row: until when no report is made.
holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("until", sa.String(40), nullable=False),
)

# Organisations that were erased up to a version of theirs: a worker takes their words out of what is kept.
erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("side", sa.String(40), primary_key=True),
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("done", sa.Boolean, nullable=False, index=True),
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column(
        "number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    sa.Column("request_id", sa.String(200), nullable=False, index=True),
    sa.Column("report_version", sa.BigInteger, nullable=False),
    sa.Column("match_id", sa.String(200), nullable=False),
    sa.Column("decision", sa.String(20), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("approval_id", sa.String(200), nullable=True),
    sa.Column("at", sa.String(40), nullable=False),
)

policies = sa.Table(
    "policies",
    metadata,
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=True),
    sa.Column("activated_at", sa.String(40), nullable=True),
)

# Scoring policies that staff are still changing; `version` grows with each change, as an ETag.
policy_drafts = sa.Table(
    "policy_drafts",
    metadata,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("based_on", sa.BigInteger, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("updated_at", sa.String(40), nullable=False),
)

# What a version of a report changed beside the one before: ids and codes, no organisation's words.
report_changes = sa.Table(
    "report_changes",
    metadata,
    sa.Column("request_id", sa.String(200), primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)

# One row a planned visit: its sessions with the ids of who meets whom, no organisation's words.
programmes = sa.Table(
    "programmes",
    metadata,
    sa.Column("visit_id", sa.String(200), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("updated_at", sa.String(40), nullable=False),
)

# What staff said of two organisations that may be one, `id` before `other_id`.
duplicate_reviews = sa.Table(
    "duplicate_reviews",
    metadata,
    sa.Column("side", sa.String(40), primary_key=True),
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("other_id", sa.String(200), primary_key=True),
    sa.Column("decision", sa.String(20), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
)

# Vectors of texts by the digest of the text: dear to make, and the same for the same text.
embeddings = sa.Table(
    "embeddings",
    metadata,
    sa.Column("engine", sa.String(100), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)

lifted = sa.Table(
    "lifted",
    metadata,
    sa.Column("request_id", sa.String(200), primary_key=True),
    sa.Column("company_id", sa.String(200), primary_key=True),
    sa.Column("code", sa.String(60), primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
)
