"""What `handslag status` says of something: a line, with what to do where it needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clock import from_text

START = "Start `handslag serve`, or `handslag work {}` where the services run apart."


@dataclass(frozen=True)
class Waiting:
    """How many of something wait, and the moment (as text) since when the oldest does."""

    number: int
    oldest: str | None

    def longer(self, than: timedelta, now: datetime) -> bool:
        """Say whether the oldest has waited for longer than a while."""
        return bool(self.number) and self.oldest is not None and now - from_text(self.oldest) > than

    def seconds(self, now: datetime) -> float:
        """Return for how many seconds the oldest has waited: 0 for none, or one to come."""
        return 0.0 if self.oldest is None else max(0.0, (now - from_text(self.oldest)).total_seconds())

    def since(self, now: datetime) -> str:
        """Say how old the oldest is, roughly."""
        if not self.number or self.oldest is None:
            return ""
        seconds = int(self.seconds(now))
        for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
            if seconds >= 2 * length:
                return f"the oldest for {seconds // length} {unit}"
        return f"the oldest for {seconds} s"


@dataclass(frozen=True)
class Line:
    """One thing: whose it is, what it is, how many or in which state; `advice` only where it needs attention."""

    service: str
    what: str
    value: int | str
    note: str = ""
    advice: str = ""

    @property
    def attention(self) -> bool:
        """Say whether somebody has to do something."""
        return bool(self.advice)


@dataclass(frozen=True)
class Circumstances:
    """What a service's lines depend on: whether its work process is active, what did not move meanwhile, the moment."""

    works: bool
    still: frozenset[str]
    now: datetime
