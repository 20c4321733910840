"""What the API of scoring policies takes and answers."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from services.matching.policies.domain.policy_checks import MOST_WEIGHT
from services.matching.policies.views import MOST_REQUESTS
from services.matching.refusals import LONGEST_TEXT
from services.matching.scoring.domain.policy import RULES, STANDARD_WEIGHTS
from shared.web.schemas import CountedDict, Strict

MOST_WEIGHTS = 100


def _number(low: float, high: float, whole: bool) -> fields.Field[Any]:
    about = {"description": f"from {low:g} to {high:g}"}
    return fields.Integer(strict=True, metadata=about) if whole else fields.Float(metadata=about)


Weights = Schema.from_dict(
    {part: _number(0, MOST_WEIGHT, False) for part in STANDARD_WEIGHTS}, name="PolicyWeights"
)
_RULE_FIELDS: dict[str, Any] = {name: _number(one.low, one.high, one.whole) for name, one in RULES.items()}


class DraftBody(Strict.from_dict(_RULE_FIELDS, name="PolicyRules")):  # type: ignore[misc]  # made of the rules
    """Weights as shares, scaled to sum to 100, and rules; a rule that is left out keeps its value."""

    weights = CountedDict(
        keys=fields.String(),
        values=fields.Float(),
        required=True,
        validate=validate.Length(max=MOST_WEIGHTS),
        metadata={"description": f"points by part ({', '.join(STANDARD_WEIGHTS)}), scaled to sum to 100"},
    )


class NewDraft(Strict):
    """Which version the draft begins as."""

    based_on = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 2**53),
        metadata={"description": "a version of the policy; left out: the active one"},
    )  # fmt: skip


class ActivationBody(Strict):
    """What the new policy is for, and which version it was compared with."""

    note = fields.String(required=True, validate=validate.Length(1, LONGEST_TEXT))
    active_version = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, 2**53),
        metadata={"description": "the version that was active when the draft was compared"},
    )  # fmt: skip


class PolicyContent(Schema.from_dict(_RULE_FIELDS, name="PolicyContent")):  # type: ignore[misc]
    """Weights and rules."""

    weights = fields.Nested(Weights)


class PolicyAnswer(PolicyContent):
    """A version that is or was active."""

    version = fields.Integer()
    active = fields.Boolean()
    note = fields.String()
    activated_at = fields.String(allow_none=True, metadata={"description": "null: the standard policy"})


class DraftAnswer(PolicyContent):
    """A policy that staff are changing."""

    id = fields.String()
    version = fields.Integer(metadata={"description": "counts the changes of the draft"})
    based_on = fields.Integer(metadata={"description": "the version of the policy that it began as"})
    updated_at = fields.String()


class PolicyList(Schema):
    """All versions, the newest first, and all drafts."""

    active_version = fields.Integer()
    items = fields.List(fields.Nested(PolicyAnswer))
    drafts = fields.List(fields.Nested(DraftAnswer))


class PreviewArgs(Schema):
    """How far a preview looks."""

    requests = fields.Integer(
        load_default=MOST_REQUESTS,
        validate=validate.Range(1, MOST_REQUESTS),
        metadata={"description": "requests to look at, at most"},
    )


class PreviewMatch(Schema):
    """A match by its place among those of its need and role."""

    company_id = fields.String()
    company_name = fields.String()
    need_id = fields.String()
    role = fields.String()
    place = fields.Integer()
    score = fields.Float()
    place_before = fields.Integer(
        metadata={"description": "of what moved: its place under the active policy"}
    )
    score_before = fields.Float(metadata={"description": "of what moved: its score under the active policy"})


class PreviewRequest(Schema):
    """One request for which the draft names other companies, or in another order."""

    request_id = fields.String()
    title = fields.String()
    status = fields.String()
    partner_id = fields.String()
    partner_name = fields.String()
    needs = fields.Integer()
    covered_by_active = fields.Integer(metadata={"description": "needs with a match under the active policy"})
    covered_by_draft = fields.Integer(metadata={"description": "needs with a match under the draft"})
    entered = fields.List(fields.Nested(PreviewMatch))
    left = fields.List(fields.Nested(PreviewMatch))
    moved = fields.List(fields.Nested(PreviewMatch))


class PreviewAgreement(Schema):
    """How many of the matches that staff decided on each policy names."""

    decided = fields.Integer()
    named_by_active = fields.Integer()
    named_by_draft = fields.Integer()
    active_share = fields.Float(allow_none=True)
    draft_share = fields.Float(allow_none=True)


class PreviewAgreements(Schema):
    """Agreement with what staff approved and rejected on the requests that were looked at."""

    approved = fields.Nested(PreviewAgreement)
    rejected = fields.Nested(PreviewAgreement)
    no_longer_there = fields.Integer(
        metadata={"description": "decisions on companies or needs that are gone, not counted"}
    )


class PreviewAnswer(Schema):
    """What a draft would change beside the active policy."""

    active_version = fields.Integer()
    looked_at = fields.Integer(metadata={"description": "requests that were compared, newest first"})
    of = fields.Integer(metadata={"description": "requests that are open or that staff decided on"})
    open_looked_at = fields.Integer()
    changed = fields.Integer()
    agreement = fields.Nested(PreviewAgreements)
    requests = fields.List(fields.Nested(PreviewRequest))
