"""What can be done to profiles: each handler changes the state and records its event in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.profiles.organisations import erase as erasure
from services.profiles.organisations import store
from services.profiles.organisations.domain.codes import CLOSED, KINDS, WITHDRAWN
from services.profiles.organisations.domain.offers import (
    FieldsError,
    company_fields,
    partner_fields,
    request_fields,
    visit_fields,
)
from services.profiles.organisations.domain.states import (
    KEPT_BY_SERVICE,
    State,
    at_status,
    membership_of,
    new_state,
    replaced,
    withdrawn,
)
from services.profiles.organisations.schemas.profiles import NEW
from shared.clock import to_text
from shared.events.event import Event
from shared.ids import IdSource
from shared.messaging.outbox import record_event
from shared.messaging.tables import Backbone


class ProfileError(Exception):
    """A change that cannot be made; nothing was changed."""

    def __init__(self, kind: str, id: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.id = id


class NotFoundError(ProfileError):
    """Nothing has this id."""


class DuplicateIdError(ProfileError):
    """Something has this id already."""


class WithdrawnError(ProfileError):
    """It is withdrawn and therefore kept as it is."""


class StaleVersionError(ProfileError):
    """The caller saw another version than the `current` one."""

    def __init__(self, kind: str, id: str, current: int) -> None:
        super().__init__(kind, id, f"{KINDS[kind].aggregate} {id} is at version {current}")
        self.current = current


def create(
    connection: Connection,
    backbone: Backbone,
    kind: str,
    fields: Mapping[str, Any],
    now: datetime,
    ids: IdSource,
    by_staff: bool = True,
) -> State:
    """Create a company, partner, visit or match request, and return its first state.

    `kind` is a key of `words.KINDS`; `fields` are checked by the kind's schema already (`schemas`) and may
    have an `id`. Raises DuplicateIdError; domain.offers.FieldsError for fields that do not go together or name
    what is not there; shared.messaging.outbox.EventTooLargeError.
    """
    given = dict(fields)
    chosen = given.pop("id", None)
    id = chosen or ids()
    if chosen and store.find(connection, kind, id) is not None:
        raise _duplicate(kind, id)
    state = new_state(kind, id, _complete(connection, kind, given, by_staff), to_text(now))
    if chosen:
        # Readers take what is older than the tombstone of an erased id for a duplicate.
        state["version"] += erasure.last_version(connection, kind, id)
    _record(connection, backbone, kind, "created", state, None, now)
    try:
        store.insert(connection, kind, state)
    except sa.exc.IntegrityError as error:  # somebody else was quicker, on a database with several writers
        raise _duplicate(kind, id) from error
    return state


def create_request(
    connection: Connection, backbone: Backbone, fields: Mapping[str, Any], now: datetime, ids: IdSource
) -> State:
    """Create a match request from fields as the API takes them, for programs; `partner_id` is enough.

    Raises marshmallow.ValidationError for fields that the API would refuse, and what `create` raises.
    """
    return create(connection, backbone, "requests", NEW["requests"]().load(dict(fields)), now, ids)


def replace(
    connection: Connection,
    backbone: Backbone,
    kind: str,
    id: str,
    fields: Mapping[str, Any],
    now: datetime,
    seen: int | None,
) -> State:
    """Replace what a client may set, and return the state after it; the same fields again change nothing.

    `seen` is the version the caller saw (None: whichever it is). What only the service sets may be among the
    fields if it says what is so. Raises NotFoundError, StaleVersionError, WithdrawnError, FieldsError,
    EventTooLargeError.
    """
    current = _current(connection, kind, id, seen)
    if current["status"] == WITHDRAWN:
        raise WithdrawnError(kind, id, f"{KINDS[kind].aggregate} {id} is withdrawn and is kept as it is")
    given = dict(fields)
    _check_kept(given, current)
    state = replaced(current, _complete(connection, kind, given, by_staff=True), to_text(now))
    if state is None:
        return current
    _record(connection, backbone, kind, "replaced", state, current, now)
    store.update(connection, kind, state)
    return state


def withdraw(
    connection: Connection, backbone: Backbone, kind: str, id: str, now: datetime, seen: int | None
) -> State:
    """Withdraw an aggregate, which keeps everything else, and return its state; a second time changes nothing.

    The version is not asked of what is withdrawn already: there is nothing left to overlook.
    Raises NotFoundError, StaleVersionError.
    """
    current = _current(connection, kind, id, None)
    state = withdrawn(current, to_text(now))
    if state is None:
        return current
    if seen is not None and seen != current["version"]:
        raise StaleVersionError(kind, id, current["version"])
    _record(connection, backbone, kind, "withdrawn", state, current, now)
    store.update(connection, kind, state)
    return state


def close(connection: Connection, backbone: Backbone, id: str, now: datetime, seen: int) -> State:
    """Close a match request: its report stays as it is; a second time changes nothing.

    Raises NotFoundError, StaleVersionError, WithdrawnError.
    """
    current = _current(connection, "requests", id, seen)
    if current["status"] == WITHDRAWN:
        raise WithdrawnError("requests", id, f"request {id} is withdrawn; reopen it first")
    return _set_status(connection, backbone, "requests", current, CLOSED, now)


def reopen(connection: Connection, backbone: Backbone, kind: str, id: str, now: datetime, seen: int) -> State:
    """Bring back what is withdrawn or closed, as it was; what is neither stays as it is.

    Raises NotFoundError, StaleVersionError; FieldsError when a partner or visit that it names is withdrawn.
    """
    current = _current(connection, kind, id, seen)
    _named(connection, "partners", current.get("partner_id"), "partner_id")
    _named(connection, "visits", current.get("visit_id"), "visit_id")
    return _set_status(connection, backbone, kind, current, KINDS[kind].first_status, now)


def _set_status(
    connection: Connection, backbone: Backbone, kind: str, current: State, status: str, now: datetime
) -> State:
    state = at_status(current, status, to_text(now))
    if state is None:
        return current
    _record(connection, backbone, kind, "replaced", state, current, now)
    store.update(connection, kind, state)
    return state


def _current(connection: Connection, kind: str, id: str, seen: int | None) -> State:
    current = store.find(connection, kind, id, for_update=True)
    if current is None:
        raise NotFoundError(kind, id, f"there is no {KINDS[kind].aggregate} with the id {id}")
    if seen is not None and seen != current["version"]:
        raise StaleVersionError(kind, id, current["version"])
    return current


def _check_kept(given: dict[str, Any], current: State) -> None:
    """Take what only the service sets out of the given fields; raises FieldsError where it says otherwise."""
    wrong = {}
    for name in KEPT_BY_SERVICE:
        if name in given and given.pop(name) != current[name]:
            wrong[name] = f"cannot be set; leave it out or send {current[name]!r}, as it is"
    if wrong:
        raise FieldsError(wrong)


def _complete(connection: Connection, kind: str, given: Mapping[str, Any], by_staff: bool) -> dict[str, Any]:
    if kind == "companies":
        membership = membership_of(given.get("membership"), by_staff)
        return company_fields({**given, "membership": membership})
    if kind == "partners":
        return partner_fields(given)
    if kind == "visits":
        _named(connection, "partners", given.get("partner_id"), "partner_id")
        return visit_fields(given)
    partner = _named(connection, "partners", given["partner_id"], "partner_id")
    _named(connection, "visits", given.get("visit_id"), "visit_id")
    return request_fields(given, partner["needs"] if partner else [])


def _named(connection: Connection, kind: str, id: str | None, field: str) -> State | None:
    """Read what a field names, so that it is there and not withdrawn; None when the field is empty."""
    if id is None:
        return None
    aggregate = KINDS[kind].aggregate
    state = store.find(connection, kind, id)
    if state is None:
        raise FieldsError({field: f"names no {aggregate} that is here: {id}; create it first"})
    if state["status"] == WITHDRAWN:
        raise FieldsError({field: f"names the {aggregate} {id}, which is withdrawn; name another"})
    return state


def _record(
    connection: Connection,
    backbone: Backbone,
    kind: str,
    happened: str,
    state: State,
    before: State | None,
    now: datetime,
) -> None:
    event = Event(f"{KINDS[kind].aggregate}.{happened}", state["id"], state["version"], now, state)
    record_event(connection, backbone, event, before)


def _duplicate(kind: str, id: str) -> DuplicateIdError:
    aggregate = KINDS[kind].aggregate
    return DuplicateIdError(
        kind, id, f"there is a {aggregate} with the id {id} already; choose another or replace it"
    )
