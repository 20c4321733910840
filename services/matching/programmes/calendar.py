"""A programme as an iCalendar file (RFC 5545): an event a session and transfer, at local times of the place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from icalendar import Calendar, Event

from services.matching.programmes.domain.timetable import SESSION, TRANSFER
from shared.clock import from_text


def calendar(view: Mapping[str, Any], track: str | None, kind_word: Callable[[str], str]) -> bytes:
    """Write a programme (as `programme_view` returns it) for one track, or for all.

    Times float: the visit does not say a time zone, and what is at nine is at nine where it is held. `kind_word`
    returns the word for a kind of session or for `transfer`.
    """
    made = Calendar()
    made.add("prodid", "-//Handslag//programme//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", view["title"])
    stamp = from_text(view["updated_at"])
    for day in view["days"]:
        for entry in day["entries"]:
            if entry["what"] not in (SESSION, TRANSFER) or (track and track not in entry["tracks"]):
                continue
            made.add_component(_event(view, day["date"], entry, stamp, kind_word))
    return bytes(made.to_ical())


def _event(
    view: Mapping[str, Any],
    date: str,
    entry: Mapping[str, Any],
    stamp: datetime,
    kind_word: Callable[[str], str],
) -> Event:
    event = Event()
    session = entry["what"] == SESSION
    own = entry["id"] if session else f"transfer.{date}.{entry['start']}.{'.'.join(entry['tracks'])}"
    event.add("uid", f"{view['visit_id']}.{own}@handslag")
    event.add("sequence", view["version"])
    event.add("dtstamp", stamp)
    event.add("dtstart", datetime.fromisoformat(f"{date}T{entry['start']}"))
    event.add("dtend", datetime.fromisoformat(f"{date}T{entry['end']}"))
    names = ", ".join(one["name"] for one in entry["companies"]) if session else entry["place"]
    event.add("summary", f"{kind_word(entry['kind'] if session else TRANSFER)}: {names}")
    if entry["place"]:
        event.add("location", entry["place"])
    return event
