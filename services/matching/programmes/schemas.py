"""What the API of programmes takes and answers."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from services.matching.programmes.domain.mend import CANCELLABLE, CHANGES
from services.matching.programmes.domain.planned import OUTDATED
from services.matching.programmes.domain.problem import KINDS
from services.matching.programmes.domain.timetable import ENTRIES
from services.matching.programmes.settings_body import MOST_ENTRIES, CancellationBody, id_field
from shared.web.schemas import Strict


class PinBody(Strict):
    """Which sessions stay where they are when the programme is made anew."""

    sessions = fields.List(id_field(), required=True, validate=validate.Length(1, MOST_ENTRIES))
    pinned = fields.Boolean(load_default=True, metadata={"description": "false: they may move again"})


class MendBody(Strict):
    """What falls away; `accept` false only shows what would change."""

    cancelled = fields.List(fields.Nested(CancellationBody), required=True, validate=validate.Length(1, 50))
    accept = fields.Boolean(load_default=False)


class CalendarArgs(Schema):
    """Whose calendar."""

    track = id_field(metadata={"description": "only this track's sessions"})


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

    what = fields.String(validate=validate.OneOf(ENTRIES))
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
        fields.String(validate=validate.OneOf(OUTDATED)),
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
