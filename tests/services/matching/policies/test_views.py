"""A preview reads as the reports were made, stops in time, and waits for another one only so long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from services.matching.introductions.actions import approve, cancel, reject
from services.matching.policies.views import BusyError, Previews
from services.matching.reports.store.lifted import Lifted, save_lifted
from services.matching.reports.store.reports import get_report
from services.matching.reports.worker import Scorer
from services.matching.scoring.domain.policy import STANDARD_POLICY
from services.matching.text.domain.concept_engine import ConceptEngine, TextEngine, standard_engine
from services.matching.text.domain.embedding_engine import EmbeddingEngine
from services.matching.text.domain.thesaurus import standard_thesaurus
from services.matching.text.vector_cache import VectorCache
from shared.clock import SettableClock, to_text
from shared.ids import IdSource
from shared.storage.engine import Database
from tests.services.matching.matching_world import STAFF, TELECARE
from tests.services.matching.text.test_vectors import Counting

STRICT = replace(STANDARD_POLICY, floor=100.0)
"""A policy under which C1 leaves."""


@pytest.fixture
def previews(database: Database) -> Previews:
    return Previews(database, standard_engine)


def _soft(database: Database, embedder: Counting | None) -> EmbeddingEngine:
    return EmbeddingEngine(standard_thesaurus(), VectorCache("counting-1", embedder, database))


def test_the_active_side_scores_as_the_report_also_where_the_worker_began_later(
    scored: Any, database: Database, clock: SettableClock
) -> None:
    previews = Previews(database, lambda: _soft(database, None))
    by_words = _score_of_c1(previews)
    assert isinstance(previews.engine(), ConceptEngine)
    scored.request("R1", "P1")
    Scorer(database, clock, _soft(database, Counting())).score_stale()
    with database.reading() as connection:
        report = get_report(connection, "R1")
    assert report is not None
    named = {match.company.id: match.score for match in report.content.matches}
    assert _score_of_c1(previews) == named["C1"] != by_words
    assert previews.engine().vector_size == 8


def _score_of_c1(previews: Previews) -> float:
    (one,) = previews.make(STRICT).requests
    return next(match.score for match in one.differences.left if match.company_id == "C1")


def test_when_its_time_is_over_a_preview_says_how_far_it_came(scored: Any, previews: Previews) -> None:
    for number in range(2, 5):
        scored.request(f"R{number}", "P1")
    found = previews.make(STRICT, seconds=0.0)
    assert (found.looked_at, found.open_looked_at, found.total) == (1, 1, 4)


def test_many_requests_are_read_at_once_each_with_its_own_decisions_and_exclusions(
    scored: Any, scorer: Scorer, previews: Previews, database: Database, clock: SettableClock, ids: IdSource
) -> None:
    scored.company("C4", f"{TELECARE} And more.", markets=["Germany"])
    for request_id in ("R2", "R3"):
        scored.request(request_id, "P1", text="Telemedicine for patients with chronic disease at home.")
    while scorer.score_stale():
        pass
    with database.writing() as connection:
        approve(connection, "R1", 1, ["C1.n1"], "", clock, ids)
        cancelled = approve(connection, "R2", 1, ["C3.n1"], "", clock, ids).introductions[0]
        cancel(connection, cancelled["id"], clock)
        reject(connection, "R3", 1, ["C3.n1"], "Too small", clock)
        save_lifted(connection, "R3", Lifted("C4", "outside_markets", "They agreed.", to_text(clock())))
    with counted(database) as statements:
        found = previews.make(STRICT)
    assert {name: before.of for name, (before, _) in found.agreements.items()} == {
        "approved": 1,
        "rejected": 1,
    }
    assert [
        one.asked.request.id
        for one in found.requests
        if "C4" in {match.company_id for match in one.differences.left}
    ] == ["R3"]
    for number in range(4, 9):
        scored.request(f"R{number}", "P1")
    with counted(database) as with_more:
        assert previews.make(STRICT).looked_at == 8
    assert len(with_more) <= len(statements)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(database.engine, "before_cursor_execute", note)


def test_threads_that_ask_at_once_share_one_engine(database: Database) -> None:
    made: list[TextEngine] = []

    def slowly() -> TextEngine:
        time.sleep(0.05)
        made.append(ConceptEngine(standard_thesaurus()))
        return made[-1]

    previews = Previews(database, slowly)
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda _: previews.engine(), range(4)))
    assert len(made) == 1
    assert all(one is made[0] for one in given)


def test_a_preview_does_not_wait_for_another_one_for_ever(scored: Any, database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def waiting() -> TextEngine:
        begun.set()
        assert go_on.wait(200)
        return standard_engine()

    previews = Previews(database, waiting)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(previews.make, STRICT)
        assert begun.wait(200)
        with pytest.raises(BusyError):
            previews.make(STRICT, seconds=0.0)
        go_on.set()
        assert first.result(200).looked_at == 1
    assert previews.make(STRICT, seconds=0.0).looked_at == 1


def test_who_asks_for_a_preview_meanwhile_is_told_to_try_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any, **__: Any) -> None:
        raise BusyError

    monkeypatch.setattr(Previews, "make", busy)
    draft = client.post("/api/v1/scoring-policies/drafts", json={}, headers=STAFF).get_json()["id"]
    for path, told in (
        (f"/api/v1/scoring-policies/drafts/{draft}/preview", "try again in a few seconds"),
        (f"/policies/drafts/{draft}?preview=1&lang=sv", "Ladda om sidan om några sekunder"),
    ):
        answer = client.get(path, headers=STAFF)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert told in answer.text
