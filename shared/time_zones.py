"""Time zones by their IANA names (`Europe/Stockholm`), and when their clocks change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
NO_PLACES = frozenset({"Factory", "localtime", "posixrules", "build/etc/localtime"})
"""Names that some systems list and that are no place's time."""


@dataclass(frozen=True)
class Offset:
    """What clocks show from a moment on: how far before UTC, since which local time by the clocks before, and as what.

    `since` is written by the clocks that were used until then, as RFC 5545 (3.6.5) asks.
    """

    since: datetime
    before: timedelta
    after: timedelta
    name: str
    is_summer: bool


def time_zone_named(text: str) -> str | None:
    """Return the IANA name that a text is, in whatever letters; None where there is no such time zone."""
    name = text.strip()
    if name in NO_PLACES:
        return None
    try:
        return ZoneInfo(name).key  # listing all of them takes much longer
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _names().get(name.casefold())


def offsets_of(time_zone: str, first: date, last: date) -> Iterator[Offset]:
    """List what clocks of a time zone show, from the year before `first` to the year after `last`, by time."""
    zone = ZoneInfo(time_zone)
    moment = datetime(first.year - 1, 1, 1, tzinfo=UTC)
    end = datetime(last.year + 2, 1, 1, tzinfo=UTC)
    yield _offset(zone, moment, moment)
    while moment < end:
        if _shown(zone, moment) != _shown(zone, moment + DAY):
            yield _change(zone, moment)
        moment += DAY


def _change(zone: ZoneInfo, moment: datetime) -> Offset:
    """Find the minute within a day of a moment from which clocks show something else."""
    low, high = 0, DAY // MINUTE
    while high - low > 1:
        middle = (low + high) // 2
        if _shown(zone, moment + middle * MINUTE) == _shown(zone, moment):
            low = middle
        else:
            high = middle
    return _offset(zone, moment + low * MINUTE, moment + high * MINUTE)


def _offset(zone: ZoneInfo, before: datetime, at: datetime) -> Offset:
    old, new = before.astimezone(zone), at.astimezone(zone)
    was, now = old.utcoffset() or timedelta(), new.utcoffset() or timedelta()
    since = (at + was).replace(tzinfo=None)
    return Offset(since, was, now, new.tzname() or "", (new.dst() or timedelta()) > timedelta())


def _shown(zone: ZoneInfo, moment: datetime) -> tuple[timedelta | None, str | None]:
    there = moment.astimezone(zone)
    return there.utcoffset(), there.tzname()


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones() if name not in NO_PLACES}
