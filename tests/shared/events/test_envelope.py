"""Events travel as CloudEvents 1.0 in Kafka's binary mode; whatever is not exactly that is refused with a reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st

from shared.event_log.port import Message, Record
from shared.events.catalogue import EVENT_TYPES
from shared.events.envelope import BadEventError, from_record, to_message
from shared.events.event import Event

AT = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
STATE = {
    "id": "c-1",
    "version": 3,
    "status": "active",
    "updated_at": "2026-03-02T08:00:00.000000Z",
    "name": "Åäö العربية",
}
CREATED = Event("company.created", "c-1", 3, AT, STATE)


def record_of(message: Message, **changes: Any) -> Record:
    return replace(
        Record(message.topic, 0, 0, message.key, message.value, message.headers, 1_772_438_400_000), **changes
    )


def with_header(name: str, value: bytes | None) -> Callable[[Record], Record]:
    """Change a header, or leave it out."""

    def change(record: Record) -> Record:
        headers = [(one, old if one != name else value) for one, old in record.headers]
        if name not in dict(record.headers):
            headers.append((name, value))
        return replace(record, headers=tuple((one, new) for one, new in headers if new is not None))

    return change


def with_value(value: bytes | None) -> Callable[[Record], Record]:
    return lambda record: replace(record, value=value)


def with_state(**changes: Any) -> Callable[[Record], Record]:
    return with_value(json.dumps({**STATE, **changes}).encode())


def test_a_message_is_a_cloudevent_that_any_sdk_reads() -> None:
    message = to_message(CREATED)
    assert dict(message.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"c-1:3",
        "ce_type": b"company.created",
        "ce_source": b"/handslag/profiles/companies",
        "ce_time": b"2026-03-02T08:00:00.123456Z",
        "ce_subject": b"c-1",
        "ce_aggregateversion": b"3",
        "content-type": b"application/json",
    }
    read = from_binary(
        KafkaMessage(dict(message.headers), message.key.encode(), message.value or b""), JSONFormat()
    )
    assert (read.get_id(), read.get_type(), read.get_time(), read.get_data()) == (
        "c-1:3",
        "company.created",
        AT,
        STATE,
    )


def test_the_value_is_json_in_utf_8_with_sorted_keys() -> None:
    value = to_message(CREATED).value
    assert value is not None
    assert list(json.loads(value)) == sorted(STATE)
    assert "Åäö العربية".encode() in value


def test_a_tombstone_has_headers_and_no_value() -> None:
    erased = Event("company.erased", "c-1", 4, AT, None)
    message = to_message(erased)
    assert message.value is None
    assert dict(message.headers)["ce_type"] == b"company.erased"
    assert "content-type" not in dict(message.headers)
    assert from_record(record_of(message)) == erased


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
json_values: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"name": names},
    optional={
        "employees": st.none() | st.integers(-(2**63), 2**63),
        "languages": st.lists(names, max_size=3),
        "exclusive_distributors": st.dictionaries(names, names, max_size=3),
        "capabilities": st.lists(
            st.fixed_dictionaries({"id": names, "text": names, "focus_areas": st.lists(names, max_size=2)}),
            max_size=2,
        ),
        "contact": st.none() | st.fixed_dictionaries({"email": names, "phone": st.none() | names}),
    },
)


@given(
    key=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True),
    version=st.integers(1, 10**9 - 1),
    moment=st.datetimes(
        min_value=datetime(1970, 1, 2),  # noqa: DTZ001
        max_value=datetime(2999, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    fields=json_values,
)
def test_an_event_comes_back_as_it_was_sent(
    key: str, version: int, moment: datetime, fields: dict[str, Any]
) -> None:
    state = {"id": key, "version": version, "status": "active", "updated_at": "x", **fields}
    event = Event("company.replaced", key, version, moment, state)
    message = to_message(event)
    read = from_record(record_of(message))
    assert (read.id, read.type, read.time) == (event.id, event.type, moment)
    assert read.state is not None
    for name, value in state.items():
        assert contains(read.state[name], value)
    assert to_message(read).key == message.key
    assert from_record(record_of(to_message(read))) == read


def contains(loaded: Any, given: Any) -> bool:
    """Say whether a loaded value has all that was given; defaults may have come."""
    if isinstance(given, dict):
        return all(contains(loaded[name], value) for name, value in given.items())
    if isinstance(given, list):
        return len(loaded) == len(given) and all(map(contains, loaded, given))
    return bool(loaded == given)


@given(st.binary(max_size=60), st.dictionaries(st.text(max_size=12), st.binary(max_size=20), max_size=4))
def test_rubbish_is_refused_and_nothing_worse(value: bytes, headers: dict[str, bytes]) -> None:
    good = record_of(to_message(CREATED))
    with pytest.raises(BadEventError):
        from_record(replace(good, value=value))
    with pytest.raises(BadEventError):
        from_record(replace(good, headers=tuple(headers.items())))
    with suppress(BadEventError):  # further headers may be harmless
        from_record(replace(good, headers=tuple({**dict(good.headers), **headers}.items())))


def test_unknown_fields_are_ignored_and_missing_optional_ones_have_their_default() -> None:
    value = json.dumps({**STATE, "invented_later": {"a": 1}, "contact": {"email": "a@b.c", "fax": "1"}})
    state = from_record(record_of(to_message(CREATED), value=value.encode())).state
    assert state is not None
    assert "invented_later" not in state
    assert state["contact"] == {"email": "a@b.c", "name": None, "phone": None, "language": None}
    assert state["membership"] == "member"


def test_extension_attributes_that_are_unknown_are_ignored() -> None:
    record = with_header("ce_traceparent", b"00-ab-cd-01")(record_of(to_message(CREATED)))
    assert from_record(record).id == "c-1:3"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (with_value(b"\xff\xfe"), "not UTF-8: invalid start byte at byte 0"),
        (with_value(b"{"), "not JSON"),
        (with_value(b""), "not JSON"),
        (with_value(b"[" * 100_000), "not JSON"),
        (with_value(b"5" * 5_000), "not JSON"),
        (with_value(json.dumps({**STATE, "employees": float("nan")}).encode()), "NaN is no JSON number"),
        (with_value(json.dumps({**STATE, "employees": float("inf")}).encode()), "Infinity is no JSON number"),
        (with_value(b'{"id":"c-1","id":"c-1"}'), "a key stands there twice"),
        (with_value(b"[]"), "no company: .*Invalid input type"),
        (with_value(b"null"), "no company"),
        (with_value(None), "exactly the erased events have no value"),
        (with_state(description="x" * 900_000), "the value is 900.* bytes, at most 900000 are taken"),
        (with_state(name=5), "no company: .*name.*Not a valid string"),
        (with_state(version=3.0), "no company: .*version"),
        (with_state(version=4), "the state says id 'c-1' and version 4, the event 'c-1' and 3"),
        (with_state(id="c-2"), "the state says id 'c-2'"),
        (with_header("ce_type", None), "the header ce_type is missing"),
        (with_header("ce_id", None), "the header ce_id is missing"),
        (with_header("ce_source", None), "the header ce_source is missing"),
        (with_header("ce_specversion", b"0.3"), "no CloudEvent 1.0: .*specversion"),
        (with_header("ce_specversion", None), "the header ce_specversion is missing"),
        (with_header("ce_time", None), "the header ce_time is missing"),
        (with_header("ce_time", b"yesterday"), "ce_time is no moment"),
        (with_header("ce_time", b"2026-03-02T08:00:00"), "no CloudEvent 1.0: .*time"),
        (with_header("ce_time", b"0001-01-01T00:00:00+23:00"), "ce_time is out of range"),
        (with_header("ce_subject", b"c-2"), "ce_subject or ce_id say otherwise"),
        (with_header("ce_subject", None), "the header ce_subject is missing"),
        (with_header("ce_id", b"c-1:4"), "ce_subject or ce_id say otherwise"),
        (with_header("ce_aggregateversion", None), "the header ce_aggregateversion is missing"),
        (with_header("ce_aggregateversion", b"03"), "must be a whole number from 1 to 999999999, not '03'"),
        (with_header("ce_aggregateversion", "٣".encode()), "must be a whole number"),
        (with_header("ce_aggregateversion", b"1000000000"), "must be a whole number"),
        (with_header("ce_aggregateversion", b"9" * 5_000), "must be a whole number"),
        (with_header("ce_type", b"planet.painted"), "unknown event type 'planet.painted'"),
        (with_header("ce_type", b"company.Painted!"), "unknown event type 'company.Painted!'"),
        (with_header("ce_type", b"partner.created"), "belongs on topic 'partners', not on 'companies'"),
        (with_header("ce_type", b"company.erased"), "exactly the erased events have no value"),
        (with_header("ce_type", b"\xff"), "a header is not UTF-8"),
        (
            with_header("content-type", b"text/plain"),
            "content-type must be application/json, not 'text/plain'",
        ),
        (with_header("content-type", None), "content-type must be application/json"),
        (lambda record: replace(record, headers=record.headers * 2), "a header stands there twice"),
        (lambda record: replace(record, key="c-2"), "the key is 'c-2'"),
    ],
)
def test_what_is_not_a_valid_event_is_refused_with_the_reason(
    change: Callable[[Record], Record], reason: str
) -> None:
    with pytest.raises(BadEventError, match=reason):
        from_record(change(record_of(to_message(CREATED))))


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (replace(CREATED, type="company.painted"), "unknown event type"),
        (replace(CREATED, state=None), "exactly the erased events have no state"),
        (replace(CREATED, type="company.erased"), "exactly the erased events have no state"),
        (replace(CREATED, version=0), "a version from 1 to"),
        (replace(CREATED, version=10**9), "a version from 1 to"),
        (replace(CREATED, aggregate_id=""), "needs an aggregate id"),
        (replace(CREATED, state={"a": float("nan")}), "cannot be written as JSON"),
        (replace(CREATED, state={"a": "\ud800"}), "cannot be written as JSON"),
        (replace(CREATED, time=datetime(2026, 1, 1)), "no CloudEvent: .*time"),  # noqa: DTZ001
    ],
)
def test_what_cannot_travel_is_refused_where_it_is_written(event: Event, reason: str) -> None:
    with pytest.raises(BadEventError, match=reason):
        to_message(event)


def test_a_moment_with_another_offset_is_read_in_utc() -> None:
    east = replace(CREATED, time=AT.astimezone(timezone(timedelta(hours=5, minutes=30))))
    read = from_record(record_of(to_message(east)))
    assert (read.time, read.time.tzinfo) == (AT, UTC)


def test_every_type_says_what_happened_to_which_aggregate() -> None:
    assert all(kind.partition(".")[0] == topic.aggregate for kind, topic in EVENT_TYPES.items())
