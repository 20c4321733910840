"""The scale run: `python -m tests.scale --profiles 10000 --requests 1000 --seed N`.

Prints a table, and exits with 1 when something is lost or doubled.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.scale.house import compose_house
from tests.scale.run import Outcome, Plan, Run

MOST_SECONDS = 45 * 60


def main() -> int:
    """Run, print the table, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale", description=__doc__)
    parser.add_argument("--profiles", type=int, default=10_000, help="companies and partners together")
    parser.add_argument(
        "--requests", type=int, default=1_000, help="match requests, each of a partner of its own"
    )
    parser.add_argument("--workers", type=int, default=3, help="matching workers")
    parser.add_argument("--seed", type=int, default=None, help="the same organisations and blows again")
    given = parser.parse_args()
    # As Ctrl-C does: nothing that was started stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"not done after {MOST_SECONDS} s: BROKEN"))
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    seed = secrets.randbelow(10**9) if given.seed is None else given.seed
    plan = Plan(given.profiles, given.requests, seed)
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {line}", flush=True)

    with (
        tempfile.TemporaryDirectory(prefix="handslag-scale-", ignore_cleanup_errors=True) as name,
        compose_house(Path(name), given.workers) as house,
    ):
        say(f"seed {seed}: everything started")
        outcome = Run(house, plan, say).whole()
        if outcome.faults:
            print(house.said(4000), file=sys.stderr)
    print(table(outcome))
    print(f"{'BROKEN' if outcome.faults else 'Nothing lost, nothing doubled'}; again: --seed {seed}")
    return 1 if outcome.faults else 0


def table(outcome: Outcome) -> str:
    """Write what was counted, a line each, and what is wrong."""
    rows = [*outcome.rows, *(("BROKEN", fault) for fault in outcome.faults)]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {counted}" for name, counted in rows)


if __name__ == "__main__":
    sys.exit(main())
