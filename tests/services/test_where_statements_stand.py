"""SQL stands in the stores: whoever reads another room needs to know none of it."""

from __future__ import annotations

import re
from pathlib import Path

SERVICES = Path(__file__).parents[2] / "services"
ROOM = re.compile(r"(?:^|/)(?:store|database)(?:\.py$|/)")
STATEMENT = re.compile(
    r"\b(?:sa|sqlalchemy|postgresql|sqlite)\.(?:select|insert|update|delete|text)\(|\bconnection\.(?:execute|scalars?)\("
)


def test_statements_stand_in_stores_and_migrations_only() -> None:
    places = (path for path in SERVICES.rglob("*.py") if "migrations" not in path.parts)
    speaking = {
        path.relative_to(SERVICES).as_posix() for path in places if STATEMENT.search(path.read_text("utf-8"))
    }
    assert speaking
    assert {place for place in speaking if not ROOM.search(place)} == set()
