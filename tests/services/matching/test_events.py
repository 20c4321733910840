from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.matching import tables
from services.matching.database import open_store
from services.matching.events import HANDLERS
from services.matching.organisations.store import projection
from services.matching.reports.domain.report import canonical_json
from services.matching.reports.store import due, reports
from services.matching.reports.worker import Scorer
from shared.clock import SettableClock
from shared.events.event import Event
from shared.messaging.effects import apply_once
from shared.storage.engine import Database

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def _event(topic: str, type_: str, aggregate_id: str, version: int, /, **fields: Any) -> tuple[str, Event]:
    state = {
        "id": aggregate_id,
        "version": version,
        "status": "active",
        "updated_at": "2026-03-02T08:00:00Z",
        **fields,
    }
    return topic, Event(type_, aggregate_id, version, NOW + timedelta(minutes=version), state)


NEED = {"id": "n1", "title": "", "text": "Sterile processing of surgical instruments", "focus_areas": ["amr"]}
EVENTS = [
    _event("companies", "company.created", "C1", 1, name="Old", description="Autoclaves"),
    _event(
        "companies", "company.replaced", "C1", 2, name="One", description="Autoclaves for sterile processing"
    ),
    _event(
        "companies",
        "company.created",
        "C2",
        1,
        name="Two",
        description="Washer-disinfectors, sterile instruments",
    ),
    _event(
        "companies",
        "company.withdrawn",
        "C2",
        2,
        name="Two",
        description="Washer-disinfectors",
        status="withdrawn",
    ),
    _event(
        "companies",
        "company.created",
        "C3",
        1,
        name="Three",
        description="Sterilisation of surgical instruments",
    ),
    _event("partners", "partner.created", "P1", 1, name="Hospital", country="Norway", kind="hospital"),
    _event("requests", "request.created", "R1", 1, status="open", partner_id="P1", needs=[NEED]),
    _event(
        "visits",
        "visit.created",
        "V1",
        1,
        title="Visit",
        direction="incoming",
        starts_on="2026-04-01",
        ends_on="2026-04-02",
    ),
]


def _told(database: Database, events: list[tuple[str, Event]], score_between: bool = False) -> str:
    scorer = Scorer(database, SettableClock(NOW))
    for topic, event in events:
        with database.writing() as connection:
            apply_once(connection, tables.messaging, topic, event, HANDLERS[topic])
        if score_between:
            scorer.score_stale()
    scorer.score_stale()
    with database.reading() as connection:
        report = reports.get_report(connection, "R1")
    assert report is not None
    return canonical_json(report.content)


def _report_after(empty: Path, events: list[tuple[str, Event]], score_between: bool = False) -> str:
    """Tell a database of its own of the events, and return the report that it ends with."""
    with TemporaryDirectory() as folder:
        database = open_store(f"sqlite:///{copyfile(empty, Path(folder) / 'matching.sqlite')}")
        try:
            return _told(database, events, score_between)
        finally:
            database.close()


@pytest.fixture(scope="module")
def empty(empty_sqlite: Callable[[sa.MetaData], Path]) -> Path:
    return empty_sqlite(tables.metadata)


@pytest.fixture(scope="module")
def in_their_order(empty: Path) -> str:
    """The report when every event comes in its order."""
    return _report_after(empty, EVENTS)


@hypothesis_settings(max_examples=12)
@given(order=st.permutations(EVENTS), score_between=st.booleans())
def test_events_in_any_order_give_the_same_report(
    empty: Path, in_their_order: str, order: list[tuple[str, Event]], score_between: bool
) -> None:
    assert _report_after(empty, list(order), score_between) == in_their_order


def test_a_request_waits_until_its_partner_is_known(tell: Any, scorer: Scorer, database: Database) -> None:
    tell.company("C1")
    tell.request("R1", "P1")
    assert scorer.score_stale() == 0
    tell.partner("P1")
    assert scorer.score_stale() == 1
    with database.reading() as connection:
        assert reports.get_report(connection, "R1") is not None


def test_the_time_when_a_report_became_stale_is_kept(
    tell: Any, database: Database, clock: SettableClock
) -> None:
    tell.request("R1", "P1")
    clock.advance(timedelta(hours=1))
    tell.company("C1")
    tell.partner("P1")
    with database.writing() as connection:
        claims = due.claim_due(connection, clock(), 10)
    assert [claim.stale_since for claim in claims] == ["2026-03-02T08:00:00.000000Z"]


def test_a_withdrawn_company_leaves_open_reports(scored: Any, scorer: Scorer, database: Database) -> None:
    assert "C1" in _companies(database)
    scored.company("C1", status="withdrawn")
    scorer.score_stale()
    assert "C1" not in _companies(database)


def test_an_erased_company_is_gone_from_the_projection_and_the_report(
    scored: Any, scorer: Scorer, database: Database
) -> None:
    scored.erase("companies", "C1")
    scorer.score_stale()
    with database.reading() as connection:
        assert projection.get_state(connection, tables.companies, "C1") is None
    assert "C1" not in _companies(database)


def test_an_erased_partner_takes_its_reports_with_it(scored: Any, scorer: Scorer, database: Database) -> None:
    scored.erase("partners", "P1")
    assert scorer.score_stale() == 0
    with database.reading() as connection:
        assert reports.get_report(connection, "R1") is None


def test_an_erased_request_is_scored_no_more(scored: Any, scorer: Scorer, database: Database) -> None:
    scored.erase("requests", "R1")
    scored.company("C9")
    assert scorer.score_stale() == 0
    with database.reading() as connection:
        assert reports.get_report(connection, "R1") is None


def test_a_closed_request_keeps_its_report_as_it_was(scored: Any, scorer: Scorer, database: Database) -> None:
    scored.request("R1", "P1", status="closed")
    scored.company("C1", status="withdrawn")
    assert scorer.score_stale() == 0
    assert "C1" in _companies(database)


def test_a_request_that_opens_again_is_scored_again(scored: Any, scorer: Scorer) -> None:
    scored.request("R1", "P1", status="closed")
    scored.request("R1", "P1")
    assert scorer.score_stale() == 1


def test_contacts_are_never_kept(scored: Any, database: Database) -> None:
    with database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            assert "canary" not in repr(connection.execute(table.select()).all()).lower()


def test_a_visit_is_kept_and_makes_no_report_stale(scored: Any, scorer: Scorer, database: Database) -> None:
    topic, event = EVENTS[-1]
    scored.hear(topic, event)
    assert scorer.score_stale() == 0
    with database.reading() as connection:
        assert projection.get_state(connection, tables.visits, "V1") is not None


def _companies(database: Database) -> set[str]:
    with database.reading() as connection:
        report = reports.get_report(connection, "R1")
    assert report is not None
    return {match.company.id for match in report.content.matches}
