"""What a run found, and what it can say of each promise: held, broken, or not judged because it did not get so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.faults.history import History, Settled, Verdict, check


class Step(StrEnum):
    """The steps of a run in their order; each is said as in "cut off while …"."""

    START = "everything started"
    WINDOW = "a mail was awaited in its window"
    BLOWS = "blows were dealt"
    TURNS = "workers left their group and came back"
    HALVES = "requests were held half open"
    DISK = "the disks were full"
    AWAY = "the event log was away"
    EFFECTS = "consumers were killed at their effects"
    CALM = "everything settled"
    AGAIN = "every event was delivered again"
    BAD = "bad events were written"
    REST = "the last mails were sent"
    REBUILD = "matching was rebuilt"


NOTHING_SEEN = check(History(), Settled.NOTHING)


@dataclass
class Outcome:
    """What a run found by the time it ended.

    `notes` are measured numbers, `faults` broken promises beside those of the verdict. `ended` says why it ended before
    its end; empty: it reached it. What is judged after a step that is not among those `done` has no verdict.
    """

    seed: int
    steps: Sequence[Step]
    done: Sequence[Step] = ()
    ended: str = ""
    verdict: Verdict = NOTHING_SEEN
    kills: Counter[str] = field(default_factory=Counter)
    hardships: Counter[str] = field(default_factory=Counter)
    notes: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def broken(self) -> list[str]:
        """Name every broken promise; empty: none is known to be."""
        return self.verdict.broken() + self.faults
