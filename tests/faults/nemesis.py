"""Kills processes at seeded moments and starts them again."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.faults import groups
from tests.faults.house import House, WaitedInVainError, wait_for
from tests.faults.part import Part

SENDER = "work notifications"
WEIGHTS = {
    "work profiles": 4,
    "work matching": 4,
    SENDER: 3,
    "web profiles": 2,
    "web profiles parent": 1,
    "web profiles child": 1,
    "web matching": 2,
    "everything": 1,
}
BROKER_WEIGHT = 2
POSTGRES_WEIGHT = 2
FULL_DISK_WEIGHT = 1
PAUSE_WEIGHT = 1
AIM_WEB = 0.03
AIM_WORK = 0.2
"""Seconds in which a write is answered, and its event is published and has its effects."""
EARLY = 5
"""Among so many first blows are those that no run does without; they are dealt however long they take."""
LONGEST_PAUSE = 25.0
"""Seconds in which a stopped worker's session, or lease, must have ended, so that others have its partitions."""


@dataclass(frozen=True)
class Blow:
    """What the nemesis does to which process.

    In seconds: `gap` before it, `aim` after the next write has begun (so that it hits work, not rest), `down`
    until the restart.
    """

    target: str
    gap: float
    aim: float
    down: float
    draw: float


def plan_blows(
    seed: int, count: int, mean_gap: float, broker: bool, postgres: bool, pauses: bool = False
) -> list[Blow]:
    """Draw the blows of a run: the same for the same seed."""
    drawn = random.Random(f"{seed} nemesis")
    weights = dict(WEIGHTS)
    if broker:
        weights["broker"] = BROKER_WEIGHT
    # Where PostgreSQL keeps the data, our own processes write no files.
    weights["PostgreSQL" if postgres else "full disk"] = POSTGRES_WEIGHT if postgres else FULL_DISK_WEIGHT
    if pauses:
        weights["pause"] = PAUSE_WEIGHT
    targets = drawn.choices(list(weights), list(weights.values()), k=count)
    # However few there are: each dependency is hit at least once.
    needed = [name for name in ("broker", "PostgreSQL", "full disk") if name in weights]
    for place, name in zip(drawn.sample(range(min(count, EARLY)), len(needed)), needed, strict=True):
        targets[place] = name
    return [
        Blow(
            target,
            drawn.uniform(0.2, 2 * mean_gap - 0.2),
            drawn.uniform(0.0, AIM_WEB if target.startswith("web") else AIM_WORK),
            drawn.uniform(0.0, 1.0),
            drawn.random(),
        )
        for target in targets
    ]


class Nemesis:
    """Deals blows to a house, one after the other."""

    def __init__(self, house: House, begun: Callable[[], int]) -> None:
        self._house = house
        self._begun = begun
        self._clock = threading.Event()
        self.kills: Counter[str] = Counter()
        """SIGKILLs, by what they hit."""
        self.hardships: Counter[str] = Counter()
        """What else was done, and what came of it."""
        self.sender_deaths: list[float] = []
        self.windows_hit = 0

    def deal(self, blows: list[Blow], until: float, at_least: int = 0, latest: float = 0.0) -> None:
        """Deal blows until all are dealt or a moment of the monotonic clock has come; then all run again.

        With fewer than `at_least` kills it goes on until `latest`.
        """
        for number, blow in enumerate(blows):
            moment = time.monotonic() + blow.gap
            end = until if self.kills.total() >= at_least else max(until, latest)
            if number >= EARLY and moment > end:
                break
            self._clock.wait(blow.gap)
            self.revive()
            self._take_aim(blow.aim)
            self._deal_one(blow)
        self.restart_all()

    def revive(self) -> None:
        """Start again, as a restart policy does, what ended by itself."""
        for part in self._house.parts.values():
            if not part.runs():
                self.hardships["ended by themselves"] += 1
                part.start()

    def _take_aim(self, aim: float) -> None:
        before = self._begun()
        with suppress(WaitedInVainError):  # the clients may be waiting for what was killed before
            wait_for("a write", lambda: self._begun() > before, 1.0, 0.002)
        self._clock.wait(aim)

    def restart_all(self) -> None:
        for part in self._house.parts.values():
            part.start()

    def kill(self, name: str) -> None:
        """Kill a process with its children and count it."""
        if name == SENDER:
            self.sender_deaths.append(time.time())
        if self._house.parts[name].runs():
            self.kills[name.rstrip(" 0123456789")] += 1
        self._house.parts[name].kill()

    def turn_over(self, turns: int) -> None:
        """Have workers leave the group, and come back, one after the other: two rebalances a turn.

        Kills that follow each other faster than a dead member's session ends make one rebalance together.
        """
        workers = self._house.workers
        for turn in range(turns):
            part = self._house.parts[workers[turn % len(workers)]]
            part.stop()
            self._wait_for_members(len(workers) - 1)
            part.start()
            self._wait_for_members(len(workers))
            self.hardships["left the group and came back"] += 1

    def _wait_for_members(self, count: int) -> None:
        wait_for(
            f"the group of matching has {count} members",
            lambda: groups.members(self._house) == count,
            60,
            0.25,
        )

    def hit_the_window(self, seconds: float) -> bool:
        """Kill the sender between the server's taking a mail and its slow 250; say whether that came about."""
        before = self._slow_ones()
        try:
            wait_for("a mail in the window", lambda: self._slow_ones() > before, seconds)
        except WaitedInVainError:
            return False
        self.kill(SENDER)
        self._house.parts[SENDER].start()
        self.windows_hit += 1
        return True

    def _slow_ones(self) -> int:
        return self._house.ledger.read_text().count('"mood": "slow"')

    def _deal_one(self, blow: Blow) -> None:
        house = self._house
        if blow.target == "broker":
            assert house.broker is not None
            house.broker.kill()
            self.kills["broker"] += 1
            self._clock.wait(blow.down)
            house.broker.start()
        elif blow.target == "PostgreSQL":
            self._hit_postgres(blow)
        elif blow.target == "full disk":
            names = [name for name in house.parts if name != "mail"]
            part = house.parts[names[int(blow.draw * len(names))]]
            part.limit_files(0)
            self.hardships["disk full"] += 1
            self._clock.wait(0.5 + blow.down)
            part.limit_files(-1)
        elif blow.target == "pause":
            self._pause(house.parts[house.workers[int(blow.draw * len(house.workers))]])
        elif blow.target.startswith("web profiles "):
            self._hit_web(blow)
        else:
            names = self._names(blow)
            for name in names:
                self.kill(name)
            self._clock.wait(blow.down)
            for name in names:
                house.parts[name].start()

    def _names(self, blow: Blow) -> list[str]:
        if blow.target == "everything":
            return [name for name in self._house.parts if name != "mail"]
        several = {"work matching": self._house.workers, "work profiles": self._house.relays}
        names = several.get(blow.target, [blow.target])
        return [names[int(blow.draw * len(names))]]

    def _pause(self, part: Part) -> None:
        """Stop a worker until the group has gone on without it, and let it wake."""
        part.send(signal.SIGSTOP)
        self.hardships["stopped"] += 1
        others = len(self._house.workers) - 1
        try:
            wait_for(
                "the group goes on without the stopped worker",
                lambda: 0 < (groups.members(self._house) or 0) <= others,
                LONGEST_PAUSE,
                0.5,
            )
            self.hardships["stopped until others had the partitions"] += 1
        except WaitedInVainError:
            pass  # all others were restarted at the same time, say: not counted as outlasted
        finally:
            part.send(signal.SIGCONT)

    def _hit_postgres(self, blow: Blow) -> None:
        postgres = self._house.postgres
        assert postgres is not None
        postgres.kill()
        self.kills["PostgreSQL"] += 1
        self._clock.wait(blow.down)

        def started() -> bool:
            try:
                postgres.start()
            except RuntimeError:  # processes of the one that was killed still end
                return False
            return True

        wait_for("PostgreSQL starts again", started, 60, 0.2)

    def _hit_web(self, blow: Blow) -> None:
        """Kill only gunicorn's parent, whose child then must end by itself, or only its child."""
        part = self._house.parts["web profiles"]
        children = part.children()
        assert part.process is not None
        if blow.target.endswith("child"):
            for pid in children[:1]:
                part.kill_only(pid)
                self.kills[blow.target] += 1
            return
        part.kill_only(part.process.pid)
        self.kills[blow.target] += 1
        wait_for("gunicorn's orphan ends", lambda: not any(map(part.lives, children)), 15)
        self._clock.wait(blow.down)
        part.start()
