"""Kills processes at seeded moments, counted in writes, and starts them again."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from tests.faults import groups
from tests.faults.house import House
from tests.faults.part import Part
from tests.faults.waiting import WaitedInVainError

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
LONGEST_PAUSE = 60.0
"""Seconds in which a stopped worker's session, or lease, must have ended, so that others have its partitions."""
EARLY = 5
"""Among so many first blows are those that no run does without."""
BESIDE = 3
"""So many of a blow's writes at least are still to be made when it falls."""
IN_A_PAUSE = 18
"""Further writes while a worker is stopped: it has old versions in hand when it wakes."""


@dataclass(frozen=True)
class Blow:
    """What the nemesis does to which process.

    It falls when `before` writes have been made since the last one, while `beside` further ones are made: writes and
    not seconds, so that a slow machine has the same run. In seconds: `aim` after the next write has begun (so that
    it hits work, not rest), `down` until the restart. `kills` says how many processes die of it.
    """

    target: str
    before: int
    beside: int
    aim: float
    down: float
    draw: float
    kills: int


def plan_blows(
    seed: int, kills: int, writes: int, broker: bool, postgres: bool, parts: int, pauses: bool = False
) -> list[Blow]:
    """Draw blows until they make so many kills: the same for the same seed.

    `writes` is how many a blow has on average, `parts` how many processes die when everything does.
    """
    drawn = random.Random(f"{seed} nemesis")
    weights = dict(WEIGHTS)
    if broker:
        weights["broker"] = BROKER_WEIGHT
    # Where PostgreSQL keeps the data, our own processes write no files.
    weights["PostgreSQL" if postgres else "full disk"] = POSTGRES_WEIGHT if postgres else FULL_DISK_WEIGHT
    if pauses:
        weights["pause"] = PAUSE_WEIGHT
    # However few there are: each dependency is hit at least once.
    needed = [name for name in ("broker", "PostgreSQL", "full disk") if name in weights]
    early = dict(zip(drawn.sample(range(EARLY), len(needed)), needed, strict=True))
    blows: list[Blow] = []
    while sum(blow.kills for blow in blows) < kills or len(blows) <= max(early):
        drawn_target = drawn.choices(list(weights), list(weights.values()))[0]
        target = early.get(len(blows), drawn_target)
        blows.append(
            Blow(
                target,
                drawn.randint(1, max(1, 2 * (writes - BESIDE) - 1)),
                BESIDE + (IN_A_PAUSE if target == "pause" else 0),
                drawn.uniform(0.0, AIM_WEB if target.startswith("web") else AIM_WORK),
                drawn.uniform(0.0, 1.0),
                drawn.random(),
                {"everything": parts, "full disk": 0, "pause": 0}.get(target, 1),
            )
        )
    return blows


class Nemesis:
    """Deals blows to a house, one after the other. `begun` counts the writes that were begun, `made` those done."""

    def __init__(self, house: House, begun: Callable[[], int], made: Callable[[], int]) -> None:
        self._house = house
        self._begun = begun
        self._made = made
        self.kills: Counter[str] = Counter()
        """SIGKILLs, by what they hit."""
        self.hardships: Counter[str] = Counter()
        """What else was done, and what came of it."""
        self.sender_deaths: list[float] = []
        self.windows_hit = 0

    def deal(self, blows: list[Blow], allow: Callable[[int], int]) -> None:
        """Deal all blows; then all run again. `allow` lets further writes be made, and says how many are by now."""
        for blow in blows:
            allowed = allow(blow.before + blow.beside)
            self._house.waiting.until(
                "the writes before a blow",
                partial(self._written, allowed - blow.beside),
                self._made,
            )
            self._take_aim(blow.aim)
            self._deal_one(blow)
        self.restart_all()

    def _written(self, count: int) -> bool:
        self.revive()
        return self._made() >= count

    def revive(self) -> None:
        """Start again, as a restart policy does, what ended by itself."""
        for part in self._house.parts.values():
            if not part.runs():
                self.hardships["ended by themselves"] += 1
                part.start()

    def _take_aim(self, aim: float) -> None:
        before = self._begun()
        with suppress(WaitedInVainError):  # the clients may be waiting for what was killed before
            self._house.waiting.until("a write", lambda: self._begun() > before, look=0.002, patience=1.0)
        self._house.waiting.breathe(aim)

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

    def leave_and_return(self, turn: int) -> None:
        """Have a worker leave the group and come back: two rebalances.

        Kills that follow each other faster than a dead member's session ends make one rebalance together.
        """
        workers = self._house.workers
        part = self._house.parts[workers[turn % len(workers)]]
        part.stop()
        self._wait_for_members(len(workers) - 1)
        part.start()
        self._wait_for_members(len(workers))
        self.hardships["left the group and came back"] += 1

    def _wait_for_members(self, count: int) -> None:
        self._house.waiting.until(
            f"the group of matching has {count} members",
            lambda: groups.members(self._house) == count,
            look=0.25,
        )

    def hit_the_window(self, given_up: Callable[[], bool]) -> bool:
        """Kill the sender between the server's taking a mail and its slow 250; say whether that came about."""
        before = self._slow_ones()
        self._house.waiting.until(
            "a mail in the window, or none to come", lambda: self._slow_ones() > before or given_up()
        )
        if self._slow_ones() == before:
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
            house.waiting.breathe(blow.down)
            house.start_again("the broker", house.broker.start)
        elif blow.target == "PostgreSQL":
            self._hit_postgres(blow)
        elif blow.target == "full disk":
            names = [name for name in house.parts if name != "mail"]
            part = house.parts[names[int(blow.draw * len(names))]]
            part.limit_files(0)
            self.hardships["disk full"] += 1
            house.waiting.breathe(0.5 + blow.down)
            part.limit_files(-1)
        elif blow.target == "pause":
            self._pause(house.parts[house.workers[int(blow.draw * len(house.workers))]])
        elif blow.target.startswith("web profiles "):
            self._hit_web(blow)
        else:
            names = self._names(blow)
            for name in names:
                self.kill(name)
            house.waiting.breathe(blow.down)
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
        part.stand_still()
        self.hardships["stopped"] += 1
        others = len(self._house.workers) - 1
        try:
            self._house.waiting.until(
                "the group goes on without the stopped worker",
                lambda: 0 < (groups.members(self._house) or 0) <= others,
                look=0.5,
                patience=LONGEST_PAUSE,
            )
            self.hardships["stopped until others had the partitions"] += 1
        except WaitedInVainError:
            pass  # the run is no worse for it: not counted as outlasted
        finally:
            part.send(signal.SIGCONT)

    def _hit_postgres(self, blow: Blow) -> None:
        postgres = self._house.postgres
        assert postgres is not None
        postgres.kill()
        self.kills["PostgreSQL"] += 1
        self._house.waiting.breathe(blow.down)
        # Processes of the one that was killed may still end, and be in the way of its next life.
        self._house.start_again("PostgreSQL", postgres.start)

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
        self._house.waiting.until("gunicorn's orphan ends", lambda: not any(map(part.lives, children)))
        self._house.waiting.breathe(blow.down)
        part.start()
