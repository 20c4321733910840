"""What the API takes and answers."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from services.matching.introductions.domain.introductions import APPROVED, CANCELLED
from services.matching.organisations.domain.model import CLOSED, OPEN, WITHDRAWN
from services.matching.refusals import LONGEST_TEXT
from services.matching.reports.domain.verdict import MATCHES, NO_GOOD_MATCH
from services.matching.scoring.domain.exclusions import LIFTABLE
from shared.events.states import Introduction
from shared.web.api import PageArgs
from shared.web.schemas import CountedList, Strict

MOST_MATCHES = 200


def _version() -> fields.Integer:
    return fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 2**53),
        metadata={"description": "the version of the report that was seen"},
    )


def _matches() -> fields.List[str]:
    return CountedList(
        fields.String(validate=validate.Length(1, 200)),
        required=True,
        validate=validate.Length(1, MOST_MATCHES),
        metadata={"description": "match ids, as the report lists them"},
    )


class ApprovalBody(Strict):
    """Which matches are approved."""

    report_version = _version()
    matches = _matches()
    note = fields.String(load_default="", validate=validate.Length(max=LONGEST_TEXT))


class RejectionBody(Strict):
    """Which matches are rejected, and why."""

    report_version = _version()
    matches = _matches()
    reason = fields.String(required=True, validate=validate.Length(1, LONGEST_TEXT))


class ReportArgs(PageArgs):
    """Which reports to list."""

    status = fields.String(validate=validate.OneOf([OPEN, CLOSED, WITHDRAWN]))
    partner = fields.String(validate=validate.Length(1, 200), metadata={"description": "partner id"})
    verdict = fields.String(validate=validate.OneOf([MATCHES, NO_GOOD_MATCH]))


class IntroductionArgs(PageArgs):
    """Which introductions to list."""

    status = fields.String(validate=validate.OneOf([APPROVED, CANCELLED]))
    request = fields.String(validate=validate.Length(1, 200), metadata={"description": "match request id"})
    company = fields.String(validate=validate.Length(1, 200), metadata={"description": "company id"})
    partner = fields.String(validate=validate.Length(1, 200), metadata={"description": "partner id"})


class ReportLine(Schema):
    """A request with what its report says in short; `version` 0: not made yet."""

    request_id = fields.String()
    title = fields.String()
    partner_id = fields.String()
    partner_name = fields.String(metadata={"description": "empty while the partner is not known yet"})
    country = fields.String()
    need = fields.String()
    status = fields.String(metadata={"description": "of the request: open, closed or withdrawn"})
    version = fields.Integer()
    verdict = fields.String(metadata={"description": "matches, no_good_match, or empty: not made yet"})
    match_count = fields.Integer()
    best_name = fields.String()
    as_of = fields.String()
    stale_since = fields.String(
        allow_none=True, metadata={"description": "when it became stale; null: up to date"}
    )


class ReportList(Schema):
    """One page of the reports."""

    items = fields.List(fields.Nested(ReportLine))
    page = fields.Integer()
    page_size = fields.Integer()
    total = fields.Integer()


class MailState(Schema):
    """What became of one mail."""

    id = fields.String()
    side = fields.String()
    status = fields.String()
    reason = fields.String()
    updated_at = fields.String()


class IntroductionWithDeliveries(Introduction):
    """An introduction with its deliveries."""

    deliveries = fields.List(fields.Nested(MailState))


class IntroductionList(Schema):
    """One page of the introductions."""

    items = fields.List(fields.Nested(IntroductionWithDeliveries))
    page = fields.Integer()
    page_size = fields.Integer()
    total = fields.Integer()


class ApprovalAnswer(Schema):
    """The introductions that an approval made."""

    approval_id = fields.String()
    introductions = fields.List(fields.Nested(Introduction))


class RejectionAnswer(Schema):
    """What was rejected."""

    rejected = fields.List(fields.String())


class LiftingBody(Strict):
    """Why an exclusion is lifted."""

    reason = fields.String(required=True, validate=validate.Length(1, LONGEST_TEXT))


class LiftedExclusion(Schema):
    """An exclusion that staff lifted: it keeps nobody out, and its match is marked."""

    company_id = fields.String()
    code = fields.String(validate=validate.OneOf(LIFTABLE))
    reason = fields.String()
    at = fields.String()


class ChangeCause(Schema):
    """Why a report was changed."""

    code = fields.String(
        metadata={
            "description": "company, partner, request, policy, text_engine, erased, or rebuilt (not known)"
        }
    )
    company_id = fields.String(metadata={"description": "of the causes company and erased"})
    version = fields.Integer(
        metadata={"description": "of the causes partner, request and policy: the new one"}
    )


class ChangedMatch(Schema):
    """A match by its place, from 1, among those of its need and role."""

    company_id = fields.String()
    need_id = fields.String()
    role = fields.String()
    place = fields.Integer()
    score = fields.Float()
    place_before = fields.Integer(metadata={"description": "of moved and rescored ones"})
    score_before = fields.Float(metadata={"description": "of moved and rescored ones"})


class ChangedQuestions(Schema):
    """How many questions of a match were answered, and how many are asked anew."""

    company_id = fields.String()
    need_id = fields.String()
    answered = fields.Integer()
    asked = fields.Integer()


class ChangedFlags(Schema):
    """Flags that a match has no more, and those it has got."""

    company_id = fields.String()
    need_id = fields.String()
    gone = fields.List(fields.String())
    added = fields.List(fields.String())


class ChangedExclusion(Schema):
    """A company and the code of what excludes it."""

    company_id = fields.String()
    code = fields.String()


class ReportChange(Schema):
    """What a version changed beside the one before it."""

    version = fields.Integer()
    from_version = fields.Integer()
    at = fields.String()
    causes = fields.List(fields.Nested(ChangeCause))
    entered = fields.List(fields.Nested(ChangedMatch))
    left = fields.List(fields.Nested(ChangedMatch))
    moved = fields.List(fields.Nested(ChangedMatch))
    rescored = fields.List(fields.Nested(ChangedMatch), metadata={"description": "another score, same place"})
    questions = fields.List(fields.Nested(ChangedQuestions))
    flags = fields.List(fields.Nested(ChangedFlags))
    excluded = fields.List(fields.Nested(ChangedExclusion))
    readmitted = fields.List(fields.Nested(ChangedExclusion))
    covered = fields.List(fields.String(), metadata={"description": "needs that have got a match"})
    uncovered = fields.List(fields.String(), metadata={"description": "needs that have no match any more"})
    companies = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "names by id; empty: erased"}
    )
    from_anyone = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={
            "description": "parts that strangers made of these companies, by id; staff have let them in"
        },
    )


class ReportChanges(Schema):
    """The changes of a report, the newest first."""

    request_id = fields.String()
    version = fields.Integer(metadata={"description": "the report's version now"})
    items = fields.List(fields.Nested(ReportChange))
