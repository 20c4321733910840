"""One fault run from the first submission to the verdict."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from deploy.settling import READS
from shared import dead_letters
from shared.event_log.port import Record
from shared.events.envelope import BadEventError, from_record
from tests.faults import audit, strangers
from tests.faults.clients import Approver, Client, Records, Submitter
from tests.faults.history import History, Letter, Verdict, Version, check
from tests.faults.house import PREFIX, House, wait_for
from tests.faults.nemesis import Nemesis, plan_blows

SERVICES = ("profiles", "matching", "notifications")
FAILING = "failing-company"
MAILS = ("mails to send",)
"""Not waited for in between: a mail in hand when its sender was killed rests for a minute."""


@dataclass(frozen=True)
class Plan:
    """How a run goes; times in seconds. `blows` are dealt within `load` seconds, then the broker is away."""

    seed: int
    blows: int
    load: float
    mean_gap: float
    away: float
    submitters: int = 2
    pause: float = 0.25
    pauses: bool = False
    window: bool = False
    settle: float = 150.0
    rebuild: bool = True


@dataclass
class Outcome:
    """What a run found; `notes` are measured numbers, `faults` broken promises beside those of the verdict."""

    seed: int
    kills: Counter[str]
    verdict: Verdict
    notes: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def broken(self) -> list[str]:
        """Name every broken promise; empty: all held."""
        return self.verdict.broken() + self.faults


class Run:
    """The steps of a run over a house that stands."""

    def __init__(self, house: House, plan: Plan, say: Callable[[str], None] = lambda _: None) -> None:
        self.house = house
        self.plan = plan
        self.say = say
        self.nemesis = Nemesis(house)
        self.records = Records()
        self.notes: dict[str, float] = {}
        self.faults: list[str] = []
        self.bad: list[strangers.Written] = []
        self.clients: list[Client] = [
            *(
                Submitter(f"s{number}", house.profiles_url, plan.seed, self.records, plan.pause)
                for number in range(plan.submitters)
            ),
            Approver("staff", house.matching_url, plan.seed, self.records, 0.8),
        ]

    def whole(self) -> Outcome:
        """Do everything and judge it; raises WaitedInVainError when something does not settle."""
        try:
            self.under_fire()
            if self.house.broker is not None:
                self.broker_away()
            self.calm()
            self.deliver_again()
            self.write_bad_events()
            self.house.settle(self.plan.settle)
            outcome = self.judge()
            if self.plan.rebuild:
                self.rebuild()
            return outcome
        finally:
            for client in self.clients:
                client.stopping.set()
                client.give_up.set()

    def under_fire(self) -> None:
        plan = self.plan
        self.wait_for_web()
        for client in self.clients:
            client.start()
        until = time.monotonic() + plan.load
        if plan.window and not self.nemesis.hit_the_window(min(20.0, plan.load)):
            self.faults.append("no mail came into the window between the server's 250 and our commit")
        blows = plan_blows(plan.seed, plan.blows, plan.mean_gap, self.house.broker is not None, plan.pauses)
        self.nemesis.deal(blows, until)
        self.say(f"{self.nemesis.kills.total()} kills: {dict(self.nemesis.kills)}")

    def broker_away(self) -> None:
        """Stop the broker while writes go on: every one succeeds at once, and the backlog drains by itself."""
        assert self.house.broker is not None
        self.wait_for_web()
        before = len(self.records.submissions)
        wait_for("an answer", lambda: len(self.records.submissions) > before, 30)
        first = len(self.records.calls)
        self.house.broker.stop()
        self.nemesis._clock.wait(self.plan.away)
        made = self.records.calls[first:]
        self.house.broker.start()
        started = time.monotonic()
        refused = [call for call in made if not (200 <= call.status < 300 or call.status in {409, 412})]
        self.notes["broker away, s"] = self.plan.away
        self.notes["writes while it was away"] = len(made)
        self.notes["of these failed"] = len(refused)
        self.notes["longest write then, s"] = round(max((call.seconds for call in made), default=0.0), 2)
        if refused or not made:
            self.faults.append(
                f"broker away: {len(refused)} of {len(made)} writes failed: {[call.status for call in refused]}"
            )
        wait_for("the outbox drains", lambda: not audit.waiting(self._path("profiles")), 60)
        self.notes["outbox drained after, s"] = round(time.monotonic() - started, 1)

    def calm(self) -> None:
        """Let the clients finish what they are at, and everything settle."""
        for client in self.clients:
            client.stopping.set()
        for client in self.clients:
            client.join(60)
            if client.is_alive():
                self.faults.append(f"{client.name} still waits for an answer")
                client.give_up.set()
        self.notes["settled after, s"] = round(self.house.settle(self.plan.settle, MAILS), 1)
        self.faults += self.records.problems
        self.say(f"settled after {self.notes['settled after, s']} s; {len(self.records.submissions)} writes")

    def deliver_again(self) -> None:
        """Have every event delivered twice more, while its consumers are killed and started again."""
        records = self.topic_records()
        for _ in range(2):
            strangers.write(self.house, strangers.again(records))
            for name in (*self.house.workers, "work notifications"):
                self.nemesis.kill(name)
                self.house.parts[name].start()
        self.house.settle(self.plan.settle, MAILS)
        self.notes["events delivered three times"] = len(records)
        self.say(f"{len(records)} events delivered twice more")

    def write_bad_events(self) -> None:
        """Write what no handler can use, a good event after each, and one whose handler fails for a while."""
        self.bad = strangers.bad_events(self.house.broker is not None)
        events = []
        for number, bad in enumerate(self.bad):
            events += [bad, strangers.company_event(f"foreign-{number}")]
        with closing(sqlite3.connect(self._path("matching"), timeout=30)) as connection:
            connection.executescript(
                f"CREATE TRIGGER failing BEFORE INSERT ON companies WHEN NEW.id = '{FAILING}'"
                " BEGIN SELECT RAISE(ABORT, 'fails for a while'); END;"
            )
        events.append(strangers.company_event(FAILING))
        strangers.write(self.house, [(strangers.TOPIC, one) for one in events])
        self.house.settle(self.plan.settle, MAILS)
        with closing(sqlite3.connect(self._path("matching"), timeout=30)) as connection:
            connection.execute("DROP TRIGGER failing")
        failed = [row for row in self._letters("matching") if row.record.key == FAILING]
        if [row.attempts for row in failed] != [4]:
            self.faults.append(f"a failing handler was tried {[row.attempts for row in failed]} times, not 4")
        for row in failed:
            done = self.house.handslag("dead", "replay", f"matching:{row.id}")
            if done.get("replayed") != 1:
                self.faults.append(f"the replay of a dead letter said {done}")
        self.house.settle(self.plan.settle, MAILS)
        self.notes["bad events"] = len(self.bad)

    def judge(self) -> Outcome:
        records = self.topic_records()
        letters = {
            service: [row for row in self._letters(service) if row.record.key != FAILING]
            for service in SERVICES
        }
        readers = [service for service, topics in READS.items() if strangers.TOPIC in topics]
        history = History(
            submissions=self.records.submissions,
            stored=audit.stored(self._path("profiles")),
            waiting=[one for service in SERVICES for one in audit.waiting(self._path(service))],
            published=[one for record in records if (one := _version(record)) is not None],
            effects={service: audit.effects(self._path(service)) for service in READS},
            reads={service: frozenset(topics) - {"visits"} for service, topics in READS.items()},
            approvals=[tuple(self.records.names[id] for id in told) for told in self.records.approvals],
            mails=self.house.mails(),
            sender_deaths=self.nemesis.sender_deaths,
            bad=[
                Letter(service, strangers.TOPIC, one.key, one.value, one.headers)
                for one in self.bad
                for service in readers
            ],
            letters=[
                Letter(
                    service,
                    row.record.topic,
                    row.record.key.encode(errors="surrogateescape"),
                    row.record.value,
                    row.record.headers,
                )
                for service, rows in letters.items()
                for row in rows
            ],
        )
        if self.plan.window:
            self.notes["windows hit"] = self.nemesis.windows_hit
        return Outcome(self.plan.seed, self.nemesis.kills, check(history), self.notes, self.faults)

    def rebuild(self) -> None:
        """Make what matching derives again, and hold it against what was there."""
        before = self._derived()
        over_kafka = self.house.broker is not None
        for name in self.house.workers if over_kafka else ():
            self.house.parts[name].stop()
        done = self.house.handslag("rebuild", "matching", "--yes")
        for name in self.house.workers if over_kafka else ():
            self.house.parts[name].start()
        if done["exit"] != 0:
            self.faults.append(f"rebuild: {done}")
            return
        self.notes["rebuilt after, s"] = round(self.house.settle(self.plan.settle) + done["seconds"], 1)
        after = self._derived()
        different = [name for name in before if before[name] != after.get(name)]
        self.notes["reports rebuilt"] = done["reports"]
        self.notes["rebuilt differently"] = len(different)
        if different or set(after) != set(before):
            self.faults.append(f"rebuilt differently: {different[:5]} {sorted(set(after) ^ set(before))[:5]}")

    def topic_records(self) -> list[Record]:
        if self.house.broker is not None:
            return audit.kafka_records(self.house.broker.server, PREFIX)
        return audit.embedded_records(self.house.folder / "events", PREFIX)

    def wait_for_web(self) -> None:
        for url in (self.house.profiles_url, self.house.matching_url):
            wait_for(f"{url} answers", partial(_is_ready, url), 60)

    def _derived(self) -> Mapping[str, Any]:
        """Read matching's projection, the canonical reports and the number of dead letters."""
        with closing(sqlite3.connect(self._path("matching"), timeout=30)) as connection:
            found = {
                f"{table} {row[0]}": (row[1], json.loads(row[2]))
                for table in audit.MATCHING
                for row in connection.execute(f"SELECT id, version, state FROM {table}")
            }
            for id, version, content in connection.execute(
                "SELECT request_id, version, content FROM reports"
            ):
                found[f"report {id}"] = (version, content)
        return {**found, "dead letters": len(self._letters("matching"))}

    def _letters(self, service: str) -> list[dead_letters.DeadLetter]:
        assert self.house.databases is not None
        database, backbone = self.house.databases.backbones()[service]
        return dead_letters.list_dead(database, backbone, None)

    def _path(self, service: str) -> Path:
        return self.house.database_path(service)


def _is_ready(url: str) -> bool:
    return Client("probe", url, 0, Records(), 0).call("GET", "/readyz")[0] == 200


def _version(record: Record) -> Version | None:
    """Give what a record tells of; None for what is no event."""
    try:
        event = from_record(record)
    except BadEventError:
        return None
    return Version(record.topic, event.aggregate_id, event.version)
