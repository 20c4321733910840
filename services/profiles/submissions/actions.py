"""What is done with submissions: taking one in, letting it in, refusing it, withdrawing it, taking that back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from services.profiles.i18n import N_
from services.profiles.organisations import actions as organisations
from services.profiles.organisations import store as records
from services.profiles.organisations.domain.codes import (
    COMPANIES,
    KINDS,
    PARTNERS,
    REQUESTS,
    VISITS,
    Status,
)
from services.profiles.organisations.domain.plain_text import TextError, clean_text
from services.profiles.organisations.domain.profile_state import fields_of
from services.profiles.organisations.domain.provenance import LET_IN, part_of
from services.profiles.refusals import Refusal, RefusedError, wrong
from services.profiles.submissions import store
from services.profiles.submissions.domain.rates import MOST_BYTES, MOST_WAITING, seconds_to_wait
from services.profiles.submissions.domain.record_changes import RecordChange, changes_of
from services.profiles.submissions.domain.submission import (
    LONGEST_REASON,
    DecidedBy,
    RecordOf,
    Submission,
    SubmissionStatus,
)
from services.profiles.submissions.domain.taking_back import handed_on, narrowed, put_back
from services.profiles.submissions.sent import Understood, whole_of
from shared.clock import to_text
from shared.events.origins import PROVENANCE
from shared.ids import IdSource
from shared.words.membership import Membership

MOST_NAMED = 10
"""Records that a refusal names."""


@dataclass(frozen=True)
class LettingIn:
    """How staff let a submission in.

    As new where `record_id` is None; `partner_id` is then the partner of a request (None: made of what was sent),
    `membership` that of a company (None: network), `with_visit` whether the visit that a request names is its own.
    Otherwise as a change of the named fields of a record at the version that staff saw.
    """

    record_id: str | None = None
    record_version: int | None = None
    fields: frozenset[str] = frozenset()
    partner_id: str | None = None
    membership: str | None = None
    with_visit: bool = False


def take(
    connection: Connection,
    kind: str,
    read: Understood,
    now: datetime,
    ids: IdSource,
    source: str,
    token_digest: Callable[[str], str],
) -> Submission:
    """Keep what a stranger sent, and return it. Nothing else is read: what is here makes no difference.

    `token_digest` makes the digest of the follow link's token from the submission's id. Raises RefusedError for a
    source that has sent too many, for what is too large, and where too much waits.
    """
    _refuse_too_much(connection, read.sent)
    store.lock_source(connection, source)
    refuse_too_many(connection, source, now)
    submission = Submission(
        id=ids(),
        kind=kind,
        status=SubmissionStatus.WAITING,
        received_at=to_text(now),
        sent=read.sent,
        source=source,
    )
    store.add_submission(connection, submission, token_digest(submission.id))
    return submission


def _refuse_too_much(connection: Connection, sent: Mapping[str, Any]) -> None:
    size = len(json.dumps(sent, ensure_ascii=False).encode())
    if size > MOST_BYTES:
        raise RefusedError(
            Refusal.TOO_LARGE,
            N_("this is too large: it has %(size)s bytes and may have %(most)s; make its texts shorter"),
            size=size,
            most=MOST_BYTES,
        )
    if store.get_waiting(connection).number >= MOST_WAITING:
        raise RefusedError(Refusal.FULL, N_("too much waits to be looked at; send it again later"))


def refuse_too_many(connection: Connection, source: str, now: datetime) -> None:
    """Raise RefusedError where so much of a source is kept that it has to wait before it may send more."""
    seconds = seconds_to_wait(lambda since: store.get_sent_since(connection, source, since), now)
    if seconds:
        raise too_many(seconds)


def too_many(seconds: int) -> RefusedError:
    """Make the refusal of who has sent too many and may send again in some seconds."""
    return RefusedError(
        Refusal.TOO_MANY,
        N_("too many submissions came from your address; send it again in %(seconds)s seconds"),
        seconds=seconds,
    )


def let_in(connection: Connection, id: str, how: LettingIn, now: datetime, ids: IdSource) -> Submission:
    """Let a submission in, as new or as a change of a record, and return it with the records that came of it.

    Raises RefusedError for one that is unknown or decided, and for what cannot be let in so; EventTooLargeError.
    """
    if how.membership is not None and how.membership not in list(Membership):
        raise wrong("membership", N_("is none that there is"), N_("choose one of the list"))
    _refuse_mixture(how)
    submission = _waiting(connection, id)
    if how.record_id is None:
        made = _as_new(connection, submission, how, now, ids)
    else:
        made = (_as_change(connection, submission, how.record_id, how, now),)
    kept = (*submission.records, *made)
    return _decide(connection, submission, SubmissionStatus.LET_IN, DecidedBy.STAFF, now, records=kept)


def _refuse_mixture(how: LettingIn) -> None:
    """Refuse what says both that a submission is new and that it changes a record."""
    if how.record_id is None and (how.fields or how.record_version is not None):
        raise wrong("record_id", N_("is missing"), N_("say which record the fields are of"))
    if how.record_id is not None and how.record_version is None:
        raise wrong("record_version", N_("is missing"), N_("look at the changes again"))
    if how.record_id is not None and (how.partner_id or how.membership or how.with_visit):
        raise wrong(
            "record_id", N_("is a record that is here"), N_("leave out what only a new record would have")
        )


def refuse(connection: Connection, id: str, reason: str, now: datetime) -> Submission:
    """Say that a submission is not taken; its sender may read the reason. Raises RefusedError."""
    try:
        reason = clean_text(reason, lines=True)
    except TextError as error:
        raise wrong("reason", error.problem, error.fix, **error.values) from error
    if not reason:
        raise wrong("reason", N_("is empty"), N_("write why it is not taken"))
    if len(reason) > LONGEST_REASON:
        raise wrong("reason", N_("is too long"), N_("write at most %(most)s characters"), most=LONGEST_REASON)
    submission = _waiting(connection, id)
    return _decide(connection, submission, SubmissionStatus.NOT_TAKEN, DecidedBy.STAFF, now, reason=reason)


def withdraw_own(connection: Connection, token_digest: str, now: datetime) -> Submission | None:
    """Withdraw a submission for its sender; a second time changes nothing. None where no link has this token.

    Raises RefusedError for one that staff have decided on.
    """
    submission = store.get_followed(connection, token_digest, lock=True)
    if submission is None or submission.status is SubmissionStatus.WITHDRAWN:
        return submission
    if not submission.waits:
        raise _decided()
    return _decide(connection, submission, SubmissionStatus.WITHDRAWN, DecidedBy.SENDER, now)


def withdraw(connection: Connection, ids: Sequence[str], now: datetime) -> list[Submission]:
    """Withdraw submissions and the records that they made; what is withdrawn already stays as it is.

    A change that one let in is put back where the record still says what it brought; the rest stays with the
    submission as not put back. Returns those that were withdrawn now, the last decided first; unknown ids are passed
    over. Raises RefusedError where a match request or visit of others is for a partner that one made.
    """
    locked = [store.get_submission(connection, id, lock=True) for id in sorted(set(ids))]
    found = [one for one in locked if one is not None and one.status is not SubmissionStatus.WITHDRAWN]
    done = []
    for submission in sorted(found, key=_decided_when, reverse=True):
        kept = _take_back(connection, submission, now)
        status, by = SubmissionStatus.WITHDRAWN, DecidedBy.STAFF
        done.append(_decide(connection, submission, status, by, now, submission.reason, kept))
    return done


def withdraw_from_source(connection: Connection, id: str, now: datetime) -> list[Submission]:
    """Withdraw all that came from the same source as a submission; that one alone where its source is forgotten."""
    return withdraw(connection, ids_from_source(connection, id), now)


def ids_from_source(connection: Connection, id: str, until: str = "") -> list[str]:
    """Return the ids of what came from the source of a submission, and is not withdrawn: see `list_ids_from`.

    That one alone where its source is forgotten. Raises RefusedError for one that is unknown.
    """
    submission = _known(connection, id)
    return [id] if submission.source is None else store.list_ids_from(connection, submission.source, until)


def undo(connection: Connection, id: str, now: datetime) -> Submission:
    """Take a decision of staff back: what was made is withdrawn, what was changed is as before, and it waits again.

    What cannot be put back, because it was changed since, stays with the submission. One that was withdrawn with the
    records that it had made is let in again, with those that nobody has touched since.
    Raises RefusedError for one that is unknown, waits or was withdrawn by its sender, and where what is taken back is
    named by others.
    """
    submission = _known(connection, id, lock=True)
    if submission.decided_by is not DecidedBy.STAFF:
        raise RefusedError(Refusal.DECIDED, "there is no decision of staff to take back")
    if submission.status is SubmissionStatus.WITHDRAWN and (back := _bring_back(connection, submission, now)):
        return _decide(connection, submission, SubmissionStatus.LET_IN, DecidedBy.STAFF, now, records=back)
    kept = tuple(record for record in _take_back(connection, submission, now) if record.after)
    again = replace(
        submission,
        status=SubmissionStatus.WAITING,
        decided_at=None,
        decided_by=None,
        reason="",
        records=kept,
    )
    store.save_submission(connection, again)
    return again


def changes_in(submission: Submission, state: Mapping[str, Any]) -> list[RecordChange]:
    """List what a submission would change in a record of its kind, field by field."""
    whole = whole_of(submission.kind, submission.sent)
    return changes_of(submission.kind, state, submission.sent, whole)


def _as_new(
    connection: Connection, submission: Submission, how: LettingIn, now: datetime, ids: IdSource
) -> tuple[RecordOf, ...]:
    fields = whole_of(submission.kind, submission.sent)
    if submission.kind != REQUESTS:
        return (_create(connection, submission.kind, fields, how, now, ids),)
    described = fields.pop("partner", None)
    made = []
    partner_id = how.partner_id or (None if described else submission.partner_id)
    if partner_id is None:
        needs = described.get("needs") or ([] if described.get("need") else fields["needs"])
        partner = _create(connection, PARTNERS, {**described, "needs": needs}, how, now, ids)
        made.append(partner)
        partner_id = partner.id
    if not how.with_visit:
        fields["visit_id"] = None
    asked = {**fields, "partner_id": partner_id}
    made.append(_create(connection, REQUESTS, asked, how, now, ids))
    return tuple(made)


def _create(
    connection: Connection,
    kind: str,
    fields: Mapping[str, Any],
    how: LettingIn,
    now: datetime,
    ids: IdSource,
) -> RecordOf:
    given = dict(fields)
    if kind == COMPANIES:
        given["membership"] = how.membership
    state = organisations.create(connection, kind, given, now, ids, LET_IN)
    return RecordOf(kind, state["id"], state["version"], made=True)


def _as_change(
    connection: Connection, submission: Submission, record_id: str, how: LettingIn, now: datetime
) -> RecordOf:
    kind = submission.kind
    current = records.get_profile(connection, kind, record_id, lock=True)
    if current is None:
        raise wrong("record_id", N_("names nothing that is here"), N_("choose a record of this kind"))
    changes = changes_in(submission, current)
    if unknown := sorted(how.fields - submission.sent.keys() - {one.field for one in changes}):
        raise wrong(
            "fields",
            N_("names what was not sent: %(names)s"),
            N_("choose from the changes"),
            names=", ".join(unknown),
        )
    chosen = [one for one in changes if one.field in how.fields]
    if not chosen:
        raise wrong("fields", N_("names nothing that would change"), N_("choose at least one field"))
    state = organisations.replace(
        connection,
        kind,
        record_id,
        {**fields_of(current), **{one.field: one.after for one in chosen}},
        now,
        how.record_version,
        LET_IN,
    )
    before, after = current.get(PROVENANCE) or {}, state.get(PROVENANCE) or {}
    parts = sorted(after.keys() & {part_of(one.field) for one in chosen})
    return RecordOf(
        kind,
        record_id,
        state["version"],
        made=False,
        before={one.field: one.before for one in chosen},
        after={one.field: state.get(one.field) for one in chosen},
        provenance_before={part: before.get(part) for part in parts},
        provenance_after={part: after[part] for part in parts},
    )


def _decided_when(submission: Submission) -> tuple[str, int]:
    return submission.decided_at or "", max((record.version for record in submission.records), default=0)


def _take_back(connection: Connection, submission: Submission, now: datetime) -> tuple[RecordOf, ...]:
    """Withdraw the records that a submission made, the last first, and put back what it changed.

    Returns the records that it has, each with those of its changes alone that are not put back.
    """
    kept = []
    for record in reversed(submission.records):
        current = records.get_profile(connection, record.kind, record.id, lock=True)
        left: frozenset[str] = frozenset()
        if current is not None and record.made:
            _refuse_named(connection, record)
            withdrawn = organisations.withdraw(connection, record.kind, record.id, now, None)
            if withdrawn["version"] != current["version"]:
                record = replace(record, version=withdrawn["version"])
        elif current is not None:
            fields, parts = _hand_on(connection, submission, record)
            back = put_back(record, current, parts)
            organisations.put_back(connection, record.kind, current, back.fields, back.provenance, now)
            left = back.left - fields
        kept.append(narrowed(record, left))
    return tuple(reversed(kept))


def _refuse_named(connection: Connection, record: RecordOf) -> None:
    """Refuse to withdraw a partner that match requests or visits are for: they would be for nobody."""
    if record.kind != PARTNERS:
        return
    named = [
        state["id"]
        for kind in (REQUESTS, VISITS)
        for state in records.list_profiles(
            connection,
            kind,
            records.Wanted(KINDS[kind].first_status, partner_id=record.id, page_size=MOST_NAMED),
        )
    ]
    if named:
        raise RefusedError(
            Refusal.NAMED,
            N_(
                "%(ids)s are for %(id)s, which it made: withdraw those first, or name another organisation there"
            ),
            ids=", ".join(named[:MOST_NAMED]),
            id=record.id,
        )


def _bring_back(connection: Connection, submission: Submission, now: datetime) -> tuple[RecordOf, ...]:
    """Reopen the records that were withdrawn with a submission, unless others wrote in them since.

    Returns all records of the submission; none where nothing was reopened.
    """
    found = False
    back = []
    for record in submission.records:
        current = records.get_profile(connection, record.kind, record.id, lock=True) if record.made else None
        if current and (current["status"], current["version"]) == (Status.WITHDRAWN, record.version):
            state = organisations.reopen(connection, record.kind, record.id, now, record.version)
            record = replace(record, version=state["version"])
            found = True
        back.append(record)
    return tuple(back) if found else ()


def _hand_on(connection: Connection, submission: Submission, taken: RecordOf) -> tuple[set[str], set[str]]:
    """Have later changes of the same record go back to what a change that is taken back had found.

    Returns the fields that a later change puts back, and the parts that one has a share in.
    """
    fields: set[str] = set()
    parts: set[str] = set()
    for other in store.list_with_record(connection, taken.kind, taken.id, lock=True):
        if other.id == submission.id or other.status is not SubmissionStatus.LET_IN:
            continue
        handed = []
        for one in other.records:
            later = (one.kind, one.id) == (taken.kind, taken.id) and one.version > taken.version
            handed.append(handed_on(taken, one) if later else one)
            parts |= one.provenance_after.keys() if later else set()
            fields |= {name for name, value in handed[-1].before.items() if value != one.before[name]}
        if tuple(handed) != other.records:
            store.save_submission(connection, replace(other, records=tuple(handed)))
    return fields, parts


def _decide(
    connection: Connection,
    submission: Submission,
    status: SubmissionStatus,
    by: DecidedBy,
    now: datetime,
    reason: str = "",
    records: tuple[RecordOf, ...] | None = None,
) -> Submission:
    decided = replace(
        submission,
        status=status,
        decided_at=to_text(now),
        decided_by=by,
        reason=reason,
        records=submission.records if records is None else records,
    )
    store.save_submission(connection, decided)
    return decided


def _known(connection: Connection, id: str, lock: bool = False) -> Submission:
    submission = store.get_submission(connection, id, lock=lock)
    if submission is None:
        raise RefusedError(
            Refusal.UNKNOWN,
            "there is no %(aggregate)s with the id %(id)s",
            aggregate="submission",
            id=id,
        )
    return submission


def _waiting(connection: Connection, id: str) -> Submission:
    submission = _known(connection, id, lock=True)
    if not submission.waits:
        raise _decided()
    return submission


def _decided() -> RefusedError:
    return RefusedError(Refusal.DECIDED, N_("it is decided already; look at it again"))


def aggregate_of(kind: str) -> str:
    """Return the word for one of a kind, as events and answers have it."""
    return KINDS[kind].aggregate
