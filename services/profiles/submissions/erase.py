"""Erasing submissions for good: those about an organisation that is erased, and single ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from services.profiles.organisations import store as organisations
from services.profiles.organisations.domain.codes import KINDS
from services.profiles.submissions import store
from services.profiles.submissions.domain.submission import Submission
from services.profiles.tables import idempotency
from shared.clock import to_text
from shared.messaging.answers_given import empty_answers
from shared.rights import APART, Erasure


def erase_about(connection: Connection, kind: str, id: str, now: datetime) -> None:
    """Erase the submissions about an organisation, before it is erased itself; nothing for other kinds of records."""
    if kind not in KINDS:
        return
    state = organisations.get_profile(connection, kind, id)
    if kind in store.ORGANISATIONS:
        found = store.list_about(connection, kind, id, state)
    else:
        found = store.list_with_record(connection, kind, id)
    _erase(connection, found, now)


def erase_apart(connection: Connection, asked: str, now: datetime) -> int:
    """Erase the submission of an id, or those that hold a mail address; return how many."""
    return _erase(connection, held_by(connection, asked), now)


def erase_again(connection: Connection, ids: Iterable[str], now: datetime) -> int:
    """Erase the submissions of some ids, which a backup has brought back; return how many."""
    found = (store.get_submission(connection, id) for id in ids)
    return _erase(connection, [one for one in found if one is not None], now)


def held_by(connection: Connection, asked: str) -> list[Submission]:
    """List the submission of an id, or those that hold a mail address."""
    if "@" in asked:
        return store.list_with_address(connection, asked)
    found = store.get_submission(connection, asked)
    return [] if found is None else [found]


def _erase(connection: Connection, found: Sequence[Submission], now: datetime) -> int:
    for one in found:
        store.delete_submission(connection, one.id)
        empty_answers(connection, idempotency, one.id)
        organisations.save_erasure(connection, Erasure(APART, one.id, 1, to_text(now)))
    return len(found)
