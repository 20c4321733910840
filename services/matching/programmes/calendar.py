"""A programme as an iCalendar file (RFC 5545), published (RFC 5546): what was given out before and is no more is
called off in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText
from sqlalchemy.engine import Connection

from services.matching.organisations.domain.model import WITHDRAWN
from services.matching.programmes import store as programmes
from services.matching.programmes.domain.occasions import ALL_TRACKS, Given, give_out, occasions_of
from services.matching.programmes.domain.timetable import TRANSFER
from services.matching.programmes.store import StoredProgramme
from services.matching.programmes.views import Names
from shared.clock import Clock, from_text, to_text
from shared.ids import joined
from shared.settings.registry import Settings
from shared.storage.engine import Database
from shared.time_zones import offsets_of, time_zone_named
from shared.words.addresses import read_named_address

PUBLISH = "PUBLISH"
CONTENT_TYPE = f"text/calendar; charset=utf-8; method={PUBLISH}"


@dataclass(frozen=True)
class Words:
    """What the ids and codes of a calendar are called, by whom it is published, and at which mail address."""

    title: str
    place: Callable[[str], str]
    company: Callable[[str], str]
    kind: Callable[[str], str]
    organiser: str
    address: str


def give_out_calendar(
    database: Database,
    visit_id: str,
    track: str | None,
    settings: Settings,
    clock: Clock,
    kind_word: Callable[[str], str],
) -> bytes | None:
    """Write the calendar of a visit's programme for one track, or for all, and keep what was given out.

    Times are those of the visit's time zone, else of the house's. `kind_word` returns the word for a kind of session or
    for `transfer`. None where the visit has no programme.
    """
    now = clock()
    with database.writing() as connection:
        stored = programmes.get_programme(connection, visit_id, lock=True)
        if stored is None:
            return None
        names = Names(connection, visit_id, [stored.planned.problem], _companies(stored))
        time_zone = time_zone_named(str(names.visit.get("time_zone") or "")) or settings.time_zone
        shown = _give_out(connection, stored, names, track or ALL_TRACKS, time_zone, to_text(now))
    words = Words(
        title=str(names.visit.get("title", "")),
        place=names.place,
        company=names.company,
        kind=kind_word,
        organiser=settings.organiser_name,
        address=read_named_address(settings.mail_from).address.sent,
    )
    return write_calendar(visit_id, shown, words, time_zone, now)


def _give_out(
    connection: Connection, stored: StoredProgramme, names: Names, track: str, time_zone: str, at: str
) -> Sequence[Given]:
    planned = stored.planned
    called_off = names.status == WITHDRAWN
    occasions = [] if called_off else occasions_of(planned.problem, planned.programme.placements)
    seen = {
        one.id: (names.place(one.place), *(names.company(id) for id in one.companies)) for one in occasions
    }
    shown, given = give_out(planned.given, occasions, seen, track, time_zone, stored.version, at)
    if given != planned.given:
        programmes.save_programme(
            connection, stored.visit_id, stored.version, replace(planned, given=given), stored.updated_at
        )
    return shown


def _companies(stored: StoredProgramme) -> set[str]:
    return {id for one in stored.planned.given for id in one.occasion.companies}


def write_calendar(
    visit_id: str, shown: Sequence[Given], words: Words, time_zone: str, now: datetime
) -> bytes:
    """Write what stands in a file; `time_zone` is the visit's now, `now` when the file is made."""
    made = Calendar()
    made.add("prodid", "-//Handslag//programme//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", PUBLISH)
    made.add("x-wr-calname", vText(_plain(words.title)))  # of an unknown name it would escape nothing
    made.add("x-wr-timezone", time_zone)
    days = [date.fromisoformat(one.occasion.date) for one in shown] or [now.date()]
    for zone in sorted({time_zone, *(one.time_zone for one in shown)}):
        made.add_component(_time_zone(zone, min(days), max(days)))
    for one in shown:
        made.add_component(_event(visit_id, one, words, now))
    return bytes(made.to_ical())


def _event(visit_id: str, given: Given, words: Words, now: datetime) -> Event:
    one = given.occasion
    event = Event()
    event.add("uid", f"{joined(visit_id)}.{one.id}@handslag")
    event.add("sequence", given.sequence)
    event.add("dtstamp", now)
    event.add("last-modified", from_text(given.changed_at))
    event.add("dtstart", _local(one.date, one.start, given.time_zone))
    event.add("dtend", _local(one.date, one.end, given.time_zone))
    place = _plain(words.place(one.place))
    who = place if one.kind == TRANSFER else ", ".join(_plain(words.company(id)) for id in one.companies)
    event.add("summary", f"{words.kind(one.kind)}: {who}" if who else words.kind(one.kind))
    if place:
        event.add("location", place)
    event.add("status", "CANCELLED" if given.cancelled else "CONFIRMED")
    event.add("organizer", _organiser(words))
    return event


def _organiser(words: Words) -> vCalAddress:
    """Return who publishes the calendar (RFC 5546, 3.2.1 wants one): the organiser, at the address mails come from."""
    organiser = vCalAddress(f"mailto:{words.address}")
    # A parameter cannot hold a quotation mark (RFC 5545, 3.2).
    organiser.params["CN"] = _plain(words.organiser).replace('"', "'").replace("\n", " ")
    return organiser


def _local(day: str, minutes: int, time_zone: str) -> datetime:
    midnight = datetime.fromisoformat(day)
    return (midnight + timedelta(minutes=minutes)).replace(tzinfo=ZoneInfo(time_zone))


def _time_zone(name: str, first: date, last: date) -> Timezone:
    """Describe a time zone over the years of these days: a part for each way its clocks change (RFC 5545, 3.6.5).

    Our own: the icalendar package writes when summer time begins by the clocks of summer, an hour late.
    """
    zone = Timezone()
    zone.add("tzid", name)
    changes: dict[tuple[timedelta, timedelta, str, bool], list[datetime]] = {}
    for one in offsets_of(name, first, last):
        changes.setdefault((one.before, one.after, one.name, one.is_summer), []).append(one.since)
    for (before, after, short_name, is_summer), since in changes.items():
        part = TimezoneDaylight() if is_summer else TimezoneStandard()
        part.add("dtstart", since[0])
        part.add("rdate", since)  # the first one, too: some readers see no part without
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        part.add("tzname", short_name)
        zone.add_component(part)
    return zone


def _plain(text: str) -> str:
    """Return a text without the control characters that a calendar cannot hold (RFC 5545, 3.3.11)."""
    return "".join(letter for letter in text if letter == "\n" or (ord(letter) >= 32 and ord(letter) != 127))
