"""One scale run: submit while a worker, a relay and the broker die, wait until all has arrived, and judge."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.operations.backlog import backlog
from deploy.operations.databases import Databases
from shared.event_log.port import EventLog, EventLogError
from tests.faults import audit
from tests.faults.history import Verdict
from tests.faults.waiting import WaitedInVainError, wait_for
from tests.plugins.kafka_broker import OwnBroker
from tests.scale.clients import Records, Submitting, Wanted, approve_some
from tests.scale.house import ComposeHouse, Running, watching
from tests.scale.judging import judged

TARGETS = ("work-matching", "work-profiles", "broker")
SAY_SECONDS = 10.0
FEWEST_APPROVALS = 5
LONGEST_START = 180.0
"""Seconds until what was killed runs again, on a machine that is busy with other things."""
STARTS = 3


@dataclass(frozen=True)
class Plan:
    """How a run goes: `profiles` are companies, and a partner for each of the `requests`. `rounds` says how often
    each of a matching worker, profiles' relay and the broker is killed. Longest times in seconds.
    """

    profiles: int
    requests: int
    seed: int
    rounds: int = 3
    approvals: int = 60
    submit_within: float = 1800.0
    settle_within: float = 900.0


@dataclass(frozen=True)
class Blow:
    """Kill `target` once the `share` of all is submitted, and start it again after `down` seconds."""

    share: float
    target: str
    down: float


@dataclass
class Outcome:
    """What a run found: `rows` of its table, and `faults`, empty when nothing was lost or doubled."""

    seed: int
    kills: Counter[str]
    verdict: Verdict
    rows: list[tuple[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def plan_blows(plan: Plan, workers: list[str]) -> list[Blow]:
    """Draw when what dies; the last blow falls before all is submitted."""
    drawn = random.Random(f"{plan.seed} blows")
    names = [drawn.choice(workers) if one == TARGETS[0] else one for one in TARGETS * plan.rounds]
    drawn.shuffle(names)
    shares = sorted(drawn.uniform(0.1, 0.9) for _ in names)
    return [Blow(share, name, drawn.uniform(0.5, 3.0)) for share, name in zip(shares, names, strict=True)]


class Run:
    """The steps of a run over a house that stands; `say` is handed lines of progress."""

    def __init__(self, house: ComposeHouse, plan: Plan, say: Callable[[str], None] = lambda _: None) -> None:
        self.house = house
        self.plan = plan
        self.records = Records()
        self.kills: Counter[str] = Counter()
        self._say = say
        self._said = 0.0
        self._wanted = Wanted(plan.profiles - plan.requests, plan.requests)
        self._submitting = Submitting(house.url, self._wanted, plan.seed, self.records)
        self._memory: dict[str, float] = {}
        self._faults: list[str] = []

    def whole(self) -> Outcome:
        """Do everything and judge it, also when it never settles."""
        with watching(self.house) as (databases, log):
            audit.watch_profiles(databases["profiles"])
            audit.watch_matching(databases["matching"])
            audit.watch_notifications(databases["notifications"])
            rows: list[tuple[str, str]] = []
            faults: list[str] = []
            try:
                submitted = self._submit()
                settled = self._settle(databases, log)
                rows += self._times(submitted, settled, databases)
                approved = time.monotonic()
                self._approve(self.plan.approvals)
                self._settle(databases, log)
                mailed = time.monotonic() - approved
                rows.append(("approved and mailed", f"{len(self.records.approvals)} in {mailed:.1f} s"))
            except WaitedInVainError as error:
                faults.append(str(error))
            finally:
                self._submitting.stop()
            verdict, counted, found = judged(self.house, databases, self.records)
            rows += counted
            rows += [(f"memory of {name}", f"{most:.0f} MB") for name, most in sorted(self._memory.items())]
            faults += self._faults + found + verdict.broken() + self.records.problems[:20]
            return Outcome(self.plan.seed, self.kills, verdict, rows, faults)

    def _submit(self) -> float:
        """Submit everything under blows, and return how many seconds it took."""
        blows = plan_blows(self.plan, self.house.workers)
        hitting = threading.Thread(target=self._hit, args=(blows,), daemon=True)
        started = time.monotonic()
        self._submitting.start()
        hitting.start()
        total = self._submitting.total

        def done() -> bool:
            self._tell(f"submitted {self._submitting.done} of {total}, {self.kills.total()} kills")
            return not self._submitting.working()

        wait_for("everything is submitted", done, self.plan.submit_within, 0.05)
        seconds = time.monotonic() - started
        wait_for("the last blow has fallen", lambda: not hitting.is_alive(), 60 + len(blows) * LONGEST_START)
        return seconds

    def _hit(self, blows: list[Blow]) -> None:
        pause = threading.Event()
        for blow in blows:
            while self._submitting.done < blow.share * self._submitting.total and self._submitting.working():
                pause.wait(0.02)
            self._say(f"killing {blow.target} for {blow.down:.1f} s")
            self.kills[blow.target] += 1
            part = self.house.broker if blow.target == "broker" else self.house.parts[blow.target]
            part.kill()
            pause.wait(blow.down)
            try:
                _start_again(part)
            except RuntimeError as error:  # then nothing ever settles: better to say why
                self._faults.append(f"{blow.target} did not start again: {error}")
                return

    def _settle(self, databases: Databases, log: EventLog) -> float:
        """Wait until nothing is on its way, and return how many seconds that took."""
        started = time.monotonic()
        last: list[dict[str, int] | None] = [None]

        def settled() -> bool:
            before = last[0]
            try:
                last[0] = backlog(databases, log)
            except EventLogError:
                last[0] = None
            left = {stage: count for stage, count in (last[0] or {"event log": 1}).items() if count}
            self._tell(f"on their way: {left}")
            if self._faults:
                raise WaitedInVainError("what was killed did not come back")
            # Twice: between two stages an event may be on neither count.
            return not left and before is not None and not any(before.values())

        try:
            wait_for("everything settles", settled, self.plan.settle_within, 0.25)
        except WaitedInVainError as error:
            raise WaitedInVainError(f"{error}; left: {last[0]}") from error
        return time.monotonic() - started

    def _approve(self, most: int) -> None:
        self._say("approving")
        approve_some(self.house.url, max(most, FEWEST_APPROVALS), self.plan.seed, self.records)

    def _times(self, submitted: float, settled: float, databases: Databases) -> list[tuple[str, str]]:
        writes = sorted(self.records.seconds)
        made = audit.rows(
            databases["matching"],
            "SELECT n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE relname = 'reports'",
        )[0][0]
        return [
            ("profiles, requests", f"{self.plan.profiles}, {self.plan.requests}"),
            ("kills", ", ".join(f"{count} {name}" for name, count in sorted(self.kills.items()))),
            (
                "submitted",
                f"{len(writes)} writes in {submitted:.1f} s: {len(writes) / submitted:.0f} a second",
            ),
            (
                "a write took",
                f"p50 {writes[len(writes) // 2] * 1000:.0f} ms, p99 {writes[len(writes) * 99 // 100] * 1000:.0f} ms, "
                f"most {writes[-1]:.1f} s; {self.records.repeats} repeats",
            ),
            ("settled after the last", f"{settled:.1f} s"),
            (
                "reports made",
                f"{made} in {submitted + settled:.1f} s: {made / (submitted + settled):.1f} a second",
            ),
        ]

    def _tell(self, line: str) -> None:
        if time.monotonic() - self._said < SAY_SECONDS:
            return
        self._said = time.monotonic()
        for name, part in self.house.parts.items():
            self._memory[name] = max(part.megabytes(), self._memory.get(name, 0.0))
        self._say(line)


def _start_again(part: Running | OwnBroker) -> None:
    """Start what was killed; raises RuntimeError when it does not answer after some tries."""
    for left in reversed(range(STARTS)):
        try:
            part.start()
        except RuntimeError:
            if not left:
                raise
        else:
            break
