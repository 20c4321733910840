"""The routes by which staff read scoring policies, change drafts, preview them and make one active."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, jsonify, request

from services.matching import tables
from services.matching.context import clock, database, ids
from services.matching.policies import schemas
from services.matching.policies.actions import activate_draft, change_draft, discard_draft, open_draft
from services.matching.policies.views import (
    BusyError,
    draft_view,
    preview_of,
    version_view,
    versions_view,
)
from services.matching.refusal_answers import refusals_as_problems
from services.matching.refusals import Refusal, RefusedError
from services.matching.scoring.domain.policy import STANDARD_WEIGHTS
from services.matching.scoring.store import Draft, get_draft
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
from shared.web.problems import Problem

Args = dict[str, Any]

blueprint = Blueprint(
    "policies", __name__, url_prefix="/api/v1/scoring-policies", description="Weights and rules of matching"
)

BLUEPRINTS = (blueprint,)

_MATCHED = "Send the draft's ETag as `If-Match`: 428 without it, 412 when the draft has changed."


@route(blueprint, "", "GET", "staff", "List scoring policies and drafts")
@answers(blueprint, 200, schemas.PolicyList)
def list_policies() -> Args:
    """List all versions, and the drafts."""
    with database().reading() as connection:
        return versions_view(connection)


@route(blueprint, "/<int:version>", "GET", "staff", "Read a version of the scoring policy")
@answers(blueprint, 200, schemas.PolicyAnswer)
def read_policy(version: int) -> Args:
    """Read one version; reports name the one that they were made under."""
    with database().reading() as connection:
        found = version_view(connection, version)
    if found is None:
        raise not_found("version of the scoring policy", str(version))
    return found


@route(
    blueprint, "/drafts", "POST", "staff", "Open a draft",
    description="It says what the named version says, the active one if none is named. Takes an `Idempotency-Key`.",
)  # fmt: skip
@body(blueprint, schemas.NewDraft, example={"based_on": 1})
@answers(blueprint, 201, schemas.DraftAnswer)
def create_draft(data: Args) -> Response:
    """Open a draft."""
    with refusals_as_problems(), database().writing() as connection:

        def act() -> Response:
            draft = open_draft(connection, data["based_on"], clock(), ids())
            answer = _draft_answer(draft, 201)
            answer.headers["Location"] = f"{request.script_root}{request.path}/{draft.id}"
            return answer

        return answer_once(connection, tables.idempotency, clock()(), act)


@route(blueprint, "/drafts/<draft_id>", "GET", "staff", "Read a draft")
@answers(blueprint, 200, schemas.DraftAnswer)
def read_draft(draft_id: str) -> Response:
    """Read a draft with its ETag."""
    return _draft_answer(_draft(draft_id), 200)


@route(blueprint, "/drafts/<draft_id>", "PUT", "staff", "Change a draft", description=_MATCHED)
@body(blueprint, schemas.DraftBody, example={"weights": dict(STANDARD_WEIGHTS), "floor": 40.0})
@answers(blueprint, 200, schemas.DraftAnswer)
def replace_draft(data: Args, draft_id: str) -> Response:
    """Replace the weights, and the rules that are given."""
    seen = required_version()
    weights, rules = data["weights"], {name: value for name, value in data.items() if name != "weights"}
    with _problems(), database().writing() as connection:
        draft = change_draft(connection, draft_id, seen, weights, rules, clock())
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
@query(blueprint, schemas.PreviewArgs)
@answers(blueprint, 200, schemas.PreviewAnswer)
def preview_draft(args: Args, draft_id: str) -> Args:
    """Say what the draft would change."""
    draft = _draft(draft_id)
    try:
        return preview_of(draft.policy, args["requests"])
    except BusyError as busy:
        why = "Another preview is being made; try again in a few seconds."
        raise Problem(503, why, headers={"Retry-After": "5"}) from busy


@route(
    blueprint, "/drafts/<draft_id>/activate", "POST", "staff", "Make a draft the active policy",
    description="The reports of open requests are made again under it; those of closed ones keep theirs. Answers 409 "
    "when another version has become active since the draft was compared. Takes an `Idempotency-Key`. " + _MATCHED,
)  # fmt: skip
@body(
    blueprint, schemas.ActivationBody, example={"note": "Words count more, areas less.", "active_version": 1}
)
@answers(blueprint, 201, schemas.PolicyAnswer)
def activate(data: Args, draft_id: str) -> Response:
    """Activate the version of the draft that was seen."""
    seen = required_version()
    with _problems(), database().writing() as connection:

        def act() -> Response:
            made = activate_draft(connection, draft_id, seen, data["active_version"], data["note"], clock())
            answer = jsonify(version_view(connection, made.version))
            answer.status_code = 201
            answer.headers["Location"] = f"{request.script_root}{blueprint.url_prefix}/{made.version}"
            return answer

        return answer_once(connection, tables.idempotency, clock()(), act)


@contextmanager
def _problems() -> Iterator[None]:
    """Answer a draft that changed with 412, wrong weights and rules with 422 that names each field."""
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


def _draft(draft_id: str) -> Draft:
    with database().reading() as connection:
        draft = get_draft(connection, draft_id)
    if draft is None:
        raise not_found("draft", draft_id)
    return draft


def _draft_answer(draft: Draft, status: int) -> Response:
    answer = jsonify(draft_view(draft))
    answer.status_code = status
    answer.headers["ETag"] = etag_of(draft.version)
    return answer
