"""Statements are compiled once a process: the databases of all tests share what SQLAlchemy keeps of them.

SQLAlchemy keeps compiled statements by engine and dialect. A run of the tests makes thousands of engines, and would
compile the same few hundred statements for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

from shared.storage import engine as engines

MOST_STATEMENTS = 5_000


def sharing(make: Callable[[Any], Engine]) -> Callable[[Any], Engine]:
    """Return what makes engines as another does, all with the dialect of the first and one store of statements."""
    first: list[Engine] = []
    kept: LRUCache[Any, Any] = LRUCache(MOST_STATEMENTS)

    def made(url: Any) -> Engine:
        engine = make(url)
        first.append(engine)
        del first[1:]
        engine.dialect = first[0].dialect
        engine._compiled_cache = kept
        return engine

    return made


@pytest.fixture(autouse=True, scope="session")
def compiled_statements() -> Iterator[None]:
    """Have the engines of a kind of database share their compiled statements."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_sqlite_engine", "_postgres_engine"):
            patch.setattr(engines, name, sharing(getattr(engines, name)))
        yield
