"""How much may be sent: of one source enough for visitors behind one address, too little to swamp staff; and in all."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Rate:
    """At most so many submissions within a time, and none any more once they have so many characters together."""

    most: int
    within: timedelta
    most_characters: int | None = None


RATES = (
    Rate(20, timedelta(minutes=1)),
    Rate(200, timedelta(hours=1)),
    Rate(500, timedelta(days=1), most_characters=2_000_000),
)
READ = Rate(60, timedelta(minutes=1))
"""How many a process reads of one source, taken or not: programs that send what is wrong come to that."""
MOST_BYTES = 100_000
"""Of one submission as it is kept: JSON in UTF-8. What is let in of it is an event, which may be larger."""
MOST_WAITING = 10_000
"""Submissions that may wait for staff, of all sources together."""


@dataclass(frozen=True)
class Sent:
    """How many submissions came since a moment, and when the oldest of them did; None where none did.

    `characters` is how many they have together.
    """

    number: int
    oldest: datetime | None
    characters: int = 0

    def fills(self, rate: Rate) -> bool:
        """Tell whether a rate takes nothing beside these."""
        is_long = rate.most_characters is not None and self.characters >= rate.most_characters
        return self.number >= rate.most or is_long


def seconds_to_wait(
    sent_since: Callable[[datetime], Sent], now: datetime, rates: Sequence[Rate] = RATES
) -> int:
    """Return 0 where one more submission is within all rates, otherwise the seconds until one may be."""
    waits = [0]
    for rate in rates:
        sent = sent_since(now - rate.within)
        if sent.fills(rate) and sent.oldest is not None:
            waits.append(max(1, math.ceil((sent.oldest + rate.within - now).total_seconds())))
    return max(waits)
