"""A report is made by words at once, and again when the vectors are there; organisations take turns meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from services.matching.reports.closer_reading import AT_ONCE, TOGETHER_AT_MOST, TOGETHER_WITHIN, CloserReading
from services.matching.reports.domain.turns import Texts, Unread, next_in_turn
from services.matching.reports.store import due
from services.matching.reports.store.reports import StoredReport, get_report
from services.matching.reports.store.unread import count_unread, list_unread
from services.matching.reports.worker import Scorer
from services.matching.text.domain.concept_engine import standard_engine
from services.matching.text.domain.embedding_engine import EmbeddingEngine
from services.matching.text.domain.nearness import material
from services.matching.text.domain.thesaurus import standard_thesaurus
from services.matching.text.models import Matrix
from services.matching.text.vector_cache import VectorCache
from services.matching.upkeep.report_status import waiting
from shared.clock import SettableClock
from shared.storage.engine import Database
from tests.browser import Browser
from tests.services.matching.matching_world import STERILE, MatchingWorld

LONG = " ".join(f"We make {number}." for number in range(400))


class Noting:
    """A small embedder that counts letters, and notes what it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Matrix:
        self.texts += texts
        rows = np.array([[text.count(letter) + 1.0 for letter in "abcdefgh"] for text in texts])
        unit: Matrix = (rows / np.linalg.norm(rows, axis=1)[:, None]).astype(np.float32)
        return unit


@pytest.fixture
def embedder(database: Database) -> Noting:
    """An embedder that has made all that nearness rests on, as the model's that come along are."""
    made = Noting()
    VectorCache("noting-1", made, database).prepare(material(standard_thesaurus()))
    made.texts.clear()
    return made


@pytest.fixture
def engine(database: Database, embedder: Noting) -> EmbeddingEngine:
    return EmbeddingEngine(standard_thesaurus(), VectorCache("noting-1", embedder, database))


@pytest.fixture
def scorer(database: Database, clock: SettableClock, engine: EmbeddingEngine) -> Scorer:
    return Scorer(database, clock, engine.without_waiting())


@pytest.fixture
def reading(database: Database, clock: SettableClock, engine: EmbeddingEngine) -> CloserReading:
    return CloserReading(database, clock, engine)


def report_of(database: Database, request_id: str = "R1") -> StoredReport:
    with database.reading() as connection:
        found = get_report(connection, request_id)
    assert found is not None
    return found


def finish(scorer: Scorer, reading: CloserReading) -> None:
    """Go on until nothing is due and nobody waits."""
    for _ in range(300):
        read = reading.step()
        if not scorer.score_stale() and not read:
            return
    raise AssertionError("it does not come to an end")


def test_a_report_is_made_by_words_at_once_and_is_in_the_end_what_it_would_have_been_at_once(
    tell: MatchingWorld, database: Database, clock: SettableClock, scorer: Scorer, reading: CloserReading,
    engine: EmbeddingEngine, embedder: Noting,
) -> None:  # fmt: skip
    tell.company("C1", STERILE)
    tell.partner("P1")
    tell.request("R1", "P1")
    assert scorer.score_stale() == 1
    assert embedder.texts == []
    first = report_of(database)
    with database.reading() as connection:
        assert waiting(connection) == {"reports to make": 0, "texts to read closely": 2}
    finish(scorer, reading)
    with database.reading() as connection:
        assert waiting(connection) == {"reports to make": 0, "texts to read closely": 0}
    again = report_of(database)
    assert embedder.texts
    assert again.content != first.content
    tell.request("R2", "P1")
    Scorer(database, clock, engine).score_stale()
    at_once = report_of(database, "R2").content
    assert [one.score for one in again.content.matches] == [one.score for one in at_once.matches]


def test_the_page_says_while_a_report_goes_by_words(
    tell: MatchingWorld, browser: Browser, scorer: Scorer, reading: CloserReading
) -> None:
    said = "Some texts are read by their words alone so far"
    tell.company("C1", STERILE)
    tell.partner("P1")
    tell.request("R1", "P1")
    tell.request("R2", "P1")
    scorer.score_stale()
    assert said in browser.open("/reports/R1")
    tell.request("R2", "P1", status="closed")
    assert said not in browser.open("/reports/R2"), "it is kept as it is"
    finish(scorer, reading)
    assert said not in browser.open("/reports/R1")
    tell.company("C2", f"Also. {STERILE}")
    scorer.score_stale()
    assert said in browser.open("/reports/R1"), "a company's texts wait"


def test_who_has_much_to_read_keeps_nobody_waiting(
    tell: MatchingWorld,
    scorer: Scorer,
    reading: CloserReading,
    embedder: Noting,
    database: Database,
    clock: SettableClock,
) -> None:
    tell.company("A1", LONG)
    tell.partner("P1")
    tell.partner("P2")
    for number in range(5):
        tell.request(f"R{number}", "P1", f"{number}. {LONG}")
    tell.request("R9", "P2", "What the other asks.")
    scorer.score_stale()
    for _ in range(5):
        reading.step()
        clock.advance(TOGETHER_WITHIN / 2)
    scorer.score_stale()
    assert "What the other asks." in embedder.texts
    assert len(embedder.texts) <= 5 * AT_ONCE
    with database.reading() as connection:
        assert "R9" not in {one.id for one in list_unread(connection)}


def test_nothing_is_lost_when_a_process_ends_before_the_report_is_made_again(
    tell: MatchingWorld, scorer: Scorer, reading: CloserReading, database: Database, clock: SettableClock,
    engine: EmbeddingEngine,
) -> None:  # fmt: skip
    tell.company("C1", STERILE)
    tell.partner("P1")
    tell.request("R1", "P1")
    scorer.score_stale()
    by_words = report_of(database).content
    reading.step()
    finish(Scorer(database, clock, engine.without_waiting()), CloserReading(database, clock, engine))
    assert report_of(database).content != by_words


def test_companies_that_are_read_one_after_the_other_have_reports_made_again_once(
    tell: MatchingWorld, scorer: Scorer, reading: CloserReading, database: Database, clock: SettableClock
) -> None:
    tell.partner("P1")
    tell.request("R1", "P1")
    scorer.score_stale()
    finish(scorer, reading)
    for number in range(3):
        tell.company(f"C{number}", f"{number}. {STERILE}")
    scorer.score_stale()

    def number_of_changes() -> int:
        with database.reading() as connection:
            return due.get_pool_number(connection)

    before = number_of_changes()
    for _ in range(3):
        reading.step()
    assert number_of_changes() == before
    reading.step()
    assert number_of_changes() == before + 1


def test_while_many_wait_reports_are_made_again_at_growing_intervals(
    tell: MatchingWorld, scorer: Scorer, reading: CloserReading, database: Database, clock: SettableClock
) -> None:
    for number in range(40):
        tell.company(f"C{number:02}", f"{number}. {STERILE}")
    tell.partner("P1")
    tell.request("R1", "P1")
    scorer.score_stale()

    marked, seconds = [], 0
    with database.reading() as connection:
        left = count_unread(connection)
    while left:
        reading.step()
        with database.reading() as connection:
            now = count_unread(connection)
        if now < left:
            marked.append(seconds)
        left = now
        clock.advance(timedelta(seconds=1))
        seconds += 1
    pauses = [after - before for before, after in itertools.pairwise(marked)]
    assert pauses[:2] == sorted(pauses[:2])
    assert pauses[1] >= 2 * pauses[0] - 1
    assert max(pauses) <= TOGETHER_AT_MOST.total_seconds() + 2
    assert len(marked) <= 6


def test_who_was_read_while_a_report_was_made_is_not_noted_again(
    tell: MatchingWorld, scorer: Scorer, reading: CloserReading, database: Database
) -> None:
    tell.company("C1", STERILE)
    tell.partner("P1")
    tell.request("R1", "P1")
    scorer.score_stale()
    tell.request("R2", "P1")
    with database.writing() as connection:
        [claim] = due.claim_due(connection, scorer._clock(), 5)
    snapshot = scorer.read([claim])
    while reading.step():
        pass
    scorer._note_unread(snapshot, scorer.compute(snapshot))
    with database.reading() as connection:
        assert [one for one in list_unread(connection) if one.side is Texts.COMPANY] == []


def test_who_is_gone_and_who_has_no_embedding_any_more_is_waited_for_no_longer(
    tell: MatchingWorld, scorer: Scorer, reading: CloserReading, database: Database, clock: SettableClock
) -> None:
    tell.company("C1", LONG)
    tell.partner("P1")
    tell.request("R1", "P1", LONG)
    scorer.score_stale()
    tell.erase("companies", "C1")
    CloserReading(database, clock, standard_engine()).step()
    with database.reading() as connection:
        assert count_unread(connection) == 0
    assert not reading.step()


def test_turns_go_round_the_organisations_and_within_one_by_time() -> None:
    company = Unread(Texts.COMPANY, "C1", "C1")
    first, second, other = (
        Unread(Texts.REQUEST, id, of) for id, of in (("R2", "P1"), ("R1", "P1"), ("R3", "P2"))
    )
    waiting = [first, second, other, company]
    taken, last = [], ("", "")
    for _ in range(4):
        taken.append(next_in_turn(waiting, last))
        last = taken[-1].turn
    assert taken == [company, first, other, company]
