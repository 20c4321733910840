"""What the API of plans takes and answers."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from services.matching.organisations.domain.roles import ROLES
from services.matching.planning.domain.introducing import BARS, Limits
from services.matching.refusals import LONGEST_TEXT
from services.matching.review.schemas import MOST_MATCHES, ApprovalBody
from shared.events.states import Introduction
from shared.web.schemas import CountedList, Strict

MOST_REQUESTS = 500
STANDARD = Limits()


class PlanArgs(Schema):
    """What to plan."""

    request = CountedList(
        fields.String(validate=validate.Length(1, 200)),
        load_default=list,
        validate=validate.Length(max=MOST_REQUESTS),
        metadata={"description": "match request id; may come several times; without it all open requests"},
    )
    per_request = fields.Integer(
        load_default=STANDARD.per_request,
        validate=validate.Range(1, 50),
        metadata={"description": "introductions a request gets at most, those approved already included"},
    )
    company_capacity = fields.Integer(
        load_default=STANDARD.company_capacity,
        validate=validate.Range(0, 1000),
        metadata={
            "description": "introductions in twelve months of a company whose profile gives no capacity"
        },
    )
    role = fields.String(load_default=None, validate=validate.OneOf(ROLES))


class PlannedPair(Schema):
    """A company for a request; `best_of_request`: the request by itself would take it."""

    company_id = fields.String()
    company_name = fields.String()
    network = fields.Boolean(metadata={"description": "not a member: planned after members"})
    role = fields.String()
    score = fields.Float(metadata={"description": "of its best match, 0 to 100; for staff only"})
    matches = fields.List(fields.String(), metadata={"description": "match ids to approve, best first"})
    best_of_request = fields.Boolean()


class LeftOutPair(PlannedPair):
    """A pair that is not in the plan."""

    full = fields.List(
        fields.String(),
        metadata={
            "description": "what is full: company, request, partner; met: meets it for another request"
        },
    )


class BarredPair(PlannedPair):
    """A pair that no plan takes."""

    bar = fields.String(metadata={"description": f"why: {', '.join(BARS)}"})


class PlannedRequest(Schema):
    """A request with whom it meets."""

    request_id = fields.String()
    report_version = fields.Integer(metadata={"description": "which an approval names"})
    title = fields.String()
    partner_id = fields.String()
    partner_name = fields.String()
    capacity_left = fields.Integer()
    introductions = fields.List(fields.Nested(PlannedPair))
    left_out = fields.List(fields.Nested(LeftOutPair))
    barred = fields.List(fields.Nested(BarredPair))


class PlannedCompany(Schema):
    """A company with what it still takes, what the plan gives it, and what the requests by themselves would."""

    company_id = fields.String()
    company_name = fields.String()
    capacity_left = fields.Integer()
    planned = fields.Integer()
    best_of_requests = fields.Integer()


class IntroductionPlanAnswer(Schema):
    """A plan; nothing of it is stored."""

    as_of = fields.String()
    per_request = fields.Integer()
    company_capacity = fields.Integer()
    role = fields.String(allow_none=True)
    score = fields.Float(metadata={"description": "the summed score, the greatest there is"})
    introductions = fields.Integer()
    changed = fields.Integer(metadata={"description": "pairs that requests by themselves would take instead"})
    requests = fields.List(fields.Nested(PlannedRequest))
    companies = fields.List(fields.Nested(PlannedCompany))


class PlanApproval(ApprovalBody):
    """What is approved of one report."""

    request_id = fields.String(required=True, validate=validate.Length(1, 200))

    class Meta(Strict.Meta):
        """The note stands beside the list."""

        exclude = ("note",)


class PlanApprovalBody(Strict):
    """Which matches of which reports are approved."""

    approvals = CountedList(
        fields.Nested(PlanApproval), required=True, validate=validate.Length(1, MOST_MATCHES)
    )
    note = fields.String(load_default="", validate=validate.Length(max=LONGEST_TEXT))


class ApprovedReport(Schema):
    """The introductions that came of one report."""

    request_id = fields.String()
    approval_id = fields.String()
    introductions = fields.List(fields.Nested(Introduction))


class PlanApprovalAnswer(Schema):
    """What came of an approved plan."""

    approvals = fields.List(fields.Nested(ApprovedReport))


class ConsortiumNeed(Schema):
    """A need of the request."""

    id = fields.String()
    title = fields.String()


class ConsortiumCompany(Schema):
    """A company of a set."""

    id = fields.String()
    name = fields.String()
    network = fields.Boolean()


class ServedNeed(Schema):
    """Who of a set serves a need best."""

    need_id = fields.String()
    company_id = fields.String()
    score = fields.Float()


class ConsortiumSet(Schema):
    """A set of companies that cover needs together."""

    companies = fields.List(fields.Nested(ConsortiumCompany))
    serves = fields.List(fields.Nested(ServedNeed))
    uncovered = fields.List(
        fields.String(), metadata={"description": "ids of the needs that the set leaves open"}
    )
    score = fields.Float(metadata={"description": "the summed score of who serves each need"})


class ConsortiaAnswer(Schema):
    """The best sets for a request, best first; nothing of it is stored."""

    request_id = fields.String()
    report_version = fields.Integer()
    needs = fields.List(fields.Nested(ConsortiumNeed))
    nobody = fields.List(
        fields.String(), metadata={"description": "ids of the needs that no company matches"}
    )
    alone = fields.List(
        fields.Nested(ConsortiumCompany), metadata={"description": "companies that match every need"}
    )
    consortia = fields.List(fields.Nested(ConsortiumSet))
    best_possible = fields.Boolean(
        metadata={
            "description": "whether it is proved that no set is better; of very many possible sets some are looked at"
        }
    )


class Step(Schema):
    """How many members had so many calls in twelve months; `to` null: and more."""

    low = fields.Integer(data_key="from", attribute="from")
    high = fields.Integer(data_key="to", attribute="to", allow_none=True)
    members = fields.Integer()


class SeenMember(Schema):
    """How often a member was seen in twelve months."""

    company_id = fields.String()
    company_name = fields.String()
    membership = fields.String()
    calls = fields.Integer(metadata={"description": "introductions that were approved"})
    meetings = fields.Integer(metadata={"description": "sessions of programmes, held"})
    ahead = fields.Integer(metadata={"description": "sessions of programmes, still to come"})
    last_introduced = fields.String(allow_none=True, metadata={"description": "ever; null: never"})
    matched = fields.Boolean(metadata={"description": "a report of an open request names it"})


class FairnessAnswer(Schema):
    """The active members, those called least first, and how the calls are spread."""

    as_of = fields.String()
    calls = fields.Integer()
    spread = fields.List(fields.Nested(Step))
    busiest_share = fields.Float(
        metadata={"description": "0 to 1: what part of the calls went to the tenth of members with the most"}
    )
    never_introduced = fields.List(fields.String(), metadata={"description": "company ids"})
    never_matched = fields.List(fields.String(), metadata={"description": "company ids"})
    members = fields.List(fields.Nested(SeenMember))


class AlsoLookAt(Schema):
    """A small member that was not introduced in twelve months."""

    company_id = fields.String()
    company_name = fields.String()
    need_id = fields.String()
    score = fields.Float()
    match = fields.Boolean(metadata={"description": "the report names it; false: it is near the floor"})


class AlsoLookAtAnswer(Schema):
    """Whom to look at besides; no score and no order is changed by it."""

    request_id = fields.String()
    report_version = fields.Integer()
    rarely_seen = fields.Integer(metadata={"description": "small members without a call in twelve months"})
    looked_at = fields.Integer()
    best = fields.Nested(AlsoLookAt, allow_none=True)


class NeedKey(Schema):
    """Which need."""

    request_id = fields.String()
    need_id = fields.String()


class GapLine(NeedKey):
    """A need that no company covers."""

    partner_id = fields.String()
    partner_name = fields.String()
    country = fields.String()
    title = fields.String()
    text = fields.String()
    areas = fields.List(fields.String(), metadata={"description": "focus areas"})
    concepts = fields.List(fields.String(), metadata={"description": "concepts that its words mention"})


class GapGroup(Schema):
    """Needs that a focus area or a concept has in common; the empty code: those that have none."""

    code = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())
    uncovered = fields.Integer()
    asked = fields.Integer(allow_none=True, metadata={"description": "covered or not; null: not counted"})
    partners = fields.Integer(metadata={"description": "how many partners ask"})
    gaps = fields.List(fields.Nested(NeedKey))


class GapsAnswer(Schema):
    """The needs of open requests that no company covers, the groups with the most of them first."""

    as_of = fields.String()
    needs = fields.Integer(metadata={"description": "of open requests with a report"})
    uncovered = fields.Integer()
    gaps = fields.List(fields.Nested(GapLine))
    by_area = fields.List(fields.Nested(GapGroup))
    by_concept = fields.List(fields.Nested(GapGroup))
