"""The settings of a programme as a form: read from what staff sent, with what is wrong by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from services.matching.i18n import N_
from services.matching.programmes.domain.problem import KINDS
from services.matching.programmes.settings_body import Making, ProgrammeBody
from services.matching.refusals import Refusal, RefusedError
from shared.faults import Fault

NUMBERS = ("most_one_to_ones", "interpreters", "rooms", "transfer_minutes")
TIMES = ("day_start", "day_end", "lunch_start", "lunch_end")
_BODY = ProgrammeBody()
TIME_FIX = N_("Write a time at a quarter of an hour, such as 09:15.")
NUMBER_FIX = N_("Write a whole number within the limits of the field.")
FIXES: Mapping[str, str] = {
    **dict.fromkeys(TIMES, TIME_FIX),
    "breaks": N_("Write breaks as 10:30-10:45, with a comma between two."),
    "minutes": N_("Write a multiple of 15 minutes, at most 480."),
    **dict.fromkeys(NUMBERS, NUMBER_FIX),
    "transfers": N_("Choose two places and write the minutes, at most 600."),
    "days": TIME_FIX,
    "unavailable": N_("Choose who and which day, and write both times, such as 09:15."),
}


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


def making_of(said: Mapping[str, Any]) -> Making:
    """Check what a form says. Raises RefusedError invalid with a fault for each field that is wrong."""
    try:
        asked: Making = _BODY.load(said)
    except ValidationError as error:
        wrong = sorted(error.normalized_messages())  # type: ignore[no-untyped-call]
        faults = [Fault(name, "", FIXES.get(name, "")) for name in wrong]
        raise RefusedError(Refusal.INVALID, N_("The settings cannot be used."), faults=faults) from error
    return asked


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
