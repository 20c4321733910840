"""What is compiled for the database of one test is not compiled for that of the next."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import CacheStats

from deploy.services import SERVICES
from shared.storage.engine import open_database
from tests.plugins.compiled_statements import sharing


def _compiled(file: Path) -> CacheStats:
    metadata = SERVICES["profiles"].parts.metadata
    words = sa.literal("said by no other test").label("words")
    with closing(open_database(f"sqlite:///{file}", metadata)) as database, database.reading() as connection:
        found = connection.execute(sa.select(words))
        assert found.scalar_one() == "said by no other test"
        return found.context.cache_hit


def test_statements_are_compiled_once_a_process(tmp_path: Path) -> None:
    found = [_compiled(tmp_path / name) for name in ("first", "second", "third")]
    assert found[0] is CacheStats.CACHE_MISS
    assert found[2] is CacheStats.CACHE_HIT


def test_a_dialect_is_shared_once_it_knows_its_server(tmp_path: Path) -> None:
    make = sharing(sa.create_engine)
    away, first = make(f"sqlite:///{tmp_path / 'no' / 'folder'}"), make(f"sqlite:///{tmp_path / 'first'}")
    with pytest.raises(sa.exc.OperationalError):
        away.connect()
    first.connect().close()
    assert make(f"sqlite:///{tmp_path / 'second'}").dialect is first.dialect
