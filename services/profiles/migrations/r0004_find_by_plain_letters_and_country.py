"""Find by plain letters and country: what is here already gets its columns filled."""

import sqlalchemy as sa
from alembic import op

from shared.words.countries import country_code
from shared.words.finding import findable

revision = "0004"
down_revision = "0003"
# Code that knows no newer step than this one can use the tables, too: lower it where older code can.
OLDEST_CODE = "0001"


def upgrade() -> None:
    """Take the step."""
    for name in ("companies", "partners", "requests", "visits"):
        op.add_column(name, sa.Column("name_findable", sa.Text(), nullable=True))
        op.add_column(name, sa.Column("country_code", sa.Text(), nullable=True))
        _fill(name)
        op.create_index(f"ix_{name}_country_code", name, ["country_code"], unique=False)


def _fill(name: str) -> None:
    table = sa.table(
        name,
        sa.column("id", sa.Text),
        sa.column("name", sa.Text),
        sa.column("country", sa.Text),
        sa.column("name_findable", sa.Text),
        sa.column("country_code", sa.Text),
    )
    rows = op.get_bind().execute(sa.select(table.c.id, table.c.name, table.c.country)).all()
    values = [
        {"of": row.id, "findable": findable(row.name), "code": country_code(row.country) or ""}
        for row in rows
    ]
    if values:
        op.get_bind().execute(
            sa.update(table)
            .where(table.c.id == sa.bindparam("of"))
            .values(name_findable=sa.bindparam("findable"), country_code=sa.bindparam("code")),
            values,
        )
