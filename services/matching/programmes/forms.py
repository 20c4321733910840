"""The settings of a programme as a form: read from what staff sent, and what is wrong said by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from services.matching.i18n import N_
from services.matching.programmes.domain.problem import KINDS

TIME_FIX = N_("Write a time at a quarter of an hour, such as 09:15.")
NUMBER_FIX = N_("Write a whole number within the limits of the field.")
LABELS: Mapping[str, str] = {
    "day_start": N_("The day begins"),
    "day_end": N_("The day ends"),
    "lunch_start": N_("Lunch begins"),
    "lunch_end": N_("Lunch ends"),
    "breaks": N_("Breaks"),
    "minutes": N_("Lengths"),
    "most_one_to_ones": N_("One-to-ones per track and half-day, at most"),
    "interpreters": N_("Interpreters"),
    "rooms": N_("Rooms"),
    "transfer_minutes": N_("Minutes between two places"),
    "transfers": N_("Ways"),
    "days": N_("Days"),
    "tracks": N_("Tracks"),
    "unavailable": N_("Not available"),
    "source": N_("Made from"),
    "cancelled": N_("Who or what cancels"),
    "sessions": N_("Sessions"),
}
FIXES: Mapping[str, str] = {
    **dict.fromkeys(("day_start", "day_end", "lunch_start", "lunch_end"), TIME_FIX),
    "breaks": N_("Write breaks as 10:30-10:45, with a comma between two."),
    "minutes": N_("Write a multiple of 15 minutes, at most 480."),
    **dict.fromkeys(("most_one_to_ones", "interpreters", "rooms", "transfer_minutes"), NUMBER_FIX),
    "transfers": N_("Choose two places and write the minutes, at most 600."),
    "days": TIME_FIX,
    "unavailable": N_("Choose who and which day, and write both times, such as 09:15."),
}
NUMBERS = ("most_one_to_ones", "interpreters", "rooms", "transfer_minutes")
TIMES = ("day_start", "day_end", "lunch_start", "lunch_end")


def settings_of_form(form: MultiDict[str, str]) -> dict[str, Any]:
    """Read the settings that a form says, in the API's shape; what cannot be read stays as it was written."""
    said: dict[str, Any] = {name: form[name].strip() for name in (*TIMES, "source") if name in form}
    said.update({name: _whole(form[name]) for name in NUMBERS if name in form})
    said["minutes"] = {kind: _whole(form[kind]) for kind in KINDS if kind in form}
    if "breaks" in form:
        spans = [one.strip() for one in form["breaks"].split(",") if one.strip()]
        said["breaks"] = [_span(one) for one in spans]
    said["days"] = _rows(
        form, {"date": "day_date", "start": "day_from", "end": "day_to", "place": "day_place"}, "date"
    )
    # Every day has a row, also one of which nothing is said.
    said["days"] = [row for row in said["days"] if len(row) > 1]
    said["unavailable"] = _rows(
        form, {"who": "away_who", "date": "away_date", "start": "away_from", "end": "away_to"}, "who"
    )
    said["transfers"] = [
        {**one, "minutes": _whole(one.get("minutes", ""))}
        for one in _rows(form, {"from": "way_from", "to": "way_to", "minutes": "way_minutes"}, "from")
    ]
    tracks: dict[str, list[str]] = {}
    for delegate, track in zip(form.getlist("delegate"), form.getlist("track"), strict=False):
        tracks.setdefault(track, []).append(delegate)
    said["tracks"] = [tracks[track] for track in sorted(tracks)]
    if "cancellations" in form:
        kept = (one.partition("|") for one in form.getlist("keep"))
        said["cancelled"] = [{"kind": kind, "id": id} for kind, _bar, id in kept]
    return said


def faults_of(error: ValidationError) -> list[tuple[str, str]]:
    """Give each field that is wrong, by its label, with how to mend it, in the reader's language."""
    messages: Mapping[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
    return [(_(LABELS.get(name, name)), _(FIXES[name]) if name in FIXES else "") for name in sorted(messages)]


def _rows(form: MultiDict[str, str], names: Mapping[str, str], key: str) -> list[dict[str, Any]]:
    """Read the rows of a table whose first column is chosen; empty cells are left out."""
    columns: Sequence[list[str]] = [form.getlist(name) for name in names.values()]
    rows = [
        {name: value.strip() for name, value in zip(names, row, strict=True) if value.strip()}
        for row in zip(*columns, strict=False)
    ]
    return [row for row in rows if row.get(key)]


def _span(text: str) -> dict[str, str]:
    start, _dash, end = text.replace("–", "-").partition("-")
    return {"start": start.strip(), "end": end.strip()}


def _whole(text: str) -> int | str:
    return int(text) if text.strip().isascii() and text.strip().isdecimal() and len(text) < 10 else text
