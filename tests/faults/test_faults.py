"""A short fault run over each event log: processes die at seeded moments, and nothing is lost, doubled or inverted.

`HANDSLAG_TEST_SEED` chooses the seed; a failure prints it. The long run is `make faults`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.fault_run import Outcome, Plan, Run
from tests.faults.house import House, free_ports
from tests.plugins.kafka_broker import OwnBroker, new_broker
from tests.plugins.postgres import PostgresServer, new_server

SEED = int(os.environ.get("HANDSLAG_TEST_SEED") or 20260302)


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[OwnBroker]:
    """A broker of this test's own: it is killed."""
    folder = tmp_path / "kafka"
    folder.mkdir()
    broker = new_broker(folder)
    try:
        yield broker
    finally:
        broker.kill()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test's own: it is killed."""
    with new_server() as server:
        yield server


@pytest.mark.timeout(420)
def test_over_the_embedded_log_nothing_is_lost_doubled_or_inverted(tmp_path: Path) -> None:
    plan = Plan(seed=SEED, blows=12, load=12.0, mean_gap=1.0, away=2.0)
    with House(tmp_path, free_ports(3), None, ("brisk", "refuse", "silent"), hurried=True) as house:
        outcome = Run(house, plan).whole()
        judge(outcome, house)
    assert outcome.notes["reports rebuilt"] > 0
    assert outcome.notes["writes refused on a full disk"] > 0


@pytest.mark.timeout(420)
def test_over_kafka_and_postgres_nothing_is_lost_doubled_or_inverted(
    tmp_path: Path, own_broker: OwnBroker, own_postgres: PostgresServer
) -> None:
    plan = Plan(seed=SEED, blows=12, load=12.0, mean_gap=1.0, away=20.0, window=True, rebuild=False)
    moods = ("slow", "refuse", "silent")
    with House(tmp_path, free_ports(3), own_broker, moods, 2, own_postgres, hurried=True) as house:
        outcome = Run(house, plan).whole()
        judge(outcome, house)
    assert outcome.kills["broker"] > 0
    assert outcome.kills["PostgreSQL"] > 0
    assert outcome.notes["writes while it was away"] > 0
    assert outcome.verdict.counted["mails repeated in the window"] > 0


def judge(outcome: Outcome, house: House) -> None:
    """Fail with the seed, the faults and what the processes said."""
    if outcome.broken():
        print(house.said(4000))
        pytest.fail(
            f"HANDSLAG_TEST_SEED={outcome.seed}: {outcome.kills.total()} kills {dict(outcome.kills)}\n"
            + "\n".join(outcome.broken())
            + f"\n{dict(outcome.verdict.counted)}\n{outcome.notes}",
            pytrace=False,
        )
    assert outcome.kills.total() >= 6
    assert outcome.verdict.counted["acknowledged"] > 20
    assert outcome.verdict.counted["in doubt"] == 0
    assert outcome.verdict.counted["approvals"] > 0
