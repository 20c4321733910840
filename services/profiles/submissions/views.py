"""What staff see of submissions: the queue, one of them, which records it is like and what it would change."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from services.profiles.organisations import store as organisations
from services.profiles.organisations.domain.codes import COMPANIES, PARTNERS, REQUESTS, VISITS, Status
from services.profiles.organisations.domain.profile_state import State
from services.profiles.submissions import store
from services.profiles.submissions.domain.likeness import Known, Likely, known_of, likely
from services.profiles.submissions.domain.submission import Submission
from services.profiles.submissions.store import Asked
from shared.events.origins import PROVENANCE, Maker


@dataclass(frozen=True)
class Row:
    """A submission in the queue: how many came from its source, which organisations it may be."""

    submission: Submission
    from_source: int
    likely: list[Likely]


@dataclass(frozen=True)
class Queue:
    """One page of submissions, and how many there are on all pages."""

    rows: list[Row]
    total: int


MOST_KEPT = 2_000
"""Submissions of which is kept what they are like; when there are more, all are compared anew."""


class KnownOrganisations:
    """The organisations as submissions are compared with them, read anew only when one of them has changed.

    What a submission is like is kept as long, for it says the same for ever. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._found: dict[str, tuple[object, dict[str, list[Likely]]]] = {}
        self._lock = threading.Lock()
        self._read: dict[str, tuple[store.Fingerprint, list[Known], list[str]]] = {}

    def like(self, connection: Connection, submissions: Iterable[Submission]) -> dict[str, list[Likely]]:
        """Return by each submission's id the organisations that it may be about, the likeliest first."""
        kinds: dict[str, list[Submission]] = {}
        for one in submissions:
            if one.organisation:
                kinds.setdefault(COMPANIES if one.kind == COMPANIES else PARTNERS, []).append(one)
        result: dict[str, list[Likely]] = {}
        for kind, asked in kinds.items():
            known, keys, found = self._of(connection, kind)
            for one in asked:
                like = found.get(one.id)
                if like is None:
                    like = likely(one.organisation, known, keys)
                    if len(found) >= MOST_KEPT:
                        found.clear()
                    found[one.id] = like
                result[one.id] = like
        return result

    def _of(
        self, connection: Connection, kind: str
    ) -> tuple[list[Known], list[str], dict[str, list[Likely]]]:
        fingerprint = store.get_fingerprint(connection, kind)
        with self._lock:
            kept = self._read.get(kind)
            if kept is None or kept[0] != fingerprint:
                known = [
                    known_of(state)
                    for state in organisations.list_all_profiles(connection, kind)
                    if state["status"] != Status.WITHDRAWN
                ]
                kept = self._read[kind] = (fingerprint, known, [one.key for one in known])
            found = self._found.get(kind)
            if found is None or found[0] is not kept[0]:
                found = self._found[kind] = (kept[0], {})
            return kept[1], kept[2], found[1]


def queue(connection: Connection, asked: Asked, known: KnownOrganisations) -> Queue:
    """Return the submissions that are asked for, as staff see them."""
    found = store.list_submissions(connection, asked)
    return Queue(rows_of(connection, found, known), store.count_submissions(connection, asked))


def rows_of(
    connection: Connection, submissions: Sequence[Submission], known: KnownOrganisations
) -> list[Row]:
    """Return submissions with how many came from the same source, and what they are like."""
    numbers = store.count_by_source(connection, [one.source for one in submissions if one.source])
    like = known.like(connection, [one for one in submissions if one.waits])
    return [Row(one, numbers.get(one.source or "", 1), like.get(one.id, [])) for one in submissions]


def named_record(connection: Connection, submission: Submission, id: str) -> State | None:
    """Return a record that a submission may change, or None."""
    return organisations.get_profile(connection, submission.kind, id)


def changed_since(connection: Connection, submissions: Iterable[Submission]) -> list[str]:
    """List the ids of records that submissions made and in which staff or a file have written since."""
    found = []
    for one in submissions:
        for record in one.records:
            state = organisations.get_profile(connection, record.kind, record.id) if record.made else None
            if state is None or state["status"] == Status.WITHDRAWN:
                continue
            entries = (state.get(PROVENANCE) or {}).values()
            if any(
                by["made_by"] != Maker.ANYONE and by["made_at"] > (one.decided_at or "") for by in entries
            ):
                found.append(record.id)
    return found


def named_partner(connection: Connection, submission: Submission) -> State | None:
    """Return the partner that a request names by its id, if there is one."""
    id = submission.partner_id
    return None if id is None else organisations.get_profile(connection, PARTNERS, id)


def named_visit(connection: Connection, submission: Submission) -> State | None:
    """Return the visit that a request names, if there is one."""
    id = submission.sent.get("visit_id")
    return None if id is None else organisations.get_profile(connection, VISITS, id)


def open_requests_of(connection: Connection, partner_ids: Iterable[str]) -> list[State]:
    """List the match requests of some partners: those that a request may be a change of."""
    found = []
    for id in partner_ids:
        wanted = organisations.Wanted(status=Status.OPEN, partner_id=id, page_size=20)
        found += organisations.list_profiles(connection, REQUESTS, wanted)
    return found
