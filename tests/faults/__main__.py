"""The long fault run: `python -m tests.faults --seed N`. Exits with 1 when a promise is broken.

Two runs, one after the other: over the embedded log and SQLite, as on one machine, and over Kafka and PostgreSQL
with three matching workers and a relay that stands by. What is dealt and written is bounded by count: a slow machine
gives the same run, only longer. One that is cut off (Ctrl-C, SIGTERM, or the limit in time) says of each promise
whether it has a verdict, and exits with 3 when it found none broken and did not judge all.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.faults.fault_run import Plan, Run
from tests.faults.house import House
from tests.faults.outcome import Outcome
from tests.faults.table import KILLS, REBALANCES, Row, Word, rows, table
from tests.faults.waiting import Cut
from tests.free_ports import free_ports
from tests.plugins.kafka_broker import new_broker
from tests.plugins.postgres import new_server

SHARES = {"embedded": 0.4, "kafka": 0.6}
"""Of the kills."""
SPARE_KILLS = 5
"""A process that has just ended by itself cannot be killed."""
MOODS = ("slow", "silent", "brisk", "refuse", "good", "brisk", "good", "brisk", "good")

MOODY_ROUNDS = 6
"""After these the mail server is good: pauses after failures double, and the end should not wait for them."""
MOST_MINUTES = 75.0
"""The last resort: many times what a machine with two free cores needs."""
HELD, BROKEN, NOT_JUDGED = 0, 1, 3
"""Exit codes; 2 is a wrong option's."""


def main() -> int:
    """Run over both logs, print the table, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, help="how many processes are killed by blows")
    parser.add_argument("--seed", type=int, default=None, help="the same blows again")
    parser.add_argument("--log", choices=("both", *SHARES), default="both")
    parser.add_argument("--most-minutes", type=float, default=MOST_MINUTES, help="then it is cut off")
    given = parser.parse_args()
    cut = _heard(given.most_minutes)
    seed = secrets.randbelow(10**9) if given.seed is None else given.seed
    print(f"seed {seed}, {given.kills} kills", flush=True)
    shares = SHARES if given.log == "both" else {given.log: 1.0}
    whole = given.log == "both" and given.kills >= KILLS
    outcomes = {
        log: one_run(log, _plan(log, seed, int(given.kills * share)), cut) for log, share in shares.items()
    }
    found = rows(outcomes, whole)
    print(table(found))
    code, said = verdict(outcomes, found)
    print(f"{said}; the same blows again: make faults SEED={seed}")
    return code


def verdict(outcomes: Mapping[str, Outcome], found: Sequence[Row]) -> tuple[int, str]:
    """Return the exit code, and what to say of the whole."""
    ended = next((f"{log}: {one.ended}" for log, one in outcomes.items() if one.ended), "")
    if any(row.word is Word.BROKEN for row in found):
        return BROKEN, f"BROKEN{f', and not all was judged ({ended})' * bool(ended)}"
    if ended:
        return NOT_JUDGED, f"NOT ALL WAS JUDGED ({ended}); no promise was found broken"
    return HELD, "All promises held"


def _heard(most_minutes: float) -> Cut:
    """Have SIGINT, SIGTERM and the limit in time cut the run off; who asks twice does not wait for the table."""
    cut = Cut()

    def hear(number: int, _frame: object) -> None:
        if cut.why:
            sys.exit(NOT_JUDGED)  # as Ctrl-C does: nothing that was started stays behind
        cut.ask(
            f"not done after {most_minutes:g} minutes"
            if number == signal.SIGALRM
            else signal.Signals(number).name
        )

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, hear)
    signal.setitimer(signal.ITIMER_REAL, most_minutes * 60)
    return cut


def _plan(log: str, seed: int, kills: int) -> Plan:
    over_kafka = log == "kafka"
    return Plan(
        seed=seed,
        kills=kills + SPARE_KILLS,
        writes_away=200 if over_kafka else 60,
        approvals=60,
        pauses=True,
        window=True,
        turns=REBALANCES // 2 + 1 if over_kafka else 0,
    )


def one_run(log: str, plan: Plan, cut: Cut) -> Outcome:
    """Run over one log, from an empty folder to the verdict."""
    over_kafka = log == "kafka"
    started = time.monotonic()
    steps = plan.steps(over_kafka)

    def say(line: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {log}: {line}", flush=True)

    if cut.why:
        return Outcome(plan.seed, steps, ended=f"cut off before it began ({cut.why})")
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="handslag-faults-", ignore_cleanup_errors=True)
            )
        )
        broker, postgres = None, None
        workers = 3 if over_kafka else 2
        try:
            if over_kafka:
                (folder / "kafka").mkdir()
                broker = new_broker(folder / "kafka")
                stack.callback(broker.kill)
                postgres = stack.enter_context(new_server())
            moods = MOODS * MOODY_ROUNDS
            house = stack.enter_context(
                House(folder, free_ports(3), broker, moods, workers, postgres, cut=cut)
            )
        except Exception as error:  # noqa: BLE001  # a house that does not stand breaks no promise
            traceback.print_exc()
            return Outcome(plan.seed, steps, ended=f"failed before it began: {error!r}")
        say("started")
        outcome = Run(house, plan, say).whole()
        say(outcome.ended or "done")
        if outcome.broken():
            print(house.said(4000), file=sys.stderr)
        return outcome


if __name__ == "__main__":
    sys.exit(main())
