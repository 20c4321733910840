"""One fault run from the first submission to the verdict."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from tests.faults import audit, groups, hardships, strangers
from tests.faults.clients import Approver, Client, Records, Submitter
from tests.faults.evidence import (
    collect,
    derived,
    dropped,
    letters_of,
    of_settled_keys,
    topic_records,
    windows,
)
from tests.faults.history import Verdict, check
from tests.faults.house import House, WaitedInVainError, wait_for
from tests.faults.nemesis import Nemesis, plan_blows

FAILING = "failing-company"
MAILS = ("mails to send",)
"""Not waited for in between: a mail in hand when its sender was killed rests for a minute."""


@dataclass(frozen=True)
class Plan:
    """How a run goes; times in seconds. `blows` are dealt within `load` seconds, then the log is away."""

    seed: int
    blows: int
    load: float
    mean_gap: float
    away: float
    submitters: int = 3
    pause: float = 0.2
    approvals: int = 5
    pauses: bool = False
    window: bool = False
    settle: float = 150.0
    rebuild: bool = True
    turns: int = 0
    """How often a worker leaves its group and comes back."""
    kills: int = 0
    """Fewer than these kills prolong the load, by up to `more`."""
    more: float = 120.0


@dataclass
class Outcome:
    """What a run found; `notes` are measured numbers, `faults` broken promises beside those of the verdict."""

    seed: int
    kills: Counter[str]
    hardships: Counter[str]
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
        self.records = Records()
        self.nemesis = Nemesis(house, lambda: self.records.begun)
        self.notes: dict[str, float] = {}
        self.faults, self.bad = list[str](), list[strangers.Written]()
        self.submitters = [
            Submitter(f"s{number}", house.profiles_url, plan.seed, self.records, plan.pause)
            for number in range(plan.submitters)
        ]
        self.approver = Approver("staff", house.matching_url, plan.seed, self.records, 0.8)
        self.clients: list[Client] = [*self.submitters, self.approver]

    def whole(self) -> Outcome:
        """Do everything and judge it, also when something never settles."""
        try:
            self._before_judging()
            outcome = self.judge()
            if self.plan.rebuild and not outcome.broken():
                self.rebuild()
            return outcome
        except WaitedInVainError as error:
            self.faults.append(str(error))
            return self.judge()
        finally:
            for client in self.clients:
                client.stopping.set()
                client.give_up.set()

    def _before_judging(self) -> None:
        self.under_fire()
        self.hardships()
        self.log_away()
        hardships.killed_at_effects(self.house, self.nemesis.kill, self._stop_submitters)
        self.calm()
        self.deliver_again()
        self.write_bad_events()
        self.house.settle(self.plan.settle)

    def under_fire(self) -> None:
        plan = self.plan
        self.wait_for_web()
        for client in self.clients:
            client.start()
        if plan.window:
            self.hit_the_window()
        until = time.monotonic() + plan.load
        there = self.house.broker is not None, self.house.postgres is not None
        blows = plan_blows(plan.seed, plan.blows, plan.mean_gap, *there, plan.pauses)
        self.nemesis.deal(blows, until, plan.kills, until + plan.more)
        self.nemesis.turn_over(plan.turns)
        self.say(f"{self.nemesis.kills.total()} kills: {dict(self.nemesis.kills)}")

    def hardships(self) -> None:
        """A disk that is full, and clients that never end what they say, while everybody goes on writing."""
        self.wait_for_web()
        steps = [hardships.half_requests]
        if self.house.postgres is None:
            steps.append(hardships.full_disk)
        for step in steps:
            notes, faults = step(self.house, self.records)
            self.notes.update(notes)
            self.faults += faults

    def hit_the_window(self) -> None:
        """Kill the sender between the server's taking a mail and our knowing it, while the submitters rest.

        Reports that are made again all the time can seldom be approved.
        """
        for _ in range(5):
            before = len(self.records.submissions)
            wait_for("some writes", partial(self._submitted, before + 12), 60)
            for submitter in self.submitters:
                submitter.resting.set()
            hit = self.nemesis.hit_the_window(8.0)
            for submitter in self.submitters:
                submitter.resting.clear()
            if hit:
                return
        self.faults.append("no mail came into the window between the server's 250 and our commit")

    def _submitted(self, count: int) -> bool:
        return len(self.records.submissions) >= count or bool(self.records.problems)

    def log_away(self) -> None:
        """Let the event log take nothing while writes go on, and kill the relays meanwhile.

        Every write succeeds at once, and the backlog drains by itself.
        """
        self.wait_for_web()
        before = len(self.records.submissions)
        wait_for("an answer", lambda: len(self.records.submissions) > before, 30)
        first = len(self.records.calls)
        with ExitStack() as away:
            if self.house.broker is not None:
                self.house.broker.stop()
                away.callback(self.house.broker.start)
            else:
                away.enter_context(hardships.log_held(self.house))
            self.house.breathe(self.plan.away / 2)
            for (
                name
            ) in self.house.relays:  # what they had sent and nobody acknowledged is still in the outbox
                self.nemesis.kill(name)
                self.house.parts[name].start()
            self.house.breathe(self.plan.away / 2)
            made = self.records.calls[first:]
        started = time.monotonic()
        refused = [call for call in made if not (200 <= call.status < 300 or call.status in {409, 412})]
        self.notes["log away, s"] = self.plan.away
        self.notes["writes while it was away"] = len(made)
        self.notes["of these failed"] = len(refused)
        self.notes["longest write then, s"] = round(max((call.seconds for call in made), default=0.0), 2)
        if refused or not made:
            self.faults.append(
                f"event log away: {len(refused)} of {len(made)} writes failed: {[call.status for call in refused]}"
            )
        wait_for("the outbox drains", lambda: not audit.waiting(self.house.database("profiles")), 60)
        self.notes["outbox drained after, s"] = round(time.monotonic() - started, 1)

    def calm(self) -> None:
        """Let the clients finish what they are at, and everything settle."""
        wait_for("approvals", self._approved_enough, 60)
        self.approver.stopping.set()
        for client in self.clients:
            client.join(60)
            if client.is_alive():
                self.faults.append(f"{client.name} still waits for an answer")
                client.give_up.set()
        self.notes["settled after, s"] = round(self.house.settle(self.plan.settle, MAILS), 1)
        self.notes["rebalances"] = groups.rebalances(self.house)
        self.faults += self.records.problems
        self._judge_early()
        self.say(f"settled after {self.notes['settled after, s']} s; {len(self.records.submissions)} writes")

    def deliver_again(self) -> None:
        """Have every event delivered twice more, while its consumers are killed and started again."""
        records = of_settled_keys(topic_records(self.house))
        strangers.write(self.house, strangers.again(records))
        for name in (*self.house.workers, "work notifications"):
            self.nemesis.kill(name)
            self.house.parts[name].start()
        strangers.write(self.house, strangers.again(records))
        self.house.settle(self.plan.settle, MAILS)
        self.notes["events delivered three times"] = len(records)
        self.say(f"{len(records)} events delivered twice more")

    def write_bad_events(self) -> None:
        """Write what no handler can use, a good event after each, and one whose handler fails for a while."""
        self.bad = strangers.bad_events(self.house.broker is not None)
        events = []
        for number, bad in enumerate(self.bad):
            events += [bad, strangers.company_event(f"foreign-{number}")]
        audit.let_fail(self.house.database("matching"), FAILING)
        events.append(strangers.company_event(FAILING))
        strangers.write(self.house, [(strangers.TOPIC, one) for one in events])
        self.house.settle(self.plan.settle, MAILS)
        audit.heal(self.house.database("matching"))
        failed = [row for row in letters_of(self.house, "matching") if row.record.key == FAILING]
        if [row.attempts for row in failed] != [4]:
            self.faults.append(f"a failing handler was tried {[row.attempts for row in failed]} times, not 4")
        for row in failed:
            done = self.house.handslag("dead", "replay", f"matching:{row.id}")
            if done.get("replayed") != 1:
                self.faults.append(f"the replay of a dead letter said {done}")
        self.house.settle(self.plan.settle, MAILS)
        self.notes["bad events"] = len(self.bad)

    def judge(self) -> Outcome:
        evidence = collect(self.house, self.records, self.nemesis, self.bad, FAILING)
        if self.plan.window:
            self.notes["windows hit"] = self.nemesis.windows_hit
        self.notes.update({f"dropped {when}": count for when, count in dropped(self.house).items()})
        if measured := windows(self.house):
            found = (measured[0], statistics.median(measured), measured[-1])
            for which, seconds in zip(("shortest", "median", "longest"), found, strict=True):
                self.notes[f"{which} window, s"] = round(seconds, 4)
        return Outcome(
            self.plan.seed,
            self.nemesis.kills,
            self.nemesis.hardships,
            check(evidence),
            self.notes,
            self.faults,
        )

    def rebuild(self) -> None:
        """Make what matching derives again, and hold it against what was there."""
        before = derived(self.house)
        done = self.house.handslag("rebuild", "matching", "--yes")
        if done["exit"] != 0:
            self.faults.append(f"rebuild: {done}")
            return
        self.notes["rebuilt after, s"] = round(self.house.settle(self.plan.settle) + done["seconds"], 1)
        after = derived(self.house)
        different = [name for name in before if before[name] != after.get(name)]
        self.notes["reports rebuilt"] = done["reports"]
        self.notes["rebuilt differently"] = len(different)
        if different or set(after) != set(before):
            self.faults.append(f"rebuilt differently: {sorted(set(after) ^ set(before))[:5]}")
            self.faults += [f"{name}: {before[name]} became {after.get(name)}" for name in different[:3]]

    def wait_for_web(self) -> None:
        for url in (self.house.profiles_url, self.house.matching_url):
            wait_for(f"{url} answers", partial(_is_ready, url), 60)

    def _judge_early(self) -> None:
        """Look for lost effects before everything is delivered again; mails, and what tells of them, may still come."""
        evidence = collect(self.house, self.records, self.nemesis, self.bad, FAILING)
        for where, cases in check(evidence).lost.items():
            found = [case for case in cases if not case.startswith("deliveries/")]
            if where.startswith("effects") and found:
                self.faults.append(f"lost {where} before the second delivery: {len(found)} ({found[:5]})")

    def _stop_submitters(self) -> None:
        for submitter in self.submitters:
            submitter.stopping.set()

    def _approved_enough(self) -> bool:
        return len(self.records.approvals) >= self.plan.approvals or bool(self.records.problems)


def _is_ready(url: str) -> bool:
    return Client("probe", url, 0, Records(), 0).call("GET", "/readyz")[0] == 200
