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

from tests.faults.house import House, WaitedInVainError, wait_for

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
PAUSE_WEIGHT = 1
AIM_WEB = 0.03
AIM_WORK = 0.2
"""Seconds in which a write is answered, and its event is published and has its effects."""
PAUSED_SECONDS = 12.0
"""Longer than a broker's session and than an embedded lease: the partitions move to others meanwhile."""


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


def plan_blows(seed: int, count: int, mean_gap: float, broker: bool, pauses: bool = False) -> list[Blow]:
    """Draw the blows of a run: the same for the same seed."""
    drawn = random.Random(f"{seed} nemesis")
    weights = dict(WEIGHTS)
    if broker:
        weights["broker"] = BROKER_WEIGHT
    if pauses:
        weights["pause"] = PAUSE_WEIGHT
    targets = drawn.choices(list(weights), list(weights.values()), k=count)
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
        self.sender_deaths: list[float] = []
        self.windows_hit = 0

    def deal(self, blows: list[Blow], until: float) -> None:
        """Deal blows until all are dealt or a moment of the monotonic clock has come; then all run again."""
        for blow in blows:
            if time.monotonic() + blow.gap > until:
                break
            self._clock.wait(blow.gap)
            self._take_aim(blow.aim)
            self._deal_one(blow)
        self.restart_all()

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
        self._house.parts[name].kill()
        self.kills[name.rstrip(" 0123456789")] += 1

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
        elif blow.target == "pause":
            name = house.workers[int(blow.draw * len(house.workers))]
            house.parts[name].send(signal.SIGSTOP)
            self.kills["paused"] += 1
            self._clock.wait(PAUSED_SECONDS)
            house.parts[name].send(signal.SIGCONT)
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
        if blow.target == "work matching":
            return [self._house.workers[int(blow.draw * len(self._house.workers))]]
        return [blow.target]

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
