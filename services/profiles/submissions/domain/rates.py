"""How many submissions one source may send: enough for visitors behind one address, too few to swamp staff."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Rate:
    """At most so many submissions within a time."""

    most: int
    within: timedelta


RATES = (Rate(20, timedelta(minutes=1)), Rate(200, timedelta(hours=1)), Rate(500, timedelta(days=1)))


@dataclass(frozen=True)
class Sent:
    """How many submissions came since a moment, and when the oldest of them did; None where none did."""

    number: int
    oldest: datetime | None


def seconds_to_wait(
    sent_since: Callable[[datetime], Sent], now: datetime, rates: Sequence[Rate] = RATES
) -> int:
    """Return 0 where one more submission is within all rates, otherwise the seconds until one may be."""
    waits = [0]
    for rate in rates:
        sent = sent_since(now - rate.within)
        if sent.number >= rate.most and sent.oldest is not None:
            waits.append(max(1, math.ceil((sent.oldest + rate.within - now).total_seconds())))
    return max(waits)
