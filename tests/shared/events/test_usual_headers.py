"""Headers read and written without the SDK are read and written exactly as the SDK does it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import to_text
from shared.event_log.port import Headers, Record
from shared.events.envelope import BadEventError, encode_state, from_record, recorded_message, to_message
from shared.events.event import Event
from shared.events.usual_headers import read_usual

AT = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
STATE = {"id": "c-1", "version": 3, "status": "active", "updated_at": "2026-03-02T08:00:00Z", "name": "Åäö"}
CREATED = Event("company.created", "c-1", 3, AT, STATE)
HEADERS = to_message(CREATED).headers


@given(
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    version=st.integers(1, 10**9 - 1),
    moment=st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001
    | st.just(datetime(2026, 3, 2, tzinfo=UTC)),
    erased=st.booleans(),
)
def test_a_recorded_event_becomes_the_message_that_the_sdk_makes(
    key: str, version: int, moment: datetime, erased: bool
) -> None:
    state = None if erased else {**STATE, "id": key, "version": version}
    event = Event("company.erased" if erased else "company.replaced", key, version, moment, state)
    payload = None if state is None else encode_state(state)
    recorded = recorded_message(event.type, key, str(version), to_text(moment), payload)
    assert recorded == to_message(event)
    assert read_usual(recorded.headers) is not None


def test_an_event_of_an_unknown_type_becomes_no_message() -> None:
    with pytest.raises(BadEventError, match=r"unknown event type 'company\.painted'"):
        recorded_message("company.painted", "c-1", "1", to_text(AT), "{}")


def changed(name: str, value: bytes) -> Headers:
    return tuple((one, value if one == name else old) for one, old in HEADERS)


def test_the_header_that_carries_a_trace_on_is_left_aside() -> None:
    assert read_usual((*HEADERS, ("ce_traceparent", b"00-1"))) == read_usual(HEADERS) is not None
    assert read_usual((("ce_traceparent", b"00-1"),)) is None


IN_DOUBT = {
    "another order": tuple(reversed(HEADERS)),
    "one more": (*HEADERS, ("ce_partitionkey", b"c-1")),
    "one less": HEADERS[1:],
    "none": (),
    "capital letters": (("CE_specversion", b"1.0"), *HEADERS[1:]),
    "another version of CloudEvents": changed("ce_specversion", b"0.3"),
    "an empty source": changed("ce_source", b""),
    "a source that is not UTF-8": changed("ce_source", b"\xff"),
    "an id that is not UTF-8": changed("ce_id", b"\xff"),
    "a moment elsewhere": changed("ce_time", b"2026-03-02T09:00:00.123456+01:00"),
    "a moment that is none": changed("ce_time", b"2026-13-02T08:00:00Z"),
    "another content type": changed("content-type", b"application/xml"),
}


@pytest.mark.parametrize("headers", IN_DOUBT.values(), ids=IN_DOUBT.keys())
def test_headers_in_doubt_are_left_to_the_sdk(headers: Headers) -> None:
    assert read_usual(headers) is None


@given(st.sampled_from(HEADERS), st.binary(max_size=30))
def test_whatever_stands_in_a_header_the_sdk_would_read_the_same(
    header: tuple[str, bytes], value: bytes
) -> None:
    message = to_message(CREATED)
    plainly = Record(message.topic, 0, 0, message.key, message.value, changed(header[0], value), 0)
    # In another order only the SDK reads them.
    by_sdk = replace(plainly, headers=tuple(reversed(plainly.headers)))
    assert outcome(plainly) == outcome(by_sdk)


def outcome(record: Record) -> Event | str:
    try:
        return from_record(record)
    except BadEventError as error:
        return str(error)
