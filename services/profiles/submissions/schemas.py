"""How staff ask for submissions, decide on them, and what they are answered."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from services.profiles.organisations.schemas.fields import (
    Items,
    ProfileSchema,
    Text,
    choice_field,
    id_field,
    lines_field,
    word_field,
)
from services.profiles.organisations.schemas.filters import Filters
from services.profiles.organisations.schemas.posted import Followed
from services.profiles.submissions.domain.submission import AGGREGATES, LONGEST_REASON, SubmissionStatus
from shared.words.membership import Membership

MOST_WITHDRAWN = 1_000


class SubmissionFilters(Filters):
    """Which submissions are wanted."""

    status = choice_field(SubmissionStatus, load_default=None)
    kind = word_field(
        load_default=None,
        validate=validate.OneOf(sorted({*AGGREGATES, *AGGREGATES.values()})),
        metadata={"description": "company, partner or request"},
    )
    source_of = id_field(
        load_default=None, metadata={"description": "a submission: those from the same source"}
    )
    q = Text(200, load_default=None, metadata={"description": "a part of the name, in any case"})


class LikelyRecord(Schema):
    """A record that a submission may be about."""

    id = fields.String()
    name = fields.String()
    country = fields.String()
    reasons = fields.List(
        fields.String(), metadata={"description": "same_name, website, mail or similar_name"}
    )


class MadeRecord(Schema):
    """A record that came of a submission."""

    kind = fields.String()
    id = fields.String()
    version = fields.Integer()
    made = fields.Boolean(metadata={"description": "false: it was there, and fields of it were changed"})
    not_put_back = fields.List(
        fields.String(),
        metadata={
            "description": "fields that were changed since and stay, though the submission is taken back"
        },
    )


class QueuedSubmission(Followed):
    """A submission as staff see it."""

    decided_by = fields.String(allow_none=True, metadata={"description": "staff or sender"})
    from_source = fields.Integer(
        metadata={"description": "how many came from the same source, this included"}
    )
    likely = fields.List(fields.Nested(LikelyRecord))
    records = fields.List(fields.Nested(MadeRecord))


class ListedSubmission(QueuedSubmission):
    """A submission in a list: what was sent is told by its own address."""

    class Meta:
        """Leave out what may be long."""

        exclude = ("submitted",)


class SubmissionPage(Schema):
    """One page of submissions."""

    items = fields.List(fields.Nested(ListedSubmission))
    page = fields.Integer()
    page_size = fields.Integer()
    total = fields.Integer(metadata={"description": "how many there are on all pages"})


class ChangeArgs(ProfileSchema):
    """Which record a submission is held against."""

    record_id = id_field(required=True)


class FieldChange(Schema):
    """One field that would change."""

    field = fields.String()
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)
    loud = fields.Boolean(metadata={"description": "mails, or who is kept from introductions, hang on it"})


class Changes(Schema):
    """What a submission would change in a record."""

    record_id = fields.String()
    record_version = fields.Integer()
    changes = fields.List(fields.Nested(FieldChange))


class LetIn(ProfileSchema):
    """How a submission is let in: as new, or with `record_id` as a change of the named fields of a record."""

    record_id = id_field(load_default=None, allow_none=True)
    record_version = fields.Integer(load_default=None, allow_none=True, strict=True)
    fields_ = Items(Text(80, least=1), data_key="fields", metadata={"description": "those that change"})
    partner_id = id_field(
        load_default=None, allow_none=True, metadata={"description": "a request's partner; null: made anew"}
    )
    membership = choice_field(Membership, load_default=None, allow_none=True)
    with_visit = fields.Boolean(load_default=False, metadata={"description": "the visit it names is its own"})


class NotTaken(ProfileSchema):
    """Why a submission is not taken."""

    reason = lines_field(LONGEST_REASON, least=1, required=True)


class ToWithdraw(ProfileSchema):
    """Which submissions are withdrawn: some by their ids, or all from the source of one."""

    ids = Items(id_field(), most=MOST_WITHDRAWN)
    source_of = id_field(load_default=None, allow_none=True)


class NotPutBack(Schema):
    """Fields of a record that a withdrawn submission had changed, and that stay because they were changed since."""

    submission = fields.String()
    kind = fields.String()
    id = fields.String()
    fields_ = fields.List(fields.String(), data_key="fields")


class Withdrawn(Schema):
    """What was withdrawn, and what of it could not be put back."""

    withdrawn = fields.List(fields.String())
    not_put_back = fields.List(fields.Nested(NotPutBack))
