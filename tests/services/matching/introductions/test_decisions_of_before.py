"""Decisions that were kept when a match's id could be read in two ways are found again after the step."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from services.matching import tables
from services.matching.database import open_store
from shared.storage.engine import open_database
from shared.storage.migrations.configuration import configured

STEP_BEFORE = "0004"


@pytest.mark.parametrize(
    ("kept", "now"),
    [
        ("C1.n1", ["C1.n1"]),
        ("COL.y.n1", ["COL~y.n1"]),
        ("COL.z.n1", ["COL.z~n1"]),
        ("COL.x.n1", ["COL~x.n1", "COL.x~n1"]),
        ("gone.a.n9", ["gone~a.n9"]),
    ],
)
def test_a_decision_stands_under_the_id_that_its_match_has_now(
    kept: str, now: list[str], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/matching.sqlite"
    folder = tables.metadata.info["migrations"]
    with closing(open_database(url, sa.MetaData())) as database, database.writing() as connection:
        config = configured(folder, connection=connection, metadata=tables.metadata)
        command.upgrade(config, STEP_BEFORE)
        head: dict[str, Any] = {"version": 1, "status": "active", "happened_at": "", "state": "{}"}
        for id in ("C1", "COL", "COL.x", "COL.y"):
            connection.execute(sa.insert(tables.companies).values(id=id, **head))
        needs = '{"needs": [{"id": "n1"}, {"id": "x.n1"}, {"id": "z.n1"}]}'
        request = {**head, "id": "R1", "partner_id": "P1", "state": needs}
        connection.execute(sa.insert(tables.requests).values(**request))
        said = {
            "report_version": 1,
            "decision": "rejected",
            "reason": "too far",
            "approval_id": None,
            "at": "",
        }
        connection.execute(sa.insert(tables.reviews).values(request_id="R1", match_id=kept, **said))
    with closing(open_store(url)) as database, database.reading() as connection:
        found = connection.execute(sa.select(tables.reviews).order_by(tables.reviews.c.number)).all()
    assert [row.match_id for row in found] == now
    assert {(row.request_id, row.decision, row.reason) for row in found} == {("R1", "rejected", "too far")}
