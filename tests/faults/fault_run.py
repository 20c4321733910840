"""One fault run from the first submission to the verdict, step by step."""

from __future__ import annotations

import statistics
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from tests.faults import audit, groups, hardships, strangers
from tests.faults.clients import Allowance, Approver, Client, Records, Submitter
from tests.faults.evidence import (
    collect,
    derived,
    dropped,
    letters_of,
    of_settled_keys,
    topic_records,
    windows,
)
from tests.faults.history import History, Settled, check, merged
from tests.faults.house import House
from tests.faults.nemesis import Nemesis, plan_blows
from tests.faults.outcome import NOTHING_SEEN, Outcome, Step
from tests.faults.waiting import CutOffError, WaitedInVainError

FAILING = "failing-company"
MAILS = ("mails to send",)
"""Not waited for in between: a mail in hand when its sender was killed rests for a minute."""
WINDOWS_AWAITED = 10
WRITES_A_WINDOW = 12
APPROVALS_A_WINDOW = 2
WRITES_A_TURN = 6


@dataclass(frozen=True)
class Plan:
    """How much a run deals and writes: all by count, so that only its length depends on the machine."""

    seed: int
    kills: int
    """By blows; consumers, relays and the sender are also killed in other steps."""
    writes: int = 6
    """Of a blow, on average."""
    writes_away: int = 48
    """While the event log is away."""
    submitters: int = 3
    pause: float = 0.2
    """Seconds between a submitter's writes."""
    approvals: int = 12
    """Fewer where nothing is left to approve."""
    pauses: bool = False
    window: bool = False
    rebuild: bool = True
    turns: int = 0
    """How often a worker leaves its group and comes back."""

    def steps(self, postgres: bool) -> list[Step]:
        """Name the steps of the run, in order; with PostgreSQL our processes have no disk to be full."""
        left_out = {
            Step.WINDOW: not self.window,
            Step.TURNS: not self.turns,
            Step.DISK: postgres,
            Step.REBUILD: not self.rebuild,
        }
        return [step for step in Step if not left_out.get(step, False)]


class Run:
    """The steps of a run over a house that stands. `doing` is the step that it is at."""

    def __init__(self, house: House, plan: Plan, say: Callable[[str], None] = lambda _: None) -> None:
        self.house = house
        self.plan = plan
        self.say = say
        self.records = Records()
        self.nemesis = Nemesis(house, lambda: self.records.begun, self._made)
        self.notes: dict[str, float] = {}
        self.faults, self.bad = list[str](), list[strangers.Written]()
        self.writes, self.approvals = Allowance(), Allowance()
        self.submitters = [
            Submitter(f"s{number}", house.profiles_url, plan.seed, self.records, plan.pause, self.writes)
            for number in range(plan.submitters)
        ]
        self.approver = Approver("staff", house.matching_url, plan.seed, self.records, 0.8, self.approvals)
        self.clients: list[Client] = [*self.submitters, self.approver]
        self.steps = plan.steps(house.postgres is not None)
        self.doing = self.steps[0]
        self.done: list[Step] = []
        self._ended = ""
        self._checked = NOTHING_SEEN
        self._judged = False

    def whole(self) -> Outcome:
        """Take every step, and say what there is to say of each promise, also when something ends the run before."""
        try:
            for step in self.steps:
                self.doing = step
                self.house.waiting.look()
                self._take(step)
                self.done.append(step)
        except CutOffError as error:
            self._ended = f"cut off while {self.doing} ({error})"
        except WaitedInVainError as error:
            self._ended = f"stood still while {self.doing}"
            self.faults.append(str(error))
        except Exception as error:  # noqa: BLE001  # the run's own failure is no broken promise: it is told apart
            traceback.print_exc()
            self._ended = f"failed while {self.doing}: {error!r}"
        finally:
            for client in self.clients:
                client.stopping.set()
                client.give_up.set()
        return self.outcome()

    def outcome(self) -> Outcome:
        """Say what can be said by now. It may be asked in the midst of any step.

        What is derived has its effects a second time when it is made again. So the last verdict is taken before that.
        """
        notes, verdict = dict(self.notes), self._checked
        if not self._judged:
            try:
                seen = check(self._evidence(), Settled.NOTHING)
                notes.update(self._measured())
            except Exception as error:  # noqa: BLE001  # what was killed last may hold the evidence: none is no fault
                self.say(f"the evidence of the last step cannot be read: {error!r}")
            else:
                verdict = merged(self._checked, seen)
        return Outcome(
            self.plan.seed,
            self.steps,
            list(self.done),
            self._ended,
            verdict,
            self.nemesis.kills.copy(),
            self.nemesis.hardships.copy(),
            notes,
            [*self.faults, *self.records.problems],
        )

    def _take(self, step: Step) -> None:
        steps: dict[Step, Callable[[], None]] = {
            Step.START: self._start,
            Step.WINDOW: self._hit_the_window,
            Step.BLOWS: self._deal_blows,
            Step.TURNS: self._turn_over,
            Step.HALVES: partial(self._hardship, hardships.half_requests),
            Step.DISK: partial(self._hardship, hardships.full_disk),
            Step.AWAY: self._log_away,
            Step.EFFECTS: self._kill_at_effects,
            Step.CALM: self._calm,
            Step.AGAIN: self._deliver_again,
            Step.BAD: self._write_bad_events,
            Step.REST: self._judge,
            Step.REBUILD: self._rebuild,
        }
        steps[step]()

    def _start(self) -> None:
        self._wait_for_web()
        for client in self.clients:
            client.start()

    def _hit_the_window(self) -> None:
        """Kill the sender between the server's taking a mail and our knowing it, while the submitters rest.

        Reports that are made again all the time can seldom be approved.
        """
        for _ in range(WINDOWS_AWAITED):
            self._write(WRITES_A_WINDOW)
            self.approver.found_nothing = 0
            self.approvals.more(APPROVALS_A_WINDOW)
            if self.nemesis.hit_the_window(self._no_mail_to_come):
                return
        self.faults.append("no mail came into the window between the server's 250 and our commit")

    def _no_mail_to_come(self) -> bool:
        if self.approver.found_nothing < 3:  # else it is not asked: a mail in the window is seen at once
            return bool(self.records.problems)
        backlog = self.house.backlog()
        return backlog is not None and not any(backlog.values())

    def _deal_blows(self) -> None:
        plan, house = self.plan, self.house
        parts = len(house.parts) - 1  # the mail server is not ours
        there = house.broker is not None, house.postgres is not None
        blows = plan_blows(plan.seed, plan.kills, plan.writes, *there, parts, plan.pauses)
        self.nemesis.deal(blows, self._allow)
        self.say(f"{len(blows)} blows, {self.nemesis.kills.total()} kills: {dict(self.nemesis.kills)}")

    def _allow(self, writes: int) -> int:
        if self.approvals.given < self.plan.approvals:
            self.approvals.more(1)
        return self.writes.more(writes)

    def _turn_over(self) -> None:
        for turn in range(self.plan.turns):
            self.writes.more(WRITES_A_TURN)
            self.nemesis.leave_and_return(turn)

    def _hardship(self, step: hardships.Hardship) -> None:
        """Make it hard for everybody, while they go on writing."""
        self._wait_for_web()
        self._write(0)
        notes, faults = step(self.house, self.records, self.writes)
        self.notes.update(notes)
        self.faults += faults

    def _log_away(self) -> None:
        """Let the event log take nothing while writes go on, and kill the relays meanwhile.

        Every write succeeds at once, and the backlog drains by itself.
        """
        self._wait_for_web()
        self._write(self.plan.submitters)
        first, started = len(self.records.calls), time.monotonic()
        with ExitStack() as away:
            if self.house.broker is not None:
                self.house.broker.stop()
                away.callback(self.house.start_again, "the broker", self.house.broker.start)
            else:
                away.enter_context(hardships.log_held(self.house))
            self._write(self.plan.writes_away // 2)
            for name in self.house.relays:  # what they had sent unacknowledged is still in the outbox
                self.nemesis.kill(name)
                self.house.parts[name].start()
            self._write(self.plan.writes_away // 2)
            made, seconds = self.records.calls[first:], time.monotonic() - started
        started = time.monotonic()
        refused = [call for call in made if not (200 <= call.status < 300 or call.status in hardships.GOOD)]
        self.notes["log away, s"] = round(seconds, 1)
        self.notes["writes while it was away"] = len(made)
        self.notes["of these failed"] = len(refused)
        self.notes["longest write then, s"] = round(max((call.seconds for call in made), default=0.0), 2)
        if refused:
            self.faults.append(
                f"event log away: {len(refused)} of {len(made)} writes failed: {[call.status for call in refused]}"
            )

        def waiting() -> int:
            return len(audit.waiting(self.house.database("profiles")))

        self.house.waiting.until("the outbox drains", lambda: not waiting(), waiting)
        self.notes["outbox drained after, s"] = round(time.monotonic() - started, 1)

    def _kill_at_effects(self) -> None:
        hardships.killed_at_effects(self.house, self.nemesis.kill, self.writes, self._stop_submitters)

    def _stop_submitters(self) -> None:
        for submitter in self.submitters:
            submitter.stopping.set()

    def _calm(self) -> None:
        """Let the clients finish what they are at, and everything settle."""
        self._wait_for(self.submitters)
        self.notes["settled after, s"] = round(self.house.settle(MAILS), 1)
        self.approver.found_nothing = 0
        self.approvals.more(max(0, self.plan.approvals - self.approvals.given))
        self.house.waiting.until(
            "approvals", self._approved_enough, lambda: (len(self.records.approvals), self.house.backlog())
        )
        self.approver.stopping.set()
        self._wait_for([self.approver])
        seconds = self.notes["settled after, s"] + self.house.settle(MAILS)
        self.notes["settled after, s"] = round(seconds, 1)
        self.notes["rebalances"] = groups.rebalances(self.house)
        # Before everything is delivered again: a second delivery would make up for an effect that is lost.
        self._check(Settled.ALL_BUT_MAILS)
        if lost := [fault for fault in self._checked.broken() if fault.startswith("lost effects")]:
            self.faults += [f"{fault}, before the second delivery" for fault in lost]
        self.say(f"settled after {self.notes['settled after, s']} s; {self._made()} writes")

    def _deliver_again(self) -> None:
        """Have every event delivered twice more, while its consumers are killed and started again."""
        records = of_settled_keys(topic_records(self.house))
        strangers.write(self.house, strangers.again(records))
        for name in (*self.house.workers, "work notifications"):
            self.nemesis.kill(name)
            self.house.parts[name].start()
        strangers.write(self.house, strangers.again(records))
        self.house.settle(MAILS)
        self._check(Settled.ALL_BUT_MAILS)
        self.notes["events delivered three times"] = len(records)
        self.say(f"{len(records)} events delivered twice more")

    def _write_bad_events(self) -> None:
        """Write what no handler can use, a good event after each, and one whose handler fails for a while."""
        self.bad = strangers.bad_events(self.house.broker is not None)
        events = []
        for number, bad in enumerate(self.bad):
            events += [bad, strangers.company_event(f"foreign-{number}")]
        audit.let_fail(self.house.database("matching"), FAILING)
        events.append(strangers.company_event(FAILING))
        strangers.write(self.house, [(strangers.TOPIC, one) for one in events])
        self.house.settle(MAILS)
        audit.heal(self.house.database("matching"))
        failed = [row for row in letters_of(self.house, "matching") if row.record.key == FAILING]
        if [row.attempts for row in failed] != [4]:
            self.faults.append(f"a failing handler was tried {[row.attempts for row in failed]} times, not 4")
        for row in failed:
            done = self.house.handslag("dead", "replay", f"matching:{row.id}")
            if done.get("replayed") != 1:
                self.faults.append(f"the replay of a dead letter said {done}")
        self.house.settle(MAILS)
        self._check(Settled.ALL_BUT_MAILS)
        self.notes["bad events"] = len(self.bad)

    def _judge(self) -> None:
        self.house.settle()
        self._check(Settled.ALL)
        self.notes.update(self._measured())
        self._judged = True
        self.say("everything has settled, and is judged")

    def _rebuild(self) -> None:
        """Make what matching derives again, and hold it against what was there."""
        before = derived(self.house)
        done = self.house.handslag("rebuild", "matching", "--yes")
        if done["exit"] != 0:
            self.faults.append(f"rebuild: {done}")
            return
        seconds = round(self.house.settle() + done["seconds"], 1)
        after = derived(self.house)
        different = [name for name in before if before[name] != after.get(name)]
        self.notes["rebuilt after, s"] = seconds
        self.notes["reports rebuilt"] = done["reports"]
        self.notes["rebuilt differently"] = len(different)
        if different or set(after) != set(before):
            self.faults.append(f"rebuilt differently: {sorted(set(after) ^ set(before))[:5]}")
            self.faults += [f"{name}: {before[name]} became {after.get(name)}" for name in different[:3]]
        self.say(f"rebuilt after {seconds} s")

    def _check(self, settled: Settled) -> None:
        self._checked = merged(self._checked, check(self._evidence(), settled))

    def _evidence(self) -> History:
        return collect(self.house, self.records, self.nemesis, self.bad, FAILING)

    def _measured(self) -> dict[str, float]:
        notes: dict[str, float] = {f"dropped {when}": count for when, count in dropped(self.house).items()}
        if self.plan.window:
            notes["windows hit"] = self.nemesis.windows_hit
        if measured := windows(self.house):
            found = (measured[0], statistics.median(measured), measured[-1])
            for which, seconds in zip(("shortest", "median", "longest"), found, strict=True):
                notes[f"{which} window, s"] = round(seconds, 4)
        return notes

    def _wait_for_web(self) -> None:
        for url in (self.house.profiles_url, self.house.matching_url):
            self.house.waiting.until(f"{url} answers", partial(_is_ready, url))

    def _wait_for(self, clients: list[Submitter] | list[Approver]) -> None:
        """Wait until clients that were asked to stop have done so."""
        self.house.waiting.until(
            f"the answers that {', '.join(client.name for client in clients)} still wait for",
            lambda: not any(client.is_alive() for client in clients),
            lambda: (self._made(), len(self.records.approvals)),
        )

    def _write(self, count: int) -> None:
        """Have so many further writes made, and wait for them and those before them."""
        allowed = self.writes.more(count)
        self.house.waiting.until(
            f"{count} writes", lambda: self._made() >= allowed or self.records.problems, self._made
        )

    def _made(self) -> int:
        return len(self.records.submissions)

    def _approved_enough(self) -> bool:
        enough = len(self.records.approvals) >= self.plan.approvals
        return enough or self.approver.found_nothing > 2 or bool(self.records.problems)


def _is_ready(url: str) -> bool:
    return Client("probe", url, 0, Records(), 0, Allowance()).call("GET", "/readyz")[0] == 200
