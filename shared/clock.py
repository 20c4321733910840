"""Time, as something that is handed in: only this module asks the machine what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Gives the current moment, always aware and in UTC."""


def system_clock() -> datetime:
    """Return the machine's time in UTC."""
    return datetime.now(UTC)


class SettableClock:
    """A clock that stands still until it is moved: for tests and for reports that must repeat."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the moment it is set to."""
        return self.now

    def advance(self, by: timedelta) -> None:
        """Move the clock on by `by`."""
        self.now += by


def to_text(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC with microseconds, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote (any RFC 3339 moment with an offset is taken).

    Raises ValueError for a text that is no moment or has no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return moment.astimezone(UTC)
