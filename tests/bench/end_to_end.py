"""End to end on the real processes: submission, report, mail, at so many submissions a second.

Submissions go out on a schedule that no slow answer delays (an open loop), so that what waits is counted as waiting.
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from deploy.runtime.serve import environment_of
from services.matching import tables
from services.matching.database import open_store
from shared.event_log import open_event_log
from shared.settings.registry import Settings, for_tests
from tests.bench.mail_sink import MailSink, mail_sink
from tests.bench.measure import BenchError, Mark
from tests.bench.memory import megabytes
from tests.bench.posting import stopped, wait_for_port
from tests.bench.samples import company_posts, partner_posts
from tests.free_ports import free_port

SECONDS, EACH_SECOND, REQUEST_EVERY = 60, 20, 20
"""Every so manieth submission is a match request, whose best match is approved; the others are companies."""
COMPANIES_BEFORE, SENDERS, LOOK_SECONDS, SETTLE_SECONDS = 50, 16, 0.02, 60.0
PARTS = ("web all", "work profiles", "work matching", "work notifications")


class UnfinishedError(BenchError):
    """Something that was submitted did not arrive in time; the text says what."""


@dataclass
class _Seen:
    """Moments of the monotonic clock, by id."""

    answered: dict[str, float] = field(default_factory=dict)
    on_the_log: dict[str, float] = field(default_factory=dict)
    reported: dict[str, float] = field(default_factory=dict)
    approved: dict[str, float] = field(default_factory=dict)
    nothing_to_approve: set[str] = field(default_factory=set)
    late: list[float] = field(default_factory=list)


def measure(folder: Path, kafka: str | None = None) -> Mark:
    """Measure in an empty folder, on the embedded log or a broker; raises UnfinishedError, BenchError, OSError.

    The mark is a second, divided by what 99 of 100 events needed from the answer 201 until they could be read from
    the log: more than the relay's own part.
    """
    with mail_sink() as sink:
        settings = for_tests(folder / "state", port=free_port(), smtp=sink.url)
        if kafka:
            settings = for_tests(
                folder / "state", port=settings.port, smtp=sink.url, event_log=f"kafka://{kafka}"
            )
        with _processes(settings) as processes:
            seen = _run(settings, sink)
            memory = {name: megabytes(process.pid) for name, process in processes.items()}
    relay = [seen.on_the_log[id] - at for id, at in seen.answered.items() if id in seen.on_the_log]
    report = [at - seen.answered[id] for id, at in seen.reported.items()]
    mail = [
        sink.accepted[_address(id)] - at for id, at in seen.approved.items() if _address(id) in sink.accepted
    ]
    if not (relay and report and mail):
        raise UnfinishedError("nothing arrived at all; look at what the processes said")
    p99 = _percentile(relay, 99)
    note = (
        f"{EACH_SECOND} submissions a second for {SECONDS} s, one in {REQUEST_EVERY} a match request; "
        f"due until 201 {_tail(seen.late)}; 201 until readable on the log {_tail(relay)}; "
        f"201 until the request's report {_tail(report)} ({len(report)}); "
        f"approval until its mail is accepted {_tail(mail)} ({len(mail)}); "
        f"memory {', '.join(f'{name} {size:.0f} MB' for name, size in memory.items())}"
    )
    return Mark(
        f"end to end{', Kafka' if kafka else ''}: relay in 1 s", 1 / max(p99, 0.001), 1.0, "events", note
    )


def _run(settings: Settings, sink: MailSink) -> _Seen:
    count = SECONDS * EACH_SECOND
    requests = [number for number in range(count) if number % REQUEST_EVERY == 0]
    companies = company_posts(COMPANIES_BEFORE + count, seed=1)
    partners = partner_posts(len(requests), seed=2)
    for number, partner in zip(requests, partners, strict=False):
        contact = {"email": _address(f"R{number}"), "language": "en"}
        _post(settings, "partners", {"id": f"P{number}", "contact": contact, **partner})
    for number, company in enumerate(companies):
        _post(settings, "companies", {"id": f"B{number}", **company})
        if number + 1 == COMPANIES_BEFORE:
            break
    seen, over = _Seen(), threading.Event()
    watchers = [_watch(_read_log, settings, seen, over), _watch(_read_reports, settings, seen, over)]

    def submit(number: int, due: float, body: dict[str, Any] | None) -> None:
        kind, id = ("companies", f"C{number}") if body else ("requests", f"R{number}")
        _post(settings, kind, {"id": id, **(body or {"partner_id": f"P{number}"})})
        seen.answered[id] = time.monotonic()
        seen.late.append(seen.answered[id] - due)

    start = time.monotonic()
    with ThreadPoolExecutor(SENDERS) as senders:
        sent = []
        for number in range(count):
            due = start + number / EACH_SECOND
            time.sleep(max(0.0, due - time.monotonic()))
            body = None if number % REQUEST_EVERY == 0 else next(companies)
            sent.append(senders.submit(submit, number, due, body))
    for one in sent:
        one.result()
    deadline = time.monotonic() + SETTLE_SECONDS
    while _missing(seen, requests, sink) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    over.set()
    for watcher in watchers:
        watcher.join(10)
    missing = _missing(seen, requests, sink)
    if missing:
        raise UnfinishedError(f"after {SETTLE_SECONDS:.0f} s without submissions there lack {missing}")
    return seen


def _missing(seen: _Seen, requests: Sequence[int], sink: MailSink) -> str:
    events = len(seen.answered.keys() - seen.on_the_log.keys())
    reports = len(requests) - len(seen.reported)
    mails = sum(
        f"R{number}" not in seen.nothing_to_approve and _address(f"R{number}") not in sink.accepted
        for number in requests
    )
    return f"{events} events, {reports} reports, {mails} mails" if events or reports or mails else ""


def _watch(look: Callable[[Settings, _Seen, threading.Event], None], *given: Any) -> threading.Thread:
    thread = threading.Thread(target=look, args=given, daemon=True)
    thread.start()
    return thread


def _read_log(settings: Settings, seen: _Seen, over: threading.Event) -> None:
    with open_event_log(settings.event_log) as log:
        subscriber = log.subscriber("bench", ["companies", "requests"])
        while not over.is_set():
            for record in subscriber.poll(LOOK_SECONDS, 500):
                seen.on_the_log.setdefault(record.key, time.monotonic())
        subscriber.close()


def _read_reports(settings: Settings, seen: _Seen, over: threading.Event) -> None:
    """See new reports, and approve the best match of each, if it has one."""
    database = open_store(settings.matching_database)
    made = sa.select(tables.reports.c.request_id)
    try:
        while not over.wait(LOOK_SECONDS):
            with database.reading() as connection:
                found = set(connection.scalars(made))
            new = sorted(found & seen.answered.keys() - seen.reported.keys())
            at = time.monotonic()
            seen.reported.update(dict.fromkeys(new, at))
            for request_id in new:
                _approve_best(settings, seen, request_id)
    finally:
        database.close()


def _approve_best(settings: Settings, seen: _Seen, request_id: str) -> None:
    for _ in range(5):  # a report that has changed since it was read is read again
        status, report = _call(settings, "GET", f"/api/v1/reports/{request_id}")
        matches = report["matches"] if status == 200 else []
        if not matches:
            break
        body = {"report_version": report["version"], "matches": [matches[0]["id"]]}
        status, _ = _call(settings, "POST", f"/api/v1/reports/{request_id}/approvals", body)
        if status == 201:
            seen.approved[request_id] = time.monotonic()
            return
    seen.nothing_to_approve.add(request_id)


def _post(settings: Settings, kind: str, body: dict[str, Any]) -> None:
    status, answer = _call(settings, "POST", f"/api/v1/{kind}", body)
    if status != 201:
        raise BenchError(f"{kind}: {status} {answer}")


def _call(settings: Settings, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Ask as staff."""
    headers = {"Authorization": f"Bearer {settings.staff_token}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", settings.port, timeout=60)) as connection:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


@contextmanager
def _processes(settings: Settings) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    environment = environment_of(settings)
    Path(settings.state_dir).mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        running = {
            part: stack.enter_context(
                stopped(
                    subprocess.Popen(
                        [sys.executable, "-m", "deploy.command", *part.split()],
                        env=environment,
                        start_new_session=True,
                    )
                )
            )
            for part in PARTS
        }
        wait_for_port(running["web all"], settings.port, "web all")
        yield running


def _address(id: str) -> str:
    return f"{id.lower()}@bench.invalid"


def _percentile(seconds: Sequence[float], percent: int) -> float:
    return (
        statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]
        if len(seconds) > 1
        else seconds[0]
    )


def _tail(seconds: Sequence[float]) -> str:
    return f"p50 {_percentile(seconds, 50) * 1000:.0f} ms, p99 {_percentile(seconds, 99) * 1000:.0f} ms"
