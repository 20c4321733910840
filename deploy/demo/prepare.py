"""What `make run` prepares beside the running services: sample organisations, reports, the first mails."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from deploy.demo.stand_ins import reviewer, take_in
from deploy.operations.backlog import backlog, outcomes
from deploy.operations.databases import open_databases
from shared.clock import system_clock
from shared.event_log import event_log_of
from shared.event_log.port import EventLogError
from shared.ids import random_ids
from shared.settings.registry import Settings

FIRST_INTRODUCTIONS = 3
LOOK_SECONDS = 0.3


def prepare(settings: Settings, folder: Path, stop: threading.Event) -> None:
    """Take in the sample, wait for its reports, approve the first few, and say where to look.

    What an earlier run prepared is found and left as it is.
    """
    started = time.monotonic()
    say(f"Handslag is starting at {settings.base_url} (Ctrl-C ends it)")
    with open_databases(settings) as databases:
        taken = take_in(databases, folder, settings.state_dir, system_clock, random_ids, lambda line: None)
        say(
            f"{taken.companies} companies, {taken.partners} partners and {taken.requests} match requests are in"
        )
        with event_log_of(settings) as log:

            def arrived() -> bool:
                try:
                    return not any(backlog(databases, log).values())
                except EventLogError:
                    return False

            _wait(arrived, stop)
            reports_of, stand_in = reviewer(databases)
            if not stop.is_set() and not stand_in.has_approved(reports_of):
                stand_in.approve_best(reports_of, system_clock, random_ids, FIRST_INTRODUCTIONS)
                _wait(arrived, stop)
        if stop.is_set():
            return
        reports = stand_in.reports_made(reports_of).reports
        mails = outcomes(databases).get("sent", 0)
    say(f"Ready after {time.monotonic() - started:.0f} s: {reports} match reports, {mails} mails")
    say(f"  match reports  {settings.base_url}/reports")
    say(f"  mailbox        {settings.base_url}/mailbox")
    say(
        f"  API            {settings.base_url}/api/v1/docs (staff token: {settings.state_dir / 'secrets.json'})"
    )


def say(line: str) -> None:
    """Tell the person at the terminal."""
    print(line, file=sys.stdout, flush=True)


def _wait(arrived: Callable[[], bool], stop: threading.Event) -> None:
    while not stop.is_set() and not arrived():
        stop.wait(LOOK_SECONDS)
