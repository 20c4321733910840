"""Pairs of organisations that may be one, and the decisions on them, as pages and the API show them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.engine import Connection

from services.matching import tables
from services.matching.duplicates.domain.decisions import DuplicateReview
from services.matching.duplicates.domain.suggestions import Identity, Reason, Suggestion, suggest
from services.matching.duplicates.store import list_reviews
from services.matching.organisations.domain.model import ACTIVE
from services.matching.organisations.domain.sides import Side
from services.matching.organisations.store import projection
from services.matching.organisations.store.projection import Stored

TABLES: Mapping[Side, sa.Table] = {Side.COMPANY: tables.companies, Side.PARTNER: tables.partners}

COMPARED = ("name", "website", "country", "city", "contact_domain")

_EXTENSION = "handslag-duplicates"


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
        mark = projection.get_mark(connection, table)
        with self._lock:
            if side not in self._made or self._made[side][0] != mark:
                self._made[side] = mark, suggest(identities(connection, side))
            found = self._made[side][1]
        settled = {(one.id, one.other_id) for one in list_reviews(connection, side)}
        open_pairs = [one for one in found if (one.id, one.other_id) not in settled]
        known = organisations(connection, side, (id for one in open_pairs for id in (one.id, one.other_id)))
        return [
            Pair(side, known[one.id], known[one.other_id], one.score, one.reasons)
            for one in open_pairs
            if known[one.id].active and known[one.other_id].active
        ]


def suggestions() -> Suggestions:
    """Return the suggestions of the app that answers."""
    made: Suggestions = current_app.extensions.setdefault(_EXTENSION, Suggestions())
    return made


def identities(connection: Connection, side: Side) -> list[Identity]:
    """Read what is compared of the active organisations of one side."""
    table = TABLES[side]
    return [
        Identity(
            one.id,
            **{field: str(one.state.get(field) or "") for field in COMPARED},
            texts=tuple(text for text in _texts(one.state) if text.strip()),
        )
        for one in projection.list_states(connection, table, table.c.status == ACTIVE)
    ]


def decided(connection: Connection, side: Side) -> list[Decided]:
    """Return the decisions on one side, the newest first."""
    reviews = list_reviews(connection, side)
    known = organisations(connection, side, (id for one in reviews for id in (one.id, one.other_id)))
    return [Decided(one, known[one.id], known[one.other_id]) for one in reviews]


def organisations(connection: Connection, side: Side, ids: Iterable[str]) -> dict[str, Organisation]:
    """Return by id every organisation that is asked for, also those that are not known any more."""
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
    return Organisation(one.id, name, country, city, website, one.status == ACTIVE)


def _texts(state: Mapping[str, Any]) -> list[str]:
    items = [*(state.get("capabilities") or ()), *(state.get("needs") or ())]
    return [str(state.get("description") or ""), *(str(item.get("text") or "") for item in items)]
