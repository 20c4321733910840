"""Pairs of organisations that may be one, and what staff decide on them. Nothing is ever merged here."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.duplicates.domain.suggestions import Identity, Reason, Suggestion, suggest
from services.matching.duplicates.store import (
    DuplicateReview,
    Side,
    drop_duplicate_review,
    get_duplicate_review,
    list_duplicate_reviews,
    put_duplicate_review,
)
from services.matching.i18n import N_
from services.matching.organisations.store import projection
from services.matching.organisations.store.projection import Stored
from services.matching.refusals import LONGEST_TEXT, Refusal, RefusedError, refuse_long
from shared.clock import Clock, to_text

TABLES: Mapping[Side, sa.Table] = {"company": tables.companies, "partner": tables.partners}

COMPARED = ("name", "website", "country", "city", "contact_domain")


@dataclass(frozen=True)
class Organisation:
    """One of two, as pages show it; an empty name: not known any more."""

    id: str
    name: str
    country: str
    city: str
    website: str
    active: bool


@dataclass(frozen=True)
class Pair:
    """Two that may be one, with the reasons, the strongest first."""

    side: Side
    first: Organisation
    second: Organisation
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Decided:
    """A decision with the two it is about."""

    review: DuplicateReview
    first: Organisation
    second: Organisation

    @property
    def to_withdraw(self) -> Organisation | None:
        """Return the organisation that is still to be withdrawn, or None."""
        chosen = {self.first.id: self.first, self.second.id: self.second}.get(self.review.withdraw or "")
        return chosen if chosen and chosen.active else None


class Suggestions:
    """The suggestions of both sides, worked out again only when an organisation changed since."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[Side, tuple[tuple[Any, ...], list[Suggestion]]] = {}

    def of(self, connection: Connection, side: Side) -> list[Pair]:
        """Return the pairs that staff have not decided on, the likeliest first."""
        table = TABLES[side]
        mark = projection.mark_of(connection, table)
        with self._lock:
            if side not in self._made or self._made[side][0] != mark:
                self._made[side] = mark, suggest(identities(connection, side))
            found = self._made[side][1]
        settled = {(one.id, one.other_id) for one in list_duplicate_reviews(connection, side)}
        open_pairs = [one for one in found if (one.id, one.other_id) not in settled]
        known = _organisations(connection, side, (id for one in open_pairs for id in (one.id, one.other_id)))
        return [
            Pair(side, known[one.id], known[one.other_id], one.score, one.reasons)
            for one in open_pairs
            if known[one.id].active and known[one.other_id].active
        ]


def identities(connection: Connection, side: Side) -> list[Identity]:
    """Read what is compared of the active organisations of one side."""
    table = TABLES[side]
    return [
        Identity(
            one.id,
            **{field: str(one.state.get(field) or "") for field in COMPARED},
            texts=tuple(text for text in _texts(one.state) if text.strip()),
        )
        for one in projection.states_where(connection, table, table.c.status == "active")
    ]


def decided(connection: Connection, side: Side) -> list[Decided]:
    """Return the decisions on one side, the newest first."""
    reviews = list_duplicate_reviews(connection, side)
    known = _organisations(connection, side, (id for one in reviews for id in (one.id, one.other_id)))
    return [Decided(one, known[one.id], known[one.other_id]) for one in reviews]


def decide_duplicate(
    connection: Connection,
    side: Side,
    ids: Sequence[str],
    keep: str | None,
    reason: str,
    clock: Clock,
) -> Decided:
    """Keep what staff say of two organisations: `keep` is the id that stands for both, None: not the same.

    The same again changes nothing; another decision takes the place of the earlier one. Raises RefusedError: unknown
    (an organisation), invalid (twice the same id, no reason, one too long, `keep` is neither).
    """
    first, second = sorted(ids)
    reason = reason.strip()
    refuse_long(reason, "reason")
    if not reason:
        raise RefusedError(
            Refusal.INVALID,
            N_("Write why, in at most %(most)d characters: the reason is kept with the decision."),
            ["reason"],
            most=LONGEST_TEXT,
        )
    if first == second:
        raise RefusedError(Refusal.INVALID, N_("Name two different organisations."), ["other_id"])
    if keep not in (None, first, second):
        raise RefusedError(Refusal.INVALID, N_("Keep one of the two organisations: give its id."), ["keep"])
    known = projection.get_states(connection, TABLES[side], [first, second])
    missing = [id for id in (first, second) if id not in known]
    if missing:
        raise RefusedError(
            Refusal.UNKNOWN,
            N_("There is no organisation %(id)s on this side (any more)."),
            missing,
            id=missing[0],
        )
    decision = "not_same" if keep is None else "keep_first" if keep == first else "keep_second"
    review = get_duplicate_review(connection, side, first, second)
    if review is None or (review.decision, review.reason) != (decision, reason):
        review = DuplicateReview(side, first, second, decision, reason, to_text(clock()))  # type: ignore[arg-type]
        put_duplicate_review(connection, review)
    both = _organisations(connection, side, (first, second))
    return Decided(review, both[first], both[second])


def undo_duplicate(connection: Connection, side: Side, ids: Sequence[str]) -> None:
    """Take a decision back: the two are suggested again. One that is not there is no error."""
    first, second = sorted(ids)
    drop_duplicate_review(connection, side, first, second)


def _organisations(connection: Connection, side: Side, ids: Iterable[str]) -> dict[str, Organisation]:
    wanted = set(ids)
    known = projection.get_states(connection, TABLES[side], wanted)
    return {
        id: _organisation(known[id]) if id in known else Organisation(id, "", "", "", "", False)
        for id in wanted
    }


def _organisation(one: Stored) -> Organisation:
    name, country, city, website = (
        str(one.state.get(field) or "") for field in ("name", "country", "city", "website")
    )
    return Organisation(one.id, name, country, city, website, one.status == "active")


def _texts(state: Mapping[str, Any]) -> list[str]:
    items = [*(state.get("capabilities") or ()), *(state.get("needs") or ())]
    return [str(state.get("description") or ""), *(str(item.get("text") or "") for item in items)]
