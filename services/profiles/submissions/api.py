"""The addresses of submissions: the sender's by the link, staff's; and the answer to what strangers post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, json, url_for

from services.profiles.organisations.api import TakeIn
from services.profiles.organisations.schemas.posted import Followed, Receipt
from services.profiles.refusals import wrong
from services.profiles.submissions import actions, store
from services.profiles.submissions.actions import LettingIn, aggregate_of
from services.profiles.submissions.domain.submission import AGGREGATES, Submission
from services.profiles.submissions.follow_link import (
    NOT_KEPT,
    digest_of,
    follow_link,
    follow_token,
    token_digest,
)
from services.profiles.submissions.schemas import (
    ChangeArgs,
    Changes,
    LetIn,
    NotTaken,
    QueuedSubmission,
    SubmissionFilters,
    SubmissionPage,
    ToWithdraw,
    Withdrawn,
)
from services.profiles.submissions.sent import understood
from services.profiles.submissions.store import Asked
from services.profiles.submissions.views import (
    KnownOrganisations,
    Row,
    named_record,
    queue,
    rows_of,
)
from services.profiles.tables import idempotency
from shared.clock import Clock
from shared.ids import IdSource
from shared.storage.engine import Database
from shared.web.answer_once import answer_once
from shared.web.api import Blueprint, answers, body, not_found, query, route
from shared.web.problems import Problem
from shared.web.sender import sender_digest


def taking_in(database: Database, clock: Clock, ids: IdSource) -> TakeIn:
    """Make the function that keeps what a stranger posts, and answers 202 with a receipt."""

    def take_in(kind: str, loaded: dict[str, Any]) -> Response:
        read, now, source = understood(kind, loaded), clock(), sender_digest()

        def act() -> Response:
            kept = actions.take(connection, kind, read, now, ids, source, digest_of)
            # What is kept for the key names the submission and holds nothing of it, nor the link.
            return _json({"submission": kept.id}, 202)

        with database.writing() as connection:
            answer = answer_once(connection, idempotency, now, act, caller=source)
            found = answer.get_json() if answer.status_code == 202 else {}
            kept = store.get_submission(connection, found.get("submission", ""))
        if answer.status_code == 202 and kept is None:
            raise Problem(410, "What was sent under this Idempotency-Key is not kept any more.")
        if kept is None:
            return answer
        receipt = Receipt().dump(
            {
                **_shown(kept),
                "status": "waiting",
                "ignored": [fault.to_json() for fault in read.ignored],
                "follow": follow_link(kept),
            }
        )
        response = _json(receipt, 202)
        response.headers["Location"] = url_for("submissions.follow", token=follow_token(kept.id))
        if "Idempotency-Replayed" in answer.headers:
            response.headers["Idempotency-Replayed"] = "true"
        response.headers.update(NOT_KEPT)
        return response

    return take_in


def submissions_blueprint(
    database: Database, clock: Clock, ids: IdSource, known: KnownOrganisations
) -> Blueprint:
    """Make the blueprint of submissions over a database."""
    blueprint = Blueprint(
        "submissions",
        __name__,
        url_prefix="/api/v1/submissions",
        description="What came in without an account.",
    )

    @route(blueprint, "/follow/<token>", "GET", "anyone", "Follow a submission by its link")
    @answers(blueprint, 200, Followed)
    def follow(token: str) -> Response:
        with database.reading() as connection:
            found = store.get_followed(connection, token_digest(token))
        return _followed(found)

    @route(blueprint, "/follow/<token>/withdraw", "POST", "anyone", "Withdraw a submission by its link")
    @answers(blueprint, 200, Followed)
    def withdraw_own(token: str) -> Response:
        with database.reading() as connection:
            found = store.get_followed(connection, token_digest(token))
        if found is not None:  # whoever guesses does not keep the others from writing
            with database.writing() as connection:
                found = actions.withdraw_own(connection, token_digest(token), clock())
        return _followed(found)

    @route(blueprint, "", "GET", "staff", "List submissions")
    @query(blueprint, SubmissionFilters)
    @answers(blueprint, 200, SubmissionPage)
    def list_all(asked: dict[str, Any]) -> dict[str, Any]:
        wanted = Asked(
            status=asked["status"],
            kind=AGGREGATES.get(asked["kind"], asked["kind"]),
            source_of=asked["source_of"],
            name=asked["q"],
            page=asked["page"],
            page_size=asked["page_size"],
        )
        with database.reading() as connection:
            found = queue(connection, wanted, known)
        return {
            "items": [_queued(row) for row in found.rows],
            "page": wanted.page,
            "page_size": wanted.page_size,
            "total": found.total,
        }

    @route(blueprint, "/<id>", "GET", "staff", "Read a submission")
    @answers(blueprint, 200, QueuedSubmission)
    def read(id: str) -> dict[str, Any]:
        with database.reading() as connection:
            return _of(connection, id)

    @route(blueprint, "/<id>/changes", "GET", "staff", "Read what a submission would change in a record")
    @query(blueprint, ChangeArgs)
    @answers(blueprint, 200, Changes)
    def changes(asked: dict[str, Any], id: str) -> dict[str, Any]:
        with database.reading() as connection:
            found = store.get_submission(connection, id)
            if found is None:
                raise not_found("submission", id[:100])
            record = named_record(connection, found, asked["record_id"])
            if record is None:
                raise not_found(aggregate_of(found.kind), asked["record_id"])
            listed = actions.changes_in(found, record)
        return {
            "record_id": record["id"],
            "record_version": record["version"],
            "changes": listed,
        }

    @route(blueprint, "/<id>/let-in", "POST", "staff", "Let a submission in")
    @body(blueprint, LetIn, example={})
    @answers(blueprint, 200, QueuedSubmission)
    def let_in(how: dict[str, Any], id: str) -> dict[str, Any]:
        chosen = frozenset(how.pop("fields_"))
        asked = LettingIn(**how, fields=chosen)
        with database.writing() as connection:
            actions.let_in(connection, id, asked, clock(), ids)
            return _of(connection, id)

    @route(blueprint, "/<id>/refuse", "POST", "staff", "Say that a submission is not taken")
    @body(blueprint, NotTaken, example={"reason": "We have no members in this field."})
    @answers(blueprint, 200, QueuedSubmission)
    def refuse(given: dict[str, Any], id: str) -> dict[str, Any]:
        with database.writing() as connection:
            actions.refuse(connection, id, given["reason"], clock())
            return _of(connection, id)

    @route(blueprint, "/<id>/undo", "POST", "staff", "Take a decision on a submission back")
    @answers(blueprint, 200, QueuedSubmission)
    def undo(id: str) -> dict[str, Any]:
        with database.writing() as connection:
            actions.undo(connection, id, clock())
            return _of(connection, id)

    @route(
        blueprint,
        "/withdraw",
        "POST",
        "staff",
        "Withdraw submissions",
        description="Records that they made are withdrawn too; changes that they brought are taken back.",
    )
    @body(blueprint, ToWithdraw, example={"source_of": "0f3c"})
    @answers(blueprint, 200, Withdrawn)
    def withdraw(given: dict[str, Any]) -> dict[str, Any]:
        if bool(given["ids"]) == bool(given["source_of"]):
            raise wrong("ids", "or source_of is needed, and not both", "say which submissions")
        with database.writing() as connection:
            done = (
                actions.withdraw(connection, given["ids"], clock())
                if given["ids"]
                else actions.withdraw_from_source(connection, given["source_of"], clock())
            )
        return {
            "withdrawn": [one.id for one in done],
            "not_put_back": [
                {"submission": one.id, "kind": record.kind, "id": record.id, "fields_": sorted(record.after)}
                for one in done
                for record in one.not_put_back
            ],
        }

    def _of(connection: Any, id: str) -> dict[str, Any]:
        found = store.get_submission(connection, id)
        if found is None:
            raise not_found("submission", id[:100])
        return _queued(rows_of(connection, [found], known)[0])

    return blueprint


def _followed(found: Submission | None) -> Response:
    if found is None:
        raise not_found("submission", "of this link")
    response = _json(Followed().dump(_shown(found)), 200)
    response.headers.update(NOT_KEPT)
    return response


def _shown(submission: Submission) -> dict[str, Any]:
    """Return what a sender may see: nothing of any record."""
    return {
        "id": submission.id,
        "kind": aggregate_of(submission.kind),
        "status": submission.status.value,
        "received_at": submission.received_at,
        "decided_at": submission.decided_at,
        "reason": submission.reason,
        "submitted": submission.sent,
    }


def _queued(row: Row) -> dict[str, Any]:
    one = row.submission
    return {
        **_shown(one),
        "decided_by": one.decided_by,
        "from_source": row.from_source,
        "likely": [
            {
                "id": like.known.id,
                "name": like.known.name,
                "country": like.known.country,
                "reasons": like.reasons,
            }
            for like in row.likely
        ],
        "records": [
            {**vars(record), "not_put_back": sorted(record.after) if record in one.not_put_back else []}
            for record in one.records
        ],
    }


def _json(value: Mapping[str, Any], status: int) -> Response:
    text = json.dumps(value, ensure_ascii=False)
    response: Response = current_app.response_class(text, status=status, mimetype="application/json")
    return response
