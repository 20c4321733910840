"""Every service speaks SQL in few rooms: who reads the others needs to know none of it."""

from __future__ import annotations

import re
from pathlib import Path

SERVICES = Path(__file__).parents[2] / "services"
ROOMS = (
    "matching/store/",
    "notifications/queue.py",
    "notifications/restoring.py",
    "notifications/store.py",
    "profiles/erasure.py",
    "profiles/restoring.py",
    "profiles/store.py",
)
STATEMENT = re.compile(
    r"\b(?:sa|sqlalchemy|postgresql|sqlite)\.(?:select|insert|update|delete|text)\(|\bconnection\.(?:execute|scalars?)\("
)


def test_statements_stand_in_stores_and_migrations_only() -> None:
    places = (path for path in SERVICES.rglob("*.py") if "migrations" not in path.parts)
    speaking = {
        path.relative_to(SERVICES).as_posix() for path in places if STATEMENT.search(path.read_text("utf-8"))
    }
    assert {place for place in speaking if not place.startswith(ROOMS)} == set()
    assert [room for room in ROOMS if not any(place.startswith(room) for place in speaking)] == []
