"""Deleting the vectors of texts that no organisation has any more, as after a change or an erasure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.organisations.domain.model import company_from_state, request_from_state
from services.matching.organisations.store import erasures, projection
from services.matching.scoring.domain.features import texts_of_company, texts_of_needs
from services.matching.text import store as embeddings
from services.matching.text.domain.concept_engine import TextEngine
from services.matching.text.domain.embedding_engine import EmbeddingEngine
from services.matching.text.domain.nearness import material
from services.matching.text.domain.passages import units
from services.matching.text.domain.thesaurus import Thesaurus
from services.matching.text.vector_cache import digest_of
from shared.clock import Clock
from shared.loops import Loop, due_work
from shared.storage import rows
from shared.storage.engine import Database

EVERY = timedelta(hours=1)
AT_ONCE = 500


def delete_unused(database: Database, thesaurus: Thesaurus, model: str) -> int:
    """Delete every vector of another model, or of a text of no company and no request; return how many.

    `model` is the one in use, empty for none. The vectors of the thesaurus's own terms stay. A vector whose text comes
    back meanwhile may go too: it is kept again when the text is prepared next. Nothing holds the database for long.
    """
    with database.reading() as connection:
        kept = embeddings.list_digests(connection)
        ids = {table: projection.list_versions(connection, table) for table in _SIDES} if kept else {}
    if not kept:
        return 0
    with database.writing() as connection:
        gone = embeddings.delete_others(connection, model)
    kept -= {digest_of(text) for text in material(thesaurus)}
    for table, of_table in ids.items():
        for some in rows.in_parts(of_table, AT_ONCE):
            with database.reading() as connection:
                texts = list(_texts(connection, table, some))
            kept -= {digest_of(unit) for text in texts for unit in units(text)}
    for some in rows.in_parts(kept, AT_ONCE):
        with database.writing() as connection:
            gone += embeddings.delete(connection, some)
    return gone


_SIDES = (tables.companies, tables.requests)


def _texts(connection: Connection, table: sa.Table, ids: list[str]) -> Iterator[str]:
    for one in projection.get_states(connection, table, ids).values():
        if table is tables.companies:
            yield from texts_of_company(company_from_state(one.state))
        else:
            yield from texts_of_needs(request_from_state(one.state).needs)


class UnusedVectors:
    """Deletes unused vectors every hour, and within a minute after an organisation was erased."""

    def __init__(self, database: Database, clock: Clock, thesaurus: Thesaurus, model: str) -> None:
        self._database = database
        self._clock = clock
        self._thesaurus = thesaurus
        self._model = model
        self._at = clock() - EVERY
        self._seen: str | None = None

    def step(self) -> bool:
        """Delete what is due, and say whether anything was deleted."""
        with self._database.reading() as connection:
            erased = erasures.get_newest_moment(connection)
        if erased == self._seen and self._clock() - self._at < EVERY:
            return False
        gone = delete_unused(self._database, self._thesaurus, self._model)
        self._at, self._seen = self._clock(), erased
        return gone > 0


def unused_vectors_loop(database: Database, clock: Clock, engine: TextEngine) -> Loop:
    """Make the loop that looks every minute for vectors that the engine in use does not need."""
    model = engine.model if isinstance(engine, EmbeddingEngine) else ""
    return due_work(
        "matching vectors", UnusedVectors(database, clock, engine.thesaurus, model).step, wake=60.0
    )
