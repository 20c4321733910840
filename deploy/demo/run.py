"""`handslag demo`: the whole main job in a fresh state, by the real services, with a stand-in for the reviewer."""

from __future__ import annotations

import dataclasses
import fcntl
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.demo.secrets import with_own_secrets
from deploy.demo.stand_ins import reviewer, take_in
from deploy.operations.backlog import backlog, dead_letters, outcomes
from deploy.operations.databases import Databases, open_databases
from deploy.runtime.work import work
from shared.clock import Clock, system_clock
from shared.event_log import event_log_of
from shared.event_log.port import EventLog, EventLogError
from shared.ids import IdSource, random_ids
from shared.service import TakeInError
from shared.settings.registry import Settings

MARK = ".handslag-demo"
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.05

Show = Callable[[str], None]


class DemoError(Exception):
    """The demo cannot be run, or stood still; the message says why and what to do."""


def demo_settings(settings: Settings) -> Settings:
    """Return the settings of a demo: a state of its own, its own databases, the built-in mailbox.

    The event log is the one that is set; on Kafka its topics get a prefix that no other run has.
    Raises DemoError when another mail server is set.
    """
    if settings.smtp != "mailbox:":
        raise DemoError(
            "the demo writes to the built-in mailbox only: unset HANDSLAG_SMTP, or set it to mailbox:"
        )
    state = settings.state_dir / "demo"
    kafka = settings.event_log.startswith("kafka:")
    return dataclasses.replace(
        settings,
        state_dir=state,
        event_log=settings.event_log if kafka else f"sqlite:///{state / 'events'}",
        topic_prefix=f"{settings.topic_prefix}-demo-{random_ids()[:8]}" if kafka else settings.topic_prefix,
        profiles_database=f"sqlite:///{state / 'profiles.sqlite'}",
        matching_database=f"sqlite:///{state / 'matching.sqlite'}",
        notifications_database=f"sqlite:///{state / 'notifications.sqlite'}",
        sample=True,
    )


def run_demo(
    settings: Settings,
    data: Path,
    clock: Clock = system_clock,
    ids: IdSource = random_ids,
    show: Show = lambda line: None,
) -> dict[str, Any]:
    """Run the demo on the organisations of a folder and return what came of it.

    Returns `companies, partners, requests, matches, introductions, mails, failures, seconds` as the contract has
    them, and `reports_digest`, the same for the same reports. `failures` counts rejected rows, dead letters,
    reports that are missing and mails that were not delivered. Raises DemoError.
    """
    started = time.monotonic()
    missing = [name for name in ("companies.csv", "partners.csv") if not (data / name).is_file()]
    if missing:
        raise DemoError(f"{data} has no {' and no '.join(missing)}")
    with _fresh_state(settings.state_dir), open_databases(settings) as databases:
        with_own_secrets(settings)
        reports_of, stand_in = reviewer(databases)
        try:
            taken = take_in(databases, data, settings.state_dir, clock, ids, show)
            with (
                _working(settings, clock, ids),
                event_log_of(settings) as log,
            ):
                _settle(databases, log, show)
                approved = stand_in.approve_best(reports_of, clock, ids, None)
                show(f"introductions: {approved} approved by the stand-in reviewer")
                _settle(databases, log, show)
        except (TakeInError, EventLogError) as error:
            raise DemoError(str(error)) from error
        made = stand_in.reports_made(reports_of)
        sent = outcomes(databases)
        lost = sum(number for status, number in sent.items() if status != "sent")
        return {
            "companies": taken.companies,
            "partners": taken.partners,
            "requests": taken.requests,
            "matches": made.matches,
            "introductions": approved,
            "mails": len(list((settings.state_dir / "mailbox").glob("*.eml"))),
            "failures": taken.rejected
            + dead_letters(databases)
            + max(0, taken.requests - made.reports)
            + lost,
            "seconds": round(time.monotonic() - started, 2),
            "reports_digest": made.digest,
            "state": str(settings.state_dir),
        }


@contextmanager
def _fresh_state(state: Path) -> Iterator[None]:
    """Empty the demo's own folder and hold it; raises DemoError when it is not the demo's or in use."""
    mark = state / MARK
    if state.exists() and any(state.iterdir()) and not mark.exists():
        raise DemoError(
            f"{state} holds something that is not a demo's; move it away or set HANDSLAG_STATE_DIR"
        )
    state.mkdir(parents=True, exist_ok=True)
    with mark.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DemoError(
                f"another demo runs in {state}; set HANDSLAG_STATE_DIR for a second one"
            ) from error
        for entry in state.iterdir():
            if entry == mark:
                continue
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        yield


@contextmanager
def _working(settings: Settings, clock: Clock, ids: IdSource) -> Iterator[None]:
    """Do the work of all services in threads of this process while the block runs."""
    stop = threading.Event()
    codes: list[int] = []
    thread = threading.Thread(
        target=lambda: codes.append(work("all", settings, stop, clock, ids)), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    if codes != [0]:
        raise DemoError("the services did not end cleanly; the log above says which")


def _settle(databases: Databases, log: EventLog, show: Show) -> None:
    """Wait until everything that is on its way has arrived; raises DemoError when it stands still."""
    last: dict[str, int] = {}
    moved = time.monotonic()
    quiet = 0
    while quiet < 2:
        try:
            now = backlog(databases, log)
        except EventLogError:
            now = {"event log": 1}
        if now != last:
            last, moved = now, time.monotonic()
            show(", ".join(f"{number} {stage}" for stage, number in now.items() if number) or "all arrived")
        quiet = 0 if any(now.values()) else quiet + 1
        if time.monotonic() - moved > PATIENCE_SECONDS:
            standing = ", ".join(f"{number} {stage}" for stage, number in now.items() if number)
            raise DemoError(f"nothing moved for {PATIENCE_SECONDS:.0f} s with {standing} on the way")
        time.sleep(LOOK_SECONDS)
