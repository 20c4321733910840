"""What can be done to profiles: each action changes the state and records its event in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.profiles.organisations import store
from services.profiles.organisations.domain.belonging import (
    check_partner_of_visit,
    check_visit_of_partner,
)
from services.profiles.organisations.domain.codes import (
    COMPANIES,
    KINDS,
    PARTNERS,
    REQUESTS,
    VISITS,
    Status,
)
from services.profiles.organisations.domain.offers import (
    company_fields,
    partner_fields,
    request_fields,
    visit_fields,
)
from services.profiles.organisations.domain.profile_state import (
    KEPT_BY_SERVICE,
    State,
    at_status,
    fields_of,
    membership_of,
    new_state,
    replaced,
)
from services.profiles.organisations.domain.provenance import (
    BY_STAFF,
    NOTHING_KNOWN,
    PROFILE,
    Origin,
    Repeats,
    parts_of,
    repeats_nothing,
)
from services.profiles.refusals import Refusal, RefusedError, wrong
from services.profiles.tables import messaging
from shared.clock import to_text
from shared.events.event import Event
from shared.events.origins import PROVENANCE, Maker
from shared.faults import Fault
from shared.ids import IdSource
from shared.messaging.outbox import record_event


def create(
    connection: Connection,
    kind: str,
    fields: Mapping[str, Any],
    now: datetime,
    ids: IdSource,
    origin: Origin = BY_STAFF,
) -> State:
    """Create a company, partner, visit or match request, and return its first state.

    `kind` is a key of `codes.KINDS`; `fields` are checked by the kind's schema already and may have an `id`.
    `origin` is who says them.
    Raises RefusedError for an id that is taken, and for fields that do not go together or name what is not there;
    shared.messaging.outbox.EventTooLargeError.
    """
    given = dict(fields)
    chosen = given.pop("id", None)
    id = chosen or ids()
    if chosen and store.get_profile(connection, kind, id) is not None:
        raise _taken(kind, id)
    complete = _complete(connection, kind, given, origin)
    taken_over = _taken_over(connection, kind, given, complete)
    state = new_state(kind, id, complete, to_text(now), origin, taken_over)
    if chosen:
        # Readers take what is older than the tombstone of an erased id for a duplicate.
        state["version"] += store.get_erased_version(connection, kind, id)
    _record(connection, kind, "created", state, None, now)
    try:
        store.add_profile(connection, kind, state)
    except sa.exc.IntegrityError as error:  # somebody else was quicker, on a database with several writers
        raise _taken(kind, id) from error
    return state


def replace(
    connection: Connection,
    kind: str,
    id: str,
    fields: Mapping[str, Any],
    now: datetime,
    seen: int | None,
    origin: Origin = BY_STAFF,
    repeats: Repeats = repeats_nothing,
) -> State:
    """Replace what a client may set, and return the state after it; the same fields again change nothing.

    `seen` is the version the caller saw (None: whichever it is). What only the service sets may be among the
    fields if it is unchanged. `repeats` says which parts the caller says anew: where others confirmed them last, this
    is the last to do so. Raises RefusedError for an unknown, withdrawn or changed profile and for wrong fields;
    EventTooLargeError.
    """
    current = _current(connection, kind, id, seen)
    if current["status"] == Status.WITHDRAWN:
        raise RefusedError(
            Refusal.WITHDRAWN,
            "%(aggregate)s %(id)s is withdrawn and is kept as it is",
            aggregate=KINDS[kind].aggregate,
            id=id,
        )
    given = dict(fields)
    _check_kept(given, current)
    complete = _complete(connection, kind, given, BY_STAFF)
    taken_over = _taken_over(connection, kind, given, complete)
    state = replaced(current, complete, to_text(now), origin, taken_over, repeats)
    if state is None:
        return current
    if kind == VISITS and state["partner_id"] != current["partner_id"]:
        check_partner_of_visit(state["partner_id"], store.list_requests_of_visit(connection, id))
    _record(connection, kind, "replaced", state, current, now)
    store.save_profile(connection, kind, state)
    return state


def put_back(
    connection: Connection,
    kind: str,
    current: State,
    fields: Mapping[str, Any],
    known: Mapping[str, Mapping[str, Any] | None],
    now: datetime,
) -> State:
    """Put fields back to what they were, with the provenance that their parts had, and return the state after it.

    `current` is the state now, under a lock; it may be withdrawn, and stays so. Raises EventTooLargeError.
    """
    state = replaced(current, {**fields_of(current), **fields}, to_text(now), BY_STAFF, known)
    if state is None:
        return current
    happened = "withdrawn" if state["status"] == Status.WITHDRAWN else "replaced"
    _record(connection, kind, happened, state, current, now)
    store.save_profile(connection, kind, state)
    return state


def withdraw(connection: Connection, kind: str, id: str, now: datetime, seen: int | None) -> State:
    """Withdraw an aggregate, which keeps everything else, and return its state; a second time changes nothing.

    `seen` is not compared when the aggregate is withdrawn already: nothing can be overlooked any more.
    Raises RefusedError for an unknown or changed profile.
    """
    current = _current(connection, kind, id, None)
    state = at_status(current, Status.WITHDRAWN, to_text(now))
    if state is None:
        return current
    if seen is not None and seen != current["version"]:
        raise _stale(kind, current)
    _record(connection, kind, "withdrawn", state, current, now)
    store.save_profile(connection, kind, state)
    return state


def close(connection: Connection, id: str, now: datetime, seen: int) -> State:
    """Close a match request: its report stays as it is; a second time changes nothing.

    Raises RefusedError for an unknown, changed or withdrawn one.
    """
    current = _current(connection, REQUESTS, id, seen)
    if current["status"] == Status.WITHDRAWN:
        raise RefusedError(Refusal.WITHDRAWN, "request %(id)s is withdrawn; reopen it first", id=id)
    return _set_status(connection, REQUESTS, current, Status.CLOSED, now)


def reopen(connection: Connection, kind: str, id: str, now: datetime, seen: int) -> State:
    """Bring back a withdrawn profile or a closed match request, as it was; any other stays as it is.

    Raises RefusedError for an unknown or changed one, and when a partner or visit that it names is withdrawn.
    """
    current = _current(connection, kind, id, seen)
    _named(connection, PARTNERS, current.get("partner_id"), "partner_id")
    visit = _named(connection, VISITS, current.get("visit_id"), "visit_id")
    if kind == REQUESTS:
        check_visit_of_partner(visit, current["partner_id"])
    return _set_status(connection, kind, current, KINDS[kind].first_status, now)


def _set_status(connection: Connection, kind: str, current: State, status: Status, now: datetime) -> State:
    state = at_status(current, status, to_text(now))
    if state is None:
        return current
    _record(connection, kind, "replaced", state, current, now)
    store.save_profile(connection, kind, state)
    return state


def _current(connection: Connection, kind: str, id: str, seen: int | None) -> State:
    current = store.get_profile(connection, kind, id, lock=True)
    if current is None:
        raise RefusedError(
            Refusal.UNKNOWN,
            "there is no %(aggregate)s with the id %(id)s",
            aggregate=KINDS[kind].aggregate,
            id=id,
        )
    if seen is not None and seen != current["version"]:
        raise _stale(kind, current)
    return current


def _check_kept(given: dict[str, Any], current: State) -> None:
    """Take what only the service sets out of the given fields; raises RefusedError where it differs from the state."""
    faults = [
        Fault(name, "cannot be set", "leave it out or send %(value)r, as it is", {"value": current.get(name)})
        for name in KEPT_BY_SERVICE
        if name in given and given.pop(name) != current.get(name)
    ]
    if faults:
        raise RefusedError(Refusal.INVALID, faults=faults)


def _complete(connection: Connection, kind: str, given: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
    if kind == COMPANIES:
        by_staff = origin.made_by is not Maker.ANYONE
        membership = membership_of(given.get("membership"), by_staff)
        return company_fields({**given, "membership": membership})
    if kind == PARTNERS:
        return partner_fields(given)
    if kind == VISITS:
        _named(connection, PARTNERS, given.get("partner_id"), "partner_id")
        return visit_fields(given)
    partner = _named(connection, PARTNERS, given["partner_id"], "partner_id")
    visit = _named(connection, VISITS, given.get("visit_id"), "visit_id")
    check_visit_of_partner(visit, given["partner_id"])
    return request_fields(given, partner["needs"] if partner else [])


def _taken_over(
    connection: Connection, kind: str, given: Mapping[str, Any], complete: Mapping[str, Any]
) -> Mapping[str, Mapping[str, Any] | None]:
    """Return who made the needs that a match request takes from its partner; nothing for what brings its own."""
    if kind != REQUESTS or given.get("needs"):
        return NOTHING_KNOWN
    partner = store.get_profile(connection, PARTNERS, complete["partner_id"]) or {}
    known = partner.get(PROVENANCE) or {}
    return {part: known.get(part) for part in parts_of(complete) if part != PROFILE}


def _named(connection: Connection, kind: str, id: str | None, field: str) -> State | None:
    """Return what a field names, which must be there and not withdrawn; None when the field is empty."""
    if id is None:
        return None
    aggregate = KINDS[kind].aggregate
    state = store.get_profile(connection, kind, id)
    if state is None:
        raise wrong(
            field,
            "names no %(aggregate)s that is here: %(id)s",
            "create it first",
            aggregate=aggregate,
            id=id,
        )
    if state["status"] == Status.WITHDRAWN:
        raise wrong(
            field,
            "names the %(aggregate)s %(id)s, which is withdrawn",
            "name another",
            aggregate=aggregate,
            id=id,
        )
    return state


def _record(
    connection: Connection,
    kind: str,
    happened: str,
    state: State,
    before: State | None,
    now: datetime,
) -> None:
    event = Event(f"{KINDS[kind].aggregate}.{happened}", state["id"], state["version"], now, state)
    record_event(connection, messaging, event, before)


def _taken(kind: str, id: str) -> RefusedError:
    return RefusedError(
        Refusal.TAKEN,
        "there is a %(aggregate)s with the id %(id)s already; choose another or replace it",
        [Fault("id", "%(id)s is taken", "choose another, or replace what has it", {"id": id})],
        aggregate=KINDS[kind].aggregate,
        id=id,
    )


def _stale(kind: str, current: State) -> RefusedError:
    return RefusedError(
        Refusal.STALE,
        "%(aggregate)s %(id)s is at version %(version)s",
        current_version=current["version"],
        aggregate=KINDS[kind].aggregate,
        id=current["id"],
        version=current["version"],
    )
