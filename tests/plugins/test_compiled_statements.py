"""What is compiled for the database of one test is not compiled for that of the next."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import CacheStats

from deploy.services import SERVICES
from shared.storage.engine import open_database


def _compiled(file: Path) -> CacheStats:
    metadata = SERVICES["profiles"].parts.metadata
    words = sa.literal("said by no other test").label("words")
    with closing(open_database(f"sqlite:///{file}", metadata)) as database, database.reading() as connection:
        found = connection.execute(sa.select(words))
        assert found.scalar_one() == "said by no other test"
        return found.context.cache_hit


def test_statements_are_compiled_once_a_process(tmp_path: Path) -> None:
    found = [_compiled(tmp_path / name) for name in ("first", "second")]
    assert found == [CacheStats.CACHE_MISS, CacheStats.CACHE_HIT]
