"""Read closely in turns."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
# Code that knows no newer step than this one can use the tables, too: lower it where older code can.
OLDEST_CODE = "0001"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "unread",
        sa.Column("side", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("since", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("side", "id"),
    )
