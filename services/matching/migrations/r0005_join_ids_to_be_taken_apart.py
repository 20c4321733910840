"""Join ids to be taken apart: decisions on matches of ids with a full stop get the ids that such matches have now."""

import json
from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
# Code that knows no newer step than this one can use the tables, too: lower it where older code can.
OLDEST_CODE = "0005"

_companies = sa.table("companies", sa.column("id", sa.Text))
_requests = sa.table("requests", sa.column("id", sa.Text), sa.column("state", sa.Text))
_reviews = sa.table(
    "reviews",
    sa.column("number", sa.BigInteger),
    sa.column("request_id", sa.Text),
    sa.column("report_version", sa.BigInteger),
    sa.column("match_id", sa.Text),
    sa.column("decision", sa.Text),
    sa.column("reason", sa.Text),
    sa.column("approval_id", sa.Text),
    sa.column("at", sa.Text),
)


def upgrade() -> None:
    """Take the step.

    A decision on an id that was read in two ways was one on both matches, and becomes two.
    """
    connection = op.get_bind()
    unclear = connection.execute(
        sa.select(_reviews).where(_reviews.c.match_id.like("%.%.%")).order_by(_reviews.c.number)
    ).mappings().all()  # fmt: skip
    for one in unclear:
        state = connection.execute(
            sa.select(_requests.c.state).where(_requests.c.id == one["request_id"])
        ).scalar()
        needs = {need["id"] for need in json.loads(state or "{}").get("needs") or ()}
        pairs = list(_pairs(one["match_id"]))
        there = set(
            connection.execute(
                sa.select(_companies.c.id).where(_companies.c.id.in_([company for company, _ in pairs]))
            ).scalars()
        )
        first, *others = _ids(pairs, there, needs)
        mine = sa.update(_reviews).where(_reviews.c.number == one["number"])
        connection.execute(mine.values(match_id=first))
        said = {name: value for name, value in one.items() if name != "number"}
        for other in others:
            connection.execute(sa.insert(_reviews).values({**said, "match_id": other}))


def _pairs(old: str) -> Iterator[tuple[str, str]]:
    """Return the ways to read an id, the longest company's first."""
    for place in range(len(old) - 1, -1, -1):
        if old[place] == ".":
            yield old[:place], old[place + 1 :]


def _ids(pairs: Iterable[tuple[str, str]], companies: set[str], needs: set[str]) -> list[str]:
    """Return the ids of the matches that can be meant; of what is gone, as if the need had no full stop."""
    pairs = list(pairs)
    meant = [pair for pair in pairs if pair[0] in companies and pair[1] in needs]
    return [".".join(map(_escaped, pair)) for pair in meant or pairs[:1]]


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace("~", "%7E").replace(".", "~")
