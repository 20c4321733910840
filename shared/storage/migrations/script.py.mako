"""${message[0].upper() + message[1:]}."""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
# Code that knows no newer step than this one can use the tables, too: lower it where older code can.
OLDEST_CODE = ${repr(up_revision)}


def upgrade() -> None:
    """Take the step."""
    ${upgrades if upgrades else "pass"}
