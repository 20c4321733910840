"""What the API of programmes takes and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from services.matching.programmes.domain.mend import CANCELLABLE, CHANGES, Cancellation
from services.matching.programmes.domain.problem import GRID, KINDS
from services.matching.programmes.domain.settings import SOURCES, STANDARD_MINUTES, Settings
from shared.web.schemas import Pattern, Strict, invalid

STANDARD = Settings()
TIME = r"\A([01][0-9]|2[0-3]):[0-5][0-9]\Z"
MOST_ENTRIES = 300


def _time(**more: Any) -> fields.String:
    check = Pattern(TIME, "Not a time", "write it such as 09:15.")
    return fields.String(validate=check, metadata={"example": "09:15"}, **more)


def _date(**more: Any) -> fields.String:
    return fields.String(
        validate=Pattern(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", "Not a date", "write it such as 2026-03-02."),
        metadata={"format": "date"},
        **more,
    )


def _id(**more: Any) -> fields.String:
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
        raise invalid(f"Not a multiple of {GRID} minutes", f"send {GRID}, {2 * GRID}, {3 * GRID} and so on.")


class Rest(Strict):
    """A break, in which nobody works except on a study visit."""

    start = _time(required=True)
    end = _time(required=True)


class OwnDay(Strict):
    """A day that differs: `end` as `start` makes it free."""

    date = _date(required=True)
    start = _time()
    end = _time()
    place = _id(metadata={"description": "visit:N, the visit's Nth place from 0"})


class Way(Strict):
    """The minutes from one place to another, either direction."""

    from_ = _id(
        required=True, data_key="from", attribute="from", metadata={"description": "visit:N or host:COMPANY"}
    )
    to = _id(required=True)
    minutes = fields.Integer(required=True, strict=True, validate=validate.Range(0, 600))


class Away(Strict):
    """A time in which a company or a delegate is not there."""

    who = _id(required=True, metadata={"description": "company id, or a delegate: d1 and on"})
    date = _date(required=True)
    start = _time(required=True)
    end = _time(required=True)


class CancellationBody(Strict):
    """Who or what cancels: a company, a delegate (d1 and on), a session, or a place (visit:N, host:COMPANY)."""

    kind = fields.String(required=True, validate=validate.OneOf(CANCELLABLE))
    id = _id(required=True)


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
    breaks = fields.List(
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
    transfers = fields.List(fields.Nested(Way), load_default=list, validate=validate.Length(max=MOST_ENTRIES))
    days = fields.List(fields.Nested(OwnDay), load_default=list, validate=validate.Length(max=60))
    tracks = fields.List(
        fields.List(_id(), validate=validate.Length(1, 60)),
        load_default=list,
        validate=validate.Length(max=60),
        metadata={
            "description": "delegates who go together (d1 is the visit's first); empty: those with needs of their own "
            "each on their own, the others together"
        },
    )
    unavailable = fields.List(
        fields.Nested(Away), load_default=list, validate=validate.Length(max=MOST_ENTRIES)
    )
    source = fields.String(
        load_default=STANDARD.source,
        validate=validate.OneOf(SOURCES),
        metadata={"description": "approved introductions, or all matches that staff have not rejected"},
    )

    cancelled = fields.List(
        fields.Nested(CancellationBody),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MOST_ENTRIES),
        metadata={"description": "which of the programme's cancellations hold on; left out: all"},
    )

    @post_load
    def make(self, data: dict[str, Any], **_more: Any) -> Making:
        """Give the settings of the domain, and the cancellations."""
        cancelled = data.pop("cancelled")
        kept = None if cancelled is None else tuple(Cancellation(**one) for one in cancelled)
        return Making(Settings(**data), kept)


class PinBody(Strict):
    """Which sessions stay where they are when the programme is made anew."""

    sessions = fields.List(_id(), required=True, validate=validate.Length(1, MOST_ENTRIES))
    pinned = fields.Boolean(load_default=True, metadata={"description": "false: they may move again"})


class MendBody(Strict):
    """What falls away; `accept` false only shows what would change."""

    cancelled = fields.List(fields.Nested(CancellationBody), required=True, validate=validate.Length(1, 50))
    accept = fields.Boolean(load_default=False)


class CalendarArgs(Schema):
    """Whose calendar."""

    track = _id(metadata={"description": "only this track's sessions"})


class VisitLine(Schema):
    """A visit; `programme_version` 0: it has no programme yet."""

    visit_id = fields.String()
    title = fields.String()
    starts_on = fields.String()
    ends_on = fields.String()
    programme_version = fields.Integer()


class VisitList(Schema):
    """One page of the visits."""

    items = fields.List(fields.Nested(VisitLine))
    page = fields.Integer()
    page_size = fields.Integer()
    total = fields.Integer()


class Named(Schema):
    """A company in a session."""

    id = fields.String()
    name = fields.String()


class SessionOut(Schema):
    """A session and who is meant to come."""

    id = fields.String()
    kind = fields.String(validate=validate.OneOf(KINDS))
    companies = fields.List(fields.Nested(Named))
    minutes = fields.Integer()
    tracks = fields.List(fields.String())
    needs_interpreter = fields.Boolean()


class EntryOut(SessionOut):
    """A line of the timetable; a session's fields stand only where `what` is session."""

    what = fields.String(validate=validate.OneOf(["session", "transfer", "lunch", "break"]))
    start = fields.String()
    end = fields.String()
    place = fields.String()
    room = fields.Integer(allow_none=True)
    interpreter = fields.Integer(allow_none=True)
    pinned = fields.Boolean()


class DayOut(Schema):
    """A day of the timetable."""

    date = fields.String(metadata={"format": "date"})
    place = fields.String()
    entries = fields.List(fields.Nested(EntryOut))


class UnplacedOut(SessionOut):
    """A session without a place, and why."""

    code = fields.String()
    reason = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "by language (sv, en)"}
    )


class CancelledOut(Schema):
    """A cancellation that holds."""

    kind = fields.String(validate=validate.OneOf(CANCELLABLE))
    id = fields.String()
    name = fields.String(metadata={"description": "of a session that of its company; empty where outdated"})
    outdated = fields.Boolean(
        metadata={
            "description": "the visit has other delegates or places now: it falls away when the programme is made anew"
        }
    )


class ProgrammeOut(Schema):
    """A visit's programme."""

    visit_id = fields.String()
    version = fields.Integer()
    updated_at = fields.String()
    title = fields.String()
    changed = fields.List(
        fields.String(validate=validate.OneOf(["visit", "meetings", "cancelled"])),
        metadata={"description": "what has changed since it was made"},
    )
    best_possible = fields.Boolean(
        metadata={"description": "whether it is proved that none of higher priority exists"}
    )
    settings = fields.Dict()
    cancelled = fields.List(fields.Nested(CancelledOut))
    tracks = fields.List(fields.Dict())
    days = fields.List(fields.Nested(DayOut))
    unplaced = fields.List(fields.Nested(UnplacedOut))
    reserve = fields.List(fields.Nested(SessionOut))


class ChangeOut(SessionOut):
    """What a mend makes of one session; `before` and `after` are null where it did not or does not stand."""

    code = fields.String(validate=validate.OneOf(CHANGES))
    change = fields.Dict(keys=fields.String(), values=fields.String())
    left = fields.List(
        fields.Nested(Named), metadata={"description": "companies that it is held without now"}
    )
    before = fields.Dict(allow_none=True)
    after = fields.Dict(allow_none=True)


class MendOut(Schema):
    """What a mend changes; `version` is the programme's, the next one where it was accepted."""

    visit_id = fields.String()
    version = fields.Integer()
    changes = fields.List(fields.Nested(ChangeOut))
