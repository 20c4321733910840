"""What staff set of a programme: hours, lengths, limits, ways; and the problem that makes of a visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from services.matching.i18n import N_
from services.matching.programmes.domain.problem import (
    GRID,
    ONE_TO_ONE,
    OWN,
    PRESENTATION,
    ROUND_TABLE,
    STUDY_VISIT,
    Busy,
    Day,
    Problem,
    Track,
    Wanted,
)
from services.matching.refusals import Refusal, RefusedError

MOST_DAYS = 14
MOST_TRACKS = 6
INTRODUCTIONS, MATCHES = "introductions", "matches"
SOURCES = (INTRODUCTIONS, MATCHES)
"""What sessions are made of: approved introductions, or all matches of the reports that staff have not rejected."""
STANDARD_MINUTES: Mapping[str, int] = {STUDY_VISIT: 120, ROUND_TABLE: 90, PRESENTATION: 45, ONE_TO_ONE: 30}


@dataclass(frozen=True)
class Settings:
    """What staff set. Times are `HH:MM`, dates ISO dates, lengths and ways minutes.

    `days` holds the days that differ: date, start, end (as start: a free day) and place (`visit:N`, the visit's Nth
    place from 0). `tracks` are lists of delegates (`d1` and on); empty: those with own needs each on their own, the
    others together. `transfers` holds from, to (`visit:N`, `host:COMPANY`) and minutes; `unavailable` who (a company
    or a delegate), date, start and end.
    """

    day_start: str = "09:00"
    day_end: str = "17:00"
    lunch_start: str = "12:00"
    lunch_end: str = "13:00"
    breaks: Sequence[Mapping[str, str]] = (
        {"start": "10:30", "end": "10:45"},
        {"start": "14:45", "end": "15:00"},
    )
    minutes: Mapping[str, int] = field(default_factory=lambda: dict(STANDARD_MINUTES))
    most_one_to_ones: int = 4
    interpreters: int = 1
    rooms: int = 4
    transfer_minutes: int = 30
    transfers: Sequence[Mapping[str, Any]] = ()
    days: Sequence[Mapping[str, str]] = ()
    tracks: Sequence[Sequence[str]] = ()
    unavailable: Sequence[Mapping[str, str]] = ()
    source: str = INTRODUCTIONS


def minutes_of(time: str) -> int:
    """Return the minutes since midnight of `HH:MM`."""
    hours, _, minutes = time.partition(":")
    return int(hours) * 60 + int(minutes)


def time_of(minutes: int) -> str:
    """Write minutes since midnight as `HH:MM`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def delegates_of(visit: Mapping[str, Any]) -> list[str]:
    """Return the ids of a visit's delegates: `d1` and on, in its order."""
    return [f"d{number}" for number in range(1, len(visit.get("delegates") or ()) + 1)]


def places_of(visit: Mapping[str, Any]) -> list[str]:
    """Return the codes of a visit's places: `visit:0` and on; one that names no place has one all the same."""
    return [f"{OWN}{number}" for number in range(max(1, len(visit.get("places") or ())))]


def tracks_of(visit: Mapping[str, Any], settings: Settings) -> tuple[Track, ...]:
    """Make the tracks `t1` and on. Raises RefusedError invalid unless each known delegate is in exactly one."""
    known = delegates_of(visit)
    chosen = [list(track) for track in settings.tracks if track]
    if not chosen:
        own = [id for id, one in zip(known, visit.get("delegates") or (), strict=True) if one.get("needs")]
        own = own[: MOST_TRACKS - 1]
        rest = [id for id in known if id not in own]
        chosen = [*([rest] if rest or not known else []), *([id] for id in own)]
    elif sorted(id for track in chosen for id in track) != sorted(known):
        raise _wrong(
            "tracks", N_("Put each delegate (%(known)s) in one track."), known=", ".join(known) or "–"
        )
    if len(chosen) > MOST_TRACKS:
        raise _wrong("tracks", N_("There can be at most %(most)s tracks."), most=MOST_TRACKS)
    return tuple(Track(f"t{number}", tuple(track)) for number, track in enumerate(chosen, 1))


def days_of(visit: Mapping[str, Any], settings: Settings) -> tuple[Day, ...]:
    """Make the visit's days with their hours: weekdays, and those that the settings name.

    Places follow each other over the days where nothing else is set. Raises RefusedError invalid.
    """
    dates = _dates_of(visit)
    count = len(dates)
    if count > MOST_DAYS:
        raise _wrong("days", N_("A programme covers at most %(most)s days."), most=MOST_DAYS)
    places = places_of(visit)
    said = {one["date"]: one for one in settings.days}
    unknown = sorted(set(said) - set(dates))
    if unknown:
        raise _wrong(
            "days", N_("The visit is not on %(dates)s; choose one of its days."), dates=", ".join(unknown)
        )
    made = []
    for number, day in enumerate(dates):
        own = said.get(day, {})
        place = own.get("place") or places[number * len(places) // count]
        if place not in places:
            raise _wrong("days", N_("The visit has no place %(place)s."), place=place)
        if not own and date.fromisoformat(day).weekday() > 4:
            continue
        start, end = own.get("start") or settings.day_start, own.get("end") or settings.day_end
        if start < end:
            made.append(_day(day, start, end, settings, place))
        elif start > end:
            raise _wrong("days", N_("On %(date)s the day ends before it begins."), date=day)
    return tuple(made)


def _dates_of(visit: Mapping[str, Any]) -> list[str]:
    first, last = date.fromisoformat(visit["starts_on"]), date.fromisoformat(visit["ends_on"])
    return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]


def _day(day: str, start: str, end: str, settings: Settings, place: str) -> Day:
    lunch = (minutes_of(settings.lunch_start), minutes_of(settings.lunch_end))
    if lunch[0] >= lunch[1]:
        raise _wrong("lunch_end", N_("Lunch must begin before it ends."))
    hours = {
        "day_start": minutes_of(start), "day_end": minutes_of(end), "lunch_start": lunch[0], "lunch_end": lunch[1],
    }  # fmt: skip
    for name, value in hours.items():
        if value % GRID:
            raise _wrong(name, N_("Write a time at a quarter of an hour, such as 09:15."))
    breaks = tuple((minutes_of(one["start"]), minutes_of(one["end"])) for one in settings.breaks)
    if any(since >= until for since, until in breaks):
        raise _wrong("breaks", N_("A break must begin before it ends."))
    return Day(day, hours["day_start"], hours["day_end"], lunch, tuple(sorted(breaks)), place)


def problem_of(visit: Mapping[str, Any], settings: Settings, wanted: Sequence[Wanted]) -> Problem:
    """Make the problem of a visit and its wanted sessions. Raises RefusedError invalid where a setting cannot be."""
    days, tracks = days_of(visit, settings), tracks_of(visit, settings)
    dates = _dates_of(visit)
    companies = {id for one in wanted for id in one.companies}
    places = {*places_of(visit), *(one.place for one in wanted if one.place)}
    for way in settings.transfers:
        for name in ("from", "to"):
            if way[name] not in places:
                raise _wrong("transfers", N_("There is no place %(place)s."), place=way[name])
    busy = []
    for one in settings.unavailable:
        if one["date"] not in dates:
            raise _wrong(
                "unavailable", N_("The visit is not on %(dates)s; choose one of its days."), dates=one["date"]
            )
        start, end = minutes_of(one["start"]), minutes_of(one["end"])
        if start >= end:
            raise _wrong("unavailable", N_("A time must begin before it ends; write the earlier one first."))
        if one["who"] in companies:
            busy.append(Busy(one["who"], one["date"], start, end))
        for track in tracks:
            if one["who"] in track.delegates:
                busy.append(Busy(track.id, one["date"], start, end))
    online = visit.get("direction") == "online"
    return Problem(
        days=days,
        tracks=tracks,
        wanted=tuple(wanted),
        interpreters=settings.interpreters,
        rooms=settings.rooms,
        most_one_to_ones=settings.most_one_to_ones,
        transfer=0 if online else settings.transfer_minutes,
        transfers={}
        if online
        else {(one["from"], one["to"]): int(one["minutes"]) for one in settings.transfers},
        busy=tuple(busy),
    )


def _wrong(field: str, template: str, **values: object) -> RefusedError:
    return RefusedError(Refusal.INVALID, template, [field], None, (), **values)
