"""Reports that another text engine made are made again when work starts."""

from __future__ import annotations

from services.matching.reports.store import due
from services.matching.reports.store import engine_change as text_engine
from services.matching.reports.worker import Scorer
from services.matching.text.domain.concept_engine import ConceptEngine, standard_engine
from services.matching.text.domain.thesaurus import make_thesaurus
from shared.clock import SettableClock
from shared.storage.engine import Database
from tests.services.matching.matching_world import MatchingWorld

OTHER = ConceptEngine(
    make_thesaurus([{"id": "a", "names": {"sv": "A", "en": "A"}, "stems": {"en": ["sterile"]}}], "other")
)


def test_reports_of_another_engine_are_made_again_once(
    tell: MatchingWorld, database: Database, clock: SettableClock
) -> None:
    tell.company("C1")
    tell.partner("P1")
    tell.request("R1", "P1")
    tell.request("R2", "P1", status="closed")
    Scorer(database, clock, OTHER).score_stale()
    with database.writing() as connection:
        assert text_engine.remake_others(connection, OTHER.name, clock()) == 0
        assert text_engine.remake_others(connection, standard_engine().name, clock()) == 1
        assert text_engine.remake_others(connection, standard_engine().name, clock()) == 0
        assert due.count_due(connection) == 1
    Scorer(database, clock, standard_engine()).score_stale()
    with database.writing() as connection:
        assert text_engine.remake_others(connection, standard_engine().name, clock()) == 0
        assert due.count_due(connection) == 0
