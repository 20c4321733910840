"""The handlers, as programs call them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from marshmallow import ValidationError

from services.profiles.importing.match_requests import create_request
from services.profiles.organisations import actions, store
from services.profiles.refusals import RefusedError
from shared.clock import SettableClock
from shared.events.event import Event
from shared.ids import IdSource
from shared.storage.engine import Database
from tests.services.profiles.caller import Caller, Profile

Events = Callable[[], list[Event]]


def test_a_program_makes_a_request_from_a_partner_alone(
    database: Database, staff: Caller, partner: Profile, clock: SettableClock, ids: IdSource, events: Events
) -> None:
    staff.post("partners", partner)
    with database.writing() as connection:
        fields = {"id": "R-P1", "partner_id": "P1"}
        state = create_request(connection, fields, clock(), ids)
    assert [need["text"] for need in state["needs"]] == [partner["need"]]
    assert (events()[-1].type, events()[-1].state) == ("request.created", state)
    assert staff.get("requests/R-P1").json == state


def test_a_program_is_held_to_what_the_api_takes(
    database: Database, clock: SettableClock, ids: IdSource, events: Events
) -> None:
    for fields, error in (({"partner_id": "P 1"}, ValidationError), ({"partner_id": "P1"}, RefusedError)):
        with pytest.raises(error), database.writing() as connection:
            create_request(connection, fields, clock(), ids)
    assert events() == []


def test_a_state_and_its_event_are_kept_together_or_not_at_all(
    database: Database, staff: Caller, clock: SettableClock, ids: IdSource, events: Events
) -> None:
    fields = {"id": "P1", "name": "A", "need": "B"}
    with suppress(KeyboardInterrupt), database.writing() as connection:
        actions.create(connection, "partners", fields, clock(), ids)
        raise KeyboardInterrupt
    assert staff.get("partners/P1").status_code == 404
    assert events() == []


def test_what_newer_code_keeps_in_a_state_survives_the_changes_of_this_one(
    database: Database, staff: Caller, clock: SettableClock, events: Events
) -> None:
    staff.post("companies", {"id": "C1", "name": "A", "description": "Beds."})
    later = {"came_later": {"deep": [1]}}
    with database.writing() as connection:
        state = store.get_profile(connection, "companies", "C1")
        assert state is not None
        store.save_profile(connection, "companies", {**state, **later})
    assert "came_later" not in staff.get("companies/C1").json
    changed = {"name": "B", "description": "Beds."}
    etag = staff.get("companies/C1").headers["ETag"]
    assert staff.put("companies/C1", changed, If_Match=etag).status_code == 200
    etag = staff.get("companies/C1").headers["ETag"]
    assert staff.put("companies/C1", changed, If_Match=etag).json["version"] == 2
    assert staff.post("companies/C1/withdraw", If_Match=etag.replace("1", "2")).status_code == 200
    told = [(event.type, event.state) for event in events()]
    assert [kind for kind, _ in told] == ["company.created", "company.replaced", "company.withdrawn"]
    with database.reading() as connection:
        kept = store.get_profile(connection, "companies", "C1")
    for state in (kept, told[1][1], told[2][1]):
        assert state is not None
        assert state | later == state
