"""What a programme is made by, read alike from the API's body and from the page's form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from services.matching.programmes.domain.mend import CANCELLABLE, Cancellation
from services.matching.programmes.domain.problem import GRID, KINDS
from services.matching.programmes.domain.settings import SOURCES, STANDARD_MINUTES, Settings
from shared.faults import Fault
from shared.web.schemas import CountedList, Pattern, Strict

STANDARD = Settings()
TIME = r"\A([01][0-9]|2[0-3]):[0-5][0-9]\Z"
MOST_ENTRIES = 300


def _time(**more: Any) -> fields.String:
    written = Pattern(TIME, "Not a time", "write it such as 09:15.")
    return fields.String(validate=written, metadata={"example": "09:15"}, **more)


def _date(**more: Any) -> fields.String:
    written = Pattern(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", "Not a date", "write it such as 2026-03-02.")
    return fields.String(validate=written, metadata={"format": "date"}, **more)


def id_field(**more: Any) -> fields.String:
    """Return a field for an id."""
    return fields.String(validate=validate.Length(1, 200), **more)


def _whole(least: int, most: int, standard: int, says: str) -> fields.Integer:
    return fields.Integer(
        strict=True,
        load_default=standard,
        validate=validate.Range(least, most),
        metadata={"description": says},
    )


def _length(value: int) -> None:
    if value % GRID:
        steps = f"send {GRID}, {2 * GRID}, {3 * GRID} and so on."
        raise ValidationError([Fault("", f"Not a multiple of {GRID} minutes", steps)])


class Rest(Strict):
    """A break, in which nobody works except on a study visit."""

    start = _time(required=True)
    end = _time(required=True)


class OwnDay(Strict):
    """A day that differs: `end` as `start` makes it free."""

    date = _date(required=True)
    start = _time()
    end = _time()
    place = id_field(metadata={"description": "visit:N, the visit's Nth place from 0"})


class Way(Strict):
    """The minutes from one place to another, either direction."""

    from_ = id_field(
        required=True, data_key="from", attribute="from", metadata={"description": "visit:N or host:COMPANY"}
    )
    to = id_field(required=True)
    minutes = fields.Integer(required=True, strict=True, validate=validate.Range(0, 600))


class Away(Strict):
    """A time in which a company or a delegate is not there."""

    who = id_field(required=True, metadata={"description": "company id, or a delegate: d1 and on"})
    date = _date(required=True)
    start = _time(required=True)
    end = _time(required=True)


class CancellationBody(Strict):
    """Who or what cancels: a company, a delegate (d1 and on), a session, or a place (visit:N, host:COMPANY)."""

    kind = fields.String(required=True, validate=validate.OneOf(CANCELLABLE))
    id = id_field(required=True)


@dataclass(frozen=True)
class Making:
    """What a programme is made by, and which of its cancellations hold on; None: all."""

    settings: Settings
    cancelled: tuple[Cancellation, ...] | None


class Lengths(Strict):
    """How long each kind of session lasts, in minutes."""

    study_visit = fields.Integer(load_default=STANDARD_MINUTES["study_visit"], strict=True)
    round_table = fields.Integer(load_default=STANDARD_MINUTES["round_table"], strict=True)
    presentation = fields.Integer(load_default=STANDARD_MINUTES["presentation"], strict=True)
    one_to_one = fields.Integer(load_default=STANDARD_MINUTES["one_to_one"], strict=True)


for _kind in KINDS:
    Lengths._declared_fields[_kind].validators.extend([validate.Range(GRID, 480), _length])


class ProgrammeBody(Strict):
    """What a programme is made by; what is left out is as usual."""

    day_start = _time(load_default=STANDARD.day_start)
    day_end = _time(load_default=STANDARD.day_end)
    lunch_start = _time(load_default=STANDARD.lunch_start)
    lunch_end = _time(load_default=STANDARD.lunch_end)
    breaks = CountedList(
        fields.Nested(Rest), load_default=lambda: list(STANDARD.breaks), validate=validate.Length(max=6)
    )
    minutes = fields.Nested(Lengths, load_default=lambda: dict(STANDARD_MINUTES))
    most_one_to_ones = _whole(
        0, 20, STANDARD.most_one_to_ones, "one-to-ones of a track in a half-day at most"
    )
    interpreters = _whole(0, 20, STANDARD.interpreters, "interpreters there are at the same time")
    rooms = _whole(0, 50, STANDARD.rooms, "sessions that a place of the visit holds at once")
    transfer_minutes = _whole(
        0, 600, STANDARD.transfer_minutes, "minutes between places, where nothing else is said"
    )
    transfers = CountedList(fields.Nested(Way), load_default=list, validate=validate.Length(max=MOST_ENTRIES))
    days = CountedList(fields.Nested(OwnDay), load_default=list, validate=validate.Length(max=60))
    tracks = CountedList(
        CountedList(id_field(), validate=validate.Length(1, 60)),
        load_default=list,
        validate=validate.Length(max=60),
        metadata={
            "description": "delegates who go together (d1 is the visit's first); empty: those with needs of their own "
            "each on their own, the others together"
        },
    )
    unavailable = CountedList(
        fields.Nested(Away), load_default=list, validate=validate.Length(max=MOST_ENTRIES)
    )
    source = fields.String(
        load_default=STANDARD.source,
        validate=validate.OneOf(SOURCES),
        metadata={"description": "approved introductions, or all matches that staff have not rejected"},
    )

    cancelled = CountedList(
        fields.Nested(CancellationBody),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MOST_ENTRIES),
        metadata={"description": "which of the programme's cancellations hold on; left out: all"},
    )

    @post_load
    def make(self, data: dict[str, Any], **_more: Any) -> Making:
        """Make the settings of the domain, and the cancellations."""
        cancelled = data.pop("cancelled")
        kept = None if cancelled is None else tuple(Cancellation(**one) for one in cancelled)
        return Making(Settings(**data), kept)
