"""Reports that a changed company cannot touch are settled without being made, and are what they would be made."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.matching import tables
from services.matching.events import HANDLERS
from services.matching.reports.domain.report import canonical_json
from services.matching.reports.store import due, reports
from services.matching.reports.store.reports import StoredReport
from services.matching.reports.worker import Scorer
from services.matching.upkeep.rebuild import rebuild
from shared.clock import SettableClock
from shared.storage.engine import Database
from tests.services.matching.matching_world import STERILE, TELECARE

VIOLINS = "Violin lessons for beginners."
TEXTS = [
    STERILE,
    TELECARE,
    VIOLINS,
    "Autoclaves.",
    "Hand hygiene for wards.",
    "Radiotherapy planning software.",
]
NEEDS = [
    "We need sterile processing of surgical instruments.",
    "Telemedicine for patients with chronic disease at home.",
    "Better hand hygiene.",
]


def _report(database: Database, request_id: str = "R1") -> StoredReport:
    with database.reading() as connection:
        found = reports.get_report(connection, request_id)
    assert found is not None
    return found


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests whose reports were made, by any worker."""
    requests: list[str] = []
    make: Callable[..., Any] = Scorer._make

    def noting(self: Scorer, case: Any, snapshot: Any) -> Any:
        requests.append(case.request.id)
        return make(self, case, snapshot)

    monkeypatch.setattr(Scorer, "_make", noting)
    return requests


def test_a_change_makes_only_the_reports_that_it_touches(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock, made: list[str]
) -> None:
    scored.request("R2", "P1", text="Telemedicine for patients with chronic disease at home.")
    scorer.score_stale()
    before = _report(database), _report(database, "R2")
    made.clear()
    clock.advance(timedelta(days=1))
    scored.company("C3", f"{TELECARE} For hospitals, too.")
    assert scorer.score_stale() == 2
    after = _report(database), _report(database, "R2")
    assert made == ["R2"]
    assert after[0] == before[0]
    assert after[1].content.as_of > before[1].content.as_of
    assert after[1].stale_since is None


def test_a_worker_that_knows_nothing_makes_every_stale_report(
    scored: Any, database: Database, clock: SettableClock, made: list[str]
) -> None:
    scored.company("C3", VIOLINS)
    Scorer(database, clock).score_stale()
    assert made == ["R1"]


def test_many_untouched_reports_are_settled_in_one_pass(
    tell: Any, scorer: Scorer, database: Database, made: list[str]
) -> None:
    tell.company("C1", STERILE)
    tell.partner("P1")
    for number in range(30):
        tell.request(f"R{number}", "P1")
    while scorer.score_stale():
        pass
    made.clear()
    tell.company("C2", VIOLINS, kind="")
    assert scorer.score_stale(most=3) == 3
    assert made == []
    with database.reading() as connection:
        assert due.count_due(connection) == 0


def test_a_report_is_not_settled_when_a_company_changed_since_it_was_looked_at(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock
) -> None:
    scored.company("C3", VIOLINS)
    with database.writing() as connection:
        snapshot = scorer.read(due.claim_due(connection, clock(), 10))
    scored.company("C4", STERILE)
    clock.advance(timedelta(seconds=1))
    assert scorer.settle_untouched(snapshot) == {"R1"}
    assert _report(database).stale_since == snapshot.at
    scorer.score_stale()
    assert "C4" in {match.company.id for match in _report(database).content.matches}
    assert _report(database).stale_since is None


def test_a_report_that_another_worker_made_meanwhile_is_not_taken_for_ones_own(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock, made: list[str]
) -> None:
    before = _report(database).content
    scored.company("C3", STERILE)
    Scorer(database, clock).score_stale()
    assert _report(database).content != before
    made.clear()
    scored.company("C3", TELECARE, capabilities=[{"id": "c1", "text": TELECARE, "focus_areas": ["ageing"]}])
    scorer.score_stale()  # for this worker C3 is as before: what it knows is not what stands there
    assert made == ["R1"]
    assert _report(database).content == before
    assert _report(database).version == 3


def test_a_report_whose_request_changed_is_made(scored: Any, scorer: Scorer, made: list[str]) -> None:
    made.clear()
    scored.company("C3", VIOLINS)
    scored.request("R1", "P1", text="Autoclaves")
    scorer.score_stale()
    assert made == ["R1"]


def test_a_report_that_a_rebuild_emptied_is_made(
    scored: Any, scorer: Scorer, database: Database, made: list[str]
) -> None:
    before = _report(database).content
    rebuild(database, tuple(HANDLERS))
    made.clear()
    scored.versions.clear()
    scored.partner("P1")
    scored.request("R1", "P1")
    scored.company("C1", STERILE, focus_areas=[], capabilities=[_amr(STERILE)])
    scored.company("C2", "Autoclaves for surgical instruments.", capabilities=[_amr("Sterile processing.")])
    scorer.score_stale()
    assert made == ["R1"]
    assert _report(database).content == before


@pytest.mark.parametrize("how", ["closed", "erased", "withdrawn"])
def test_nothing_stays_known_of_a_request_that_is_not_open_any_more(
    scored: Any, scorer: Scorer, clock: SettableClock, how: str
) -> None:
    scored.request("R2", "P1", text="Telemedicine for patients with chronic disease at home.")
    scored.request("R3", "P1", text="Telemedicine for patients with chronic disease at home.")
    scorer.score_stale()
    kept = scorer._settled
    scored.company("C4", f"{TELECARE} For hospitals, too.")
    scorer.settle_untouched(scorer.read([]))
    assert set(kept.known) == {"R1"}
    assert kept.touched_by("R2") == {"C4"}
    for request_id in ("R1", "R2"):
        if how == "erased":
            scored.erase("requests", request_id)
        else:
            scored.request(request_id, "P1", status=how)
    scorer.score_stale()
    assert set(kept.known) == {"R3"}
    assert kept.touched_by("R2") == set()
    assert kept._watch().requests == ["R3"]


def test_another_policy_makes_every_report(
    scored: Any, scorer: Scorer, database: Database, clock: SettableClock, made: list[str]
) -> None:
    made.clear()
    with database.writing() as connection:
        due.policy_changed(connection, clock())
        connection.execute(tables.policies.insert().values(version=2, active=True, content='{"floor": 41.5}'))
    scorer.score_stale()
    assert made == ["R1"]
    assert _report(database).content.policy_version == 2


def test_after_random_changes_every_report_is_what_a_new_worker_makes_of_the_same(
    tell: Any, scorer: Scorer, database: Database, clock: SettableClock, made: list[str]
) -> None:
    chance = random.Random(11)
    for number in range(3):
        tell.partner(f"P{number}", country=chance.choice(["Norway", "Germany"]))
        for other in range(2):
            tell.request(f"R{number}{other}", f"P{number}", text=chance.choice(NEEDS))
    for _ in range(40):
        clock.advance(timedelta(hours=1))
        for _ in range(chance.choice([1, 1, 1, 3])):
            company_id = f"C{chance.randrange(9)}"
            if chance.random() < 0.1:
                tell.erase("companies", company_id)
            else:
                tell.company(
                    company_id,
                    chance.choice(TEXTS),
                    status=chance.choice(["active", "active", "active", "withdrawn"]),
                    membership=chance.choice(["member", "network"]),
                    excluded_markets=chance.choice([[], [], ["Norway"]]),
                )
        if chance.random() < 0.2:
            tell.request(f"R{chance.randrange(3)}0", "P0", text=chance.choice(NEEDS))
        while scorer.score_stale():
            pass
    kept, made_by_changes = _all(database), len(made)
    made.clear()
    with database.writing() as connection:
        connection.execute(tables.reports.update().values(content=None))
        due.policy_changed(connection, clock())
    while Scorer(database, clock).score_stale():
        pass
    assert _all(database) == kept
    assert len(made) == 6
    assert made_by_changes < 40 * 6 * 0.8


def _all(database: Database) -> list[tuple[str, int, str]]:
    with database.reading() as connection:
        found = [reports.get_report(connection, one) for one in reports.list_request_ids(connection)]
    return [(one.request_id, one.version, canonical_json(one.content)) for one in found if one is not None]


def _amr(text: str) -> dict[str, Any]:
    return {"id": "c1", "text": text, "focus_areas": ["amr"]}
