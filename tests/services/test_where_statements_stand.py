"""SQL stands in the stores, and nowhere in deploy: whoever reads another room needs to know none of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOM = re.compile(r"(?:^|/)(?:store|database)(?:\.py$|/)")
STATEMENT = re.compile(
    r"\b(?:sa|sqlalchemy|postgresql|sqlite)\.(?:select|insert|update|delete|text)\("
    r"|\b\w*connection\.(?:execute|scalars?|exec_driver_sql)\("
)


def speaking(folder: str) -> set[str]:
    """The files below a folder that have a statement."""
    places = (path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in places if STATEMENT.search(path.read_text("utf-8"))}


def test_statements_stand_in_stores_and_migrations_only() -> None:
    found = speaking("services")
    assert found
    assert {place for place in found if not ROOM.search(place)} == set()


def test_deploy_has_no_statement() -> None:
    assert speaking("deploy") == set()


@pytest.mark.parametrize(
    "line",
    ["rows = connection.execute(query)", "sa.select(tables.reports)", "self._connection.scalar(query)"],
)
def test_a_statement_is_seen(line: str) -> None:
    assert STATEMENT.search(line)
