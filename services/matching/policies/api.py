"""The routes by which staff read scoring policies, change drafts, preview them and make one active."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, current_app, jsonify, request
from marshmallow import Schema, fields, validate

from services.matching import tables
from services.matching.context import database
from services.matching.policies.actions import activate_draft, change_draft, discard_draft, open_draft
from services.matching.policies.domain.checks import MOST_WEIGHT, BadPolicyError
from services.matching.policies.previews import MOST_REQUESTS, BusyError, Previews, preview_to_json
from services.matching.refusals import LONGEST_TEXT, Refusal, RefusedError, refusals_as_problems
from services.matching.scoring import store as policies
from services.matching.scoring.domain.policy import RULES, STANDARD_WEIGHTS, policy_to_json
from services.matching.scoring.store import Draft, PolicyVersion
from shared.web.answer_once import answer_once
from shared.web.api import (
    Blueprint,
    answers,
    body,
    etag_of,
    not_found,
    query,
    required_version,
    route,
    stale_version,
)
from shared.web.problems import Problem, field_error
from shared.web.schemas import Strict

Args = dict[str, Any]

blueprint = Blueprint(
    "policies", __name__, url_prefix="/api/v1/scoring-policies", description="Weights and rules of matching"
)

BLUEPRINTS = (blueprint,)

_MATCHED = "Send the draft's ETag as `If-Match`: 428 without it, 412 when the draft has changed."


def _number(low: float, high: float, whole: bool) -> fields.Field[Any]:
    about = {"description": f"from {low:g} to {high:g}"}
    return fields.Integer(strict=True, metadata=about) if whole else fields.Float(metadata=about)


Weights = Schema.from_dict(
    {part: _number(0, MOST_WEIGHT, False) for part in STANDARD_WEIGHTS}, name="PolicyWeights"
)
_RULE_FIELDS: dict[str, Any] = {name: _number(one.low, one.high, one.whole) for name, one in RULES.items()}


class DraftBody(Strict.from_dict(_RULE_FIELDS, name="PolicyRules")):  # type: ignore[misc]  # made of the rules
    """Weights as shares, scaled to sum to 100, and rules; a rule that is left out keeps its value."""

    weights = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        required=True,
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


@route(blueprint, "", "GET", "staff", "List scoring policies and drafts")
@answers(blueprint, 200, PolicyList)
def list_policies() -> Args:
    """List all versions, and the drafts."""
    with database().reading() as connection:
        versions, drafts = policies.list_versions(connection), policies.list_drafts(connection)
    active = next(one.policy.version for one in versions if one.active)
    return {
        "active_version": active,
        "items": [_version_json(one) for one in versions],
        "drafts": [_draft_json(one) for one in drafts],
    }


@route(blueprint, "/<int:version>", "GET", "staff", "Read a version of the scoring policy")
@answers(blueprint, 200, PolicyAnswer)
def read_policy(version: int) -> Args:
    """Give one version; reports name the one that they were made under."""
    with database().reading() as connection:
        found = policies.get_version(connection, version)
    if found is None:
        raise not_found("version of the scoring policy", str(version))
    return _version_json(found)


@route(
    blueprint, "/drafts", "POST", "staff", "Open a draft",
    description="It says what the named version says, the active one if none is named. Takes an `Idempotency-Key`.",
)  # fmt: skip
@body(blueprint, NewDraft, example={"based_on": 1})
@answers(blueprint, 201, DraftAnswer)
def create_draft(data: Args) -> Response:
    """Open a draft."""
    clock, ids = current_app.config["CLOCK"], current_app.config["IDS"]
    with refusals_as_problems(), database().writing() as connection:

        def act() -> Response:
            draft = open_draft(connection, data["based_on"], clock, ids)
            answer = _draft_answer(draft, 201)
            answer.headers["Location"] = f"{request.script_root}{request.path}/{draft.id}"
            return answer

        return answer_once(connection, tables.idempotency, clock(), act)


@route(blueprint, "/drafts/<draft_id>", "GET", "staff", "Read a draft")
@answers(blueprint, 200, DraftAnswer)
def read_draft(draft_id: str) -> Response:
    """Give a draft with its ETag."""
    return _draft_answer(_draft(draft_id), 200)


@route(blueprint, "/drafts/<draft_id>", "PUT", "staff", "Change a draft", description=_MATCHED)
@body(blueprint, DraftBody, example={"weights": dict(STANDARD_WEIGHTS), "floor": 40.0})
@answers(blueprint, 200, DraftAnswer)
def replace_draft(data: Args, draft_id: str) -> Response:
    """Replace the weights, and the rules that are given."""
    seen = required_version()
    weights, rules = data["weights"], {name: value for name, value in data.items() if name != "weights"}
    with _problems(), database().writing() as connection:
        draft = change_draft(connection, draft_id, seen, weights, rules, current_app.config["CLOCK"])
    return _draft_answer(draft, 200)


@route(blueprint, "/drafts/<draft_id>", "DELETE", "staff", "Discard a draft", description=_MATCHED)
@answers(blueprint, 204)
def delete_draft(draft_id: str) -> Response:
    """Discard a draft."""
    seen = required_version()
    with _problems(), database().writing() as connection:
        discard_draft(connection, draft_id, seen)
    return Response(status=204)


@route(
    blueprint, "/drafts/<draft_id>/preview", "GET", "staff", "Preview a draft",
    description="Compares the draft with the active policy on the requests that are open or that staff decided on, "
    "those with the newest change first, for a few seconds: `looked_at` says how many of them. Keeps nothing. Answers "
    "503 while other previews are being made.",
)  # fmt: skip
@query(blueprint, PreviewArgs)
@answers(blueprint, 200, PreviewAnswer)
def preview_draft(args: Args, draft_id: str) -> Args:
    """Say what the draft would change."""
    draft = _draft(draft_id)
    previews: Previews = current_app.extensions["handslag-previews"]
    try:
        return preview_to_json(previews.make(draft.policy, most=args["requests"]))
    except BusyError as busy:
        why = "Another preview is being made; try again in a few seconds."
        raise Problem(503, why, headers={"Retry-After": "5"}) from busy


@route(
    blueprint, "/drafts/<draft_id>/activate", "POST", "staff", "Make a draft the active policy",
    description="The reports of open requests are made again under it; those of closed ones keep theirs. Answers 409 "
    "when another version has become active since the draft was compared. Takes an `Idempotency-Key`. " + _MATCHED,
)  # fmt: skip
@body(blueprint, ActivationBody, example={"note": "Words count more, areas less.", "active_version": 1})
@answers(blueprint, 201, PolicyAnswer)
def activate(data: Args, draft_id: str) -> Response:
    """Activate the version of the draft that was seen."""
    clock, seen = current_app.config["CLOCK"], required_version()
    with _problems(), database().writing() as connection:

        def act() -> Response:
            made = activate_draft(connection, draft_id, seen, data["active_version"], data["note"], clock)
            found = policies.get_version(connection, made.version)
            assert found is not None
            answer = jsonify(_version_json(found))
            answer.status_code = 201
            answer.headers["Location"] = f"{request.script_root}{blueprint.url_prefix}/{made.version}"
            return answer

        return answer_once(connection, tables.idempotency, clock(), act)


@contextmanager
def _problems() -> Iterator[None]:
    """Have a draft that changed answered with 412, wrong weights and rules with 422 that names each field."""
    try:
        with refusals_as_problems():
            try:
                yield
            except RefusedError as refused:
                if refused.kind == Refusal.STALE and refused.current_version is not None:
                    raise stale_version(refused.current_version) from refused
                if refused.kind == Refusal.CONFLICT and refused.current_version is not None:
                    raise Problem(
                        409, str(refused), extra={"active_version": refused.current_version}
                    ) from refused
                raise
    except BadPolicyError as bad:
        errors = [
            field_error(one.field, one.problem % one.values, one.fix % one.values) for one in bad.faults
        ]
        raise Problem(422, "The weights or rules cannot be used.", errors=errors) from bad


def _draft(draft_id: str) -> Draft:
    with database().reading() as connection:
        draft = policies.get_draft(connection, draft_id)
    if draft is None:
        raise not_found("draft", draft_id)
    return draft


def _draft_json(draft: Draft) -> Args:
    return {
        "id": draft.id,
        "version": draft.version,
        "based_on": draft.based_on,
        "updated_at": draft.updated_at,
        **policy_to_json(draft.policy),
    }


def _version_json(one: PolicyVersion) -> Args:
    return {
        "version": one.policy.version,
        "active": one.active,
        "note": one.note,
        "activated_at": one.activated_at,
        **policy_to_json(one.policy),
    }


def _draft_answer(draft: Draft, status: int) -> Response:
    answer = jsonify(_draft_json(draft))
    answer.status_code = status
    answer.headers["ETag"] = etag_of(draft.version)
    return answer
