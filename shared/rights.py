"""What a service holds of an organisation, for who asks for it or has it erased."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from shared.settings.registry import Settings

Kind = Literal["company", "partner"]
KINDS: tuple[Kind, ...] = ("company", "partner")
"""The kinds of organisations that somebody may ask about."""

APART = "submission"
"""The word for what belongs to no organisation's record yet, where erasures are named."""

Held = dict[str, Any]
"""What is held of an organisation, as JSON values by what they are."""


@dataclass(frozen=True)
class Erasure:
    """One aggregate that was erased: the aggregate's word, its id, its tombstone's version, when (as text)."""

    kind: str
    id: str
    version: int
    erased_at: str


@dataclass(frozen=True)
class Asked:
    """Whose data is asked for; `found` is what the services before have told of it."""

    kind: Kind
    id: str
    settings: Settings
    found: Mapping[str, Any]


@dataclass(frozen=True)
class Rights:
    """What a service holds of an organisation.

    `knows`: whether anything is held of it. `with_address`: the organisations whose contact has a mail address.
    `held`: all that is held of it. `telling_of`: the ids of the service's own aggregates that tell of it.
    `apart`: what is held of nobody's record, by its id or a mail address. `left`: what an erasure has left to do, in
    words, once the tombstones are read; it takes the ids that `telling_of` found in every service.
    """

    knows: Callable[[Connection, Kind, str], bool]
    held: Callable[[Connection, Asked], Held]
    with_address: Callable[[Connection, str], Iterable[tuple[Kind, str]]] = lambda connection, address: ()
    telling_of: Callable[[Connection, Kind, str], Mapping[str, Sequence[str]]] = lambda connection, kind, id: {}
    apart: Callable[[Connection, str], Sequence[Held]] = lambda connection, asked: ()
    left: Callable[[Connection, Mapping[str, Sequence[str]]], Iterable[str]] = lambda connection, telling: ()


@dataclass(frozen=True)
class Erasing:
    """How organisations are erased, by the service that owns them.

    `erase` takes an organisation away and records the tombstones; nothing is returned where the id was never here.
    `erased` lists all that was erased, or what was erased of an id. `erase_apart` erases what belongs to no record, by
    its id or a mail address, and returns how many; `again` does so by the ids that a restored backup brought back.
    """

    erase: Callable[[Connection, Kind, str, datetime], Sequence[Erasure]]
    erased: Callable[[Connection, str | None], Sequence[Erasure]]
    erase_apart: Callable[[Connection, str, datetime], int] = lambda connection, asked, now: 0
    again: Callable[[Connection, Iterable[str], datetime], int] = lambda connection, ids, now: 0
