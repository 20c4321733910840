"""A short fault run over each event log: processes die at seeded moments, and nothing is lost, doubled or inverted.

`HANDSLAG_TEST_SEED` chooses the seed; a failure prints it. The long run is `make faults`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.fault_run import Plan, Run
from tests.faults.house import House
from tests.faults.onlooker import Onlooker
from tests.faults.outcome import Outcome, Step
from tests.faults.table import Word
from tests.forker import Forker
from tests.free_ports import free_ports
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


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    """One for both runs: it imports once what their processes would import at every start."""
    one = Forker("tests.faults.hurried")
    yield one
    one.close()


@pytest.mark.timeout(900)
def test_over_the_embedded_log_nothing_is_lost_doubled_or_inverted(tmp_path: Path, forker: Forker) -> None:
    plan = Plan(seed=SEED, kills=6)
    moods = ("brisk", "refuse", "silent")
    with House(tmp_path, free_ports(3), None, moods, forker=forker) as house:
        run = Run(house, plan)
        onlooker = Onlooker(run)
        outcome = run.whole()
        judge(outcome, house)
    assert outcome.notes["reports rebuilt"] > 0
    assert outcome.notes["writes refused on a full disk"] > 0
    # Had it been cut off at any of the moments that were looked at, no promise would have been called broken.
    assert onlooker.broken == []
    assert set(onlooker.words) == set(run.steps)
    assert onlooker.words[Step.BLOWS]["2 effects once"] == {Word.NOT_JUDGED}
    assert onlooker.words[Step.REBUILD]["2 effects once"] == {Word.HELD}
    assert onlooker.words[Step.REBUILD]["6 rebuilt the same"] == {Word.NOT_JUDGED}


@pytest.mark.timeout(900)
def test_over_kafka_and_postgres_nothing_is_lost_doubled_or_inverted(
    tmp_path: Path, own_broker: OwnBroker, own_postgres: PostgresServer, forker: Forker
) -> None:
    plan = Plan(seed=SEED, kills=6, window=True, rebuild=False)
    moods = ("slow", "refuse", "silent")
    with House(tmp_path, free_ports(3), own_broker, moods, 2, own_postgres, forker=forker) as house:
        outcome = Run(house, plan).whole()
        judge(outcome, house)
    assert outcome.kills["broker"] > 0
    assert outcome.kills["PostgreSQL"] > 0
    assert outcome.notes["writes while it was away"] > 0
    assert outcome.verdict.counted["mails repeated in the window"] > 0


def judge(outcome: Outcome, house: House) -> None:
    """Fail with the seed, the faults and what the processes said."""
    if outcome.broken() or outcome.ended:
        print(house.said(4000))
        pytest.fail(
            f"HANDSLAG_TEST_SEED={outcome.seed}: {outcome.kills.total()} kills {dict(outcome.kills)}\n"
            + "\n".join([outcome.ended, *outcome.broken()])
            + f"\n{dict(outcome.verdict.counted)}\n{outcome.notes}",
            pytrace=False,
        )
    assert outcome.kills.total() >= 6
    assert outcome.verdict.counted["acknowledged"] > 20
    assert outcome.verdict.counted["in doubt"] == 0
    assert outcome.verdict.counted["approvals"] > 0
