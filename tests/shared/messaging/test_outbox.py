"""Events are recorded with the change they tell of, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from shared.event_log.port import MAX_VALUE_BYTES
from shared.events.envelope import BadEventError
from shared.events.event import Event
from shared.messaging.outbox import (
    EventTooLargeError,
    mark_refused,
    outbox_counts,
    record_event,
    waiting_rows,
)

if TYPE_CHECKING:
    from tests.shared.conftest import Service


def rows(service: Service) -> list[sa.RowMapping]:
    with service.database.reading() as connection:
        return list(connection.execute(sa.select(service.messaging.outbox)).mappings())


def test_a_row_has_debeziums_columns(service: Service) -> None:
    service.record(service.company("c-1", 1, name="Å"), service.erased("c-2", 7))
    first, second = rows(service)
    assert (first["id"], first["aggregatetype"], first["aggregateid"], first["type"]) == (
        "c-1:1",
        "companies",
        "c-1",
        "company.created",
    )
    assert json.loads(first["payload"])["name"] == "Å"
    assert (second["id"], second["type"], second["payload"]) == ("c-2:7", "company.erased", None)
    assert second["position"] > first["position"]


def test_an_event_goes_away_with_a_change_that_fails(service: Service) -> None:
    def change() -> None:
        with service.database.writing() as connection:
            record_event(connection, service.messaging, service.company())
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        change()
    assert rows(service) == []


def test_events_are_read_back_as_recorded_in_their_order(service: Service) -> None:
    service.record(service.company("c-2"), service.company("c-1"), service.company("c-2", 2))
    with service.database.reading() as connection:
        waiting = [row.event() for row in waiting_rows(connection, service.messaging, 10)]
    assert [event.id for event in waiting] == ["c-2:1", "c-1:1", "c-2:2"]
    assert waiting[0].time == service.company().time


def test_a_version_waits_only_once(service: Service) -> None:
    service.record(service.company())
    with pytest.raises(sa.exc.IntegrityError):
        service.record(service.company())


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"name": 5}, r"no company: .*name.*Not a valid string"),
        ({"name": None}, "no company: .*name"),
        ({"nickname": "x"}, "does not know the fields nickname"),
        (
            {"capabilities": [{"id": "a", "text": "b", "price": 1}]},
            "does not know the fields capabilities.price",
        ),
        ({"id": "other"}, "says id 'other'"),
        ({"version": 3}, "version 3"),
        ({"name": "\ud800"}, "cannot be written as JSON"),
    ],
)
def test_a_state_that_is_not_what_the_catalogue_says_is_refused(
    service: Service, state: dict[str, object], reason: str
) -> None:
    event = service.company()
    with pytest.raises(BadEventError, match=reason):
        service.record(replace(event, state={**(event.state or {}), **state}))
    assert rows(service) == []


def test_what_newer_code_wrote_into_the_state_before_travels_on_and_nothing_else_unknown(
    service: Service,
) -> None:
    old = {"id": "c-1", "text": "Beds.", "price": {"from": 3}}
    before: dict[str, Any] = {"came_later": [{"deep": 1}], "capabilities": [old, {**old, "id": "c-2"}]}
    event = service.company(**before)
    with service.database.writing() as connection:
        record_event(connection, service.messaging, event, before=dict(before))
        [row] = waiting_rows(connection, service.messaging, 9)
    state = row.event().state
    assert state is not None
    assert state["came_later"] == before["came_later"]
    assert [(one["price"], one["title"]) for one in state["capabilities"]] == [({"from": 3}, "")] * 2
    again = service.company(version=2, colour="red", **before)
    with (
        service.database.writing() as connection,
        pytest.raises(BadEventError, match="does not know the fields colour"),
    ):
        record_event(connection, service.messaging, again, before=dict(before))


def test_an_unknown_type_is_refused(service: Service) -> None:
    event = service.company()
    with pytest.raises(BadEventError, match=r"unknown event type 'company\.painted'"):
        service.record(Event("company.painted", event.aggregate_id, 1, event.time, event.state))


def test_an_event_above_the_logs_limit_is_refused_at_the_door(service: Service) -> None:
    with pytest.raises(EventTooLargeError, match=f"at most {MAX_VALUE_BYTES} bytes"):
        service.record(service.company(description="å" * (MAX_VALUE_BYTES // 2)))
    service.record(service.company(description="x" * (MAX_VALUE_BYTES - 1000)))


def test_a_tombstone_removes_what_the_log_refused_of_the_same_aggregate(service: Service) -> None:
    service.record(service.company("c-1"), service.company("c-2"))
    with service.database.writing() as connection:
        for row in waiting_rows(connection, service.messaging, 10):
            mark_refused(connection, service.messaging, row.position, "too odd")
    service.record(service.erased("c-1", 2))
    assert [row["id"] for row in rows(service)] == ["c-2:1", "c-1:2"]
    with service.database.reading() as connection:
        assert outbox_counts(connection, service.messaging) == (1, 1)
