"""Statements are compiled once a process: the databases of all tests share what SQLAlchemy keeps of them.

SQLAlchemy keeps compiled statements by engine and dialect. A run of the tests makes thousands of engines, and would
compile the same few hundred statements for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

from shared.storage import engine as engines

MOST_STATEMENTS = 5_000


def sharing(make: Callable[[Any], Engine]) -> Callable[[Any], Engine]:
    """Return what makes engines as another does, all with one dialect and one store of statements.

    The dialect is that of the first engine that has connected: until then a dialect does not know its server.
    """
    connected: list[Engine] = []
    kept: LRUCache[Any, Any] = LRUCache(MOST_STATEMENTS)

    def made(url: Any) -> Engine:
        engine = make(url)
        if connected:
            engine.dialect = connected[0].dialect
            engine._compiled_cache = kept
        else:
            sa.event.listen(engine, "connect", lambda *_: connected.append(engine) if not connected else None)
        return engine

    return made


@pytest.fixture(autouse=True, scope="session")
def compiled_statements() -> Iterator[None]:
    """Have the engines of a kind of database share their compiled statements."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_sqlite_engine", "_postgres_engine"):
            patch.setattr(engines, name, sharing(getattr(engines, name)))
        yield
