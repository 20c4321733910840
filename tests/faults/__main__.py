"""The long fault run: `python -m tests.faults --minutes 14 --seed N`. Exits with 1 when a promise is broken.

Two runs, one after the other: over the embedded log and SQLite, as on one machine, and over Kafka and PostgreSQL
with three matching workers and a relay that stands by.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.faults.fault_run import Outcome, Plan, Run
from tests.faults.house import House, WaitedInVainError, free_ports
from tests.faults.table import KILLS, REBALANCES, rows, table
from tests.plugins.kafka_broker import new_broker
from tests.plugins.postgres import new_server

KAFKA_SHARE = 0.6
"""Of the time; the embedded log has the rest."""
OVERHEAD = {"embedded": 90.0, "kafka": 230.0}
"""Seconds of a run beside its load: starting, settling, delivering again, rebuilding."""
WHOLE_MINUTES = 12.0
"""A shorter run need not deal all the kills."""
MOODS = ("slow", "silent", "brisk", "refuse", "good", "brisk", "good", "brisk", "good")

MOODY_ROUNDS = 6
"""After these the mail server is good: pauses after failures double, and the end should not wait for them."""
MOST_SECONDS = 19 * 60
"""Then what is there is judged, and told as broken."""


def main() -> int:
    """Run over both logs, print the table, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=14.0, help="about how long, up to 18")
    parser.add_argument("--seed", type=int, default=None, help="the same blows again")
    parser.add_argument("--log", choices=("both", "embedded", "kafka"), default="both")
    given = parser.parse_args()
    # As Ctrl-C does: nothing that was started stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    minutes = min(given.minutes, 18.0)
    seed = secrets.randbelow(10**9) if given.seed is None else given.seed
    print(f"seed {seed}, about {minutes:g} minutes", flush=True)
    shares = {"embedded": 1 - KAFKA_SHARE, "kafka": KAFKA_SHARE}
    if given.log != "both":
        shares = {given.log: 1.0}
    whole = given.log == "both" and minutes >= WHOLE_MINUTES
    outcomes: dict[str, Outcome | str] = {}
    for log, share in shares.items():
        load = max(20.0, minutes * 60 * share - OVERHEAD[log])
        outcomes[log] = one_run(log, seed, load, int(KILLS * share) if whole else 0)
    found = rows(outcomes, whole)
    print(table(found))
    broken = any(row.held is False for row in found)
    print(f"{'BROKEN' if broken else 'All promises held'}; the same blows again: make faults SEED={seed}")
    return 1 if broken else 0


def _out_of_time(*_: object) -> None:
    raise WaitedInVainError(f"not done after {MOST_SECONDS:.0f} s")


def one_run(log: str, seed: int, load: float, kills: int) -> Outcome | str:
    """Run over one log; a run that never settles is told as what it waited for."""
    over_kafka = log == "kafka"
    plan = Plan(
        seed=seed,
        blows=100_000,
        load=load,
        mean_gap=1.1,
        away=20.0 if over_kafka else 6.0,
        pauses=True,
        window=True,
        settle=240.0,
        turns=REBALANCES // 2 + 1 if over_kafka else 0,
        kills=kills + 5,
    )
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {log}: {line}", flush=True)

    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="handslag-faults-", ignore_cleanup_errors=True)
            )
        )
        broker, postgres = None, None
        if over_kafka:
            (folder / "kafka").mkdir()
            broker = new_broker(folder / "kafka")
            stack.callback(broker.kill)
            postgres = stack.enter_context(new_server())
        workers = 3 if over_kafka else 2
        try:
            with House(folder, free_ports(3), broker, MOODS * MOODY_ROUNDS, workers, postgres) as house:
                say("started")
                outcome = Run(house, plan, say).whole()
                if outcome.broken():
                    print(house.said(4000), file=sys.stderr)
                return outcome
        except WaitedInVainError as error:
            return str(error)


if __name__ == "__main__":
    sys.exit(main())
