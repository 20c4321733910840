"""An event as it travels: CloudEvents 1.0 in Kafka's binary mode, the state as JSON in the value.

A tombstone has the same headers and no value.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from marshmallow import Schema, ValidationError

from shared.event_log.port import MAX_VALUE_BYTES, Message, Record
from shared.events.catalogue import EVENT_TYPES, TOPICS, Topic
from shared.events.compiled_states import CompiledLoader, compiled_loader
from shared.events.event import Event, State
from shared.events.usual_headers import (
    CONTENT_TYPE,
    NAMES,
    VERSION_EXTENSION,
    Attributes,
    read_usual,
    write_usual,
)

_VERSION = re.compile(r"[1-9][0-9]{0,8}")
"""A change a second for thirty years; a foreign event far beyond would make all that follow look like duplicates."""


class BadEventError(Exception):
    """A record that is no valid event, or a state that its schema refuses; the text is the reason."""


def source_of(topic: Topic) -> str:
    """Return the CloudEvents source of a topic's events; with it `aggregate id:version` names one event only."""
    return f"/handslag/{topic.service}/{topic.name}"


def encode_state(state: State) -> str:
    """Write a state as canonical JSON: sorted keys, no spaces, characters as they are.

    Raises BadEventError for what JSON in UTF-8 cannot carry (NaN, lone surrogates, other types).
    """
    try:
        text = _CANONICAL_JSON.encode(state)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadEventError(f"the state cannot be written as JSON: {error}") from error
    return text


def decode_state(text: str | bytes) -> Any:
    """Read JSON strictly: UTF-8, no NaN or infinity, no key twice; raises BadEventError."""
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        return _STRICT_JSON.decode(decoded)
    except UnicodeDecodeError as error:
        raise BadEventError(f"the value is not UTF-8: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise BadEventError(f"the value is not JSON: {error}") from error


def load_state(topic: Topic, state: Any, aggregate_id: str, version: int) -> State:
    """Check a state by its topic's schema; defaults are filled in and unknown fields left out.

    Raises BadEventError that names the fields, or says that id or version are not the event's.
    """
    loaded: State | None = _compiled(topic.schema)(state)
    try:
        if loaded is None:
            loaded = cast(State, schema_of(topic.schema).load(state))
    except ValidationError as error:
        problems = json.dumps(error.messages, sort_keys=True, ensure_ascii=False)
        raise BadEventError(f"the state is no {topic.aggregate}: {problems}") from error
    if (loaded["id"], loaded["version"]) != (aggregate_id, version):
        raise BadEventError(
            f"the state says id {loaded['id']!r} and version {loaded['version']}, "
            f"the event {aggregate_id!r} and {version}"
        )
    return loaded


def topic_of(event: Event) -> Topic:
    """Return the topic of an event; raises BadEventError when its type is unknown or does not fit its state."""
    topic = EVENT_TYPES.get(event.type)
    if topic is None:
        raise BadEventError(f"unknown event type {event.type!r}")
    if (event.state is None) != is_tombstone_type(event.type):
        raise BadEventError(f"{event.type}: exactly the erased events have no state")
    if not event.aggregate_id or not _VERSION.fullmatch(str(event.version)):
        raise BadEventError(
            f"{event.type}: needs an aggregate id and a version from 1 to 999999999, got {event.id!r}"
        )
    return topic


def is_tombstone_type(kind: str) -> bool:
    """Say whether events of this type carry no state."""
    return kind.endswith(".erased")


def to_message(event: Event) -> Message:
    """Write an event as a message.

    Raises BadEventError when type and state do not fit or the state is no JSON.
    """
    topic = topic_of(event)
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "type": event.type,
        "source": source_of(topic),
        "time": event.time,
        "subject": event.aggregate_id,
        VERSION_EXTENSION: str(event.version),
    }
    value = None
    if event.state is not None:
        attributes["datacontenttype"] = CONTENT_TYPE
        value = encode_state(event.state).encode()
    try:
        binary = to_binary(CloudEvent(attributes, value), _FORMAT, key_mapper=lambda _: event.aggregate_id)
    except CloudEventValidationError as error:
        raise BadEventError(f"no CloudEvent: {error}") from error
    return Message(topic.name, event.aggregate_id, value, tuple(binary.headers.items()))


def recorded_message(kind: str, aggregate_id: str, version: str, moment: str, payload: str | None) -> Message:
    """Write an event that was checked when it was recorded as the very message that `to_message` would write.

    `moment` is as `clock.to_text` writes it, `payload` as `encode_state`. Raises BadEventError for an unknown type.
    """
    topic = EVENT_TYPES.get(kind)
    if topic is None:
        raise BadEventError(f"unknown event type {kind!r}")
    headers = write_usual(
        id=f"{aggregate_id}:{version}",
        kind=kind,
        source=source_of(topic),
        moment=moment.replace(".000000Z", "Z"),
        subject=aggregate_id,
        version=version,
        with_content=payload is not None,
    )
    return Message(topic.name, aggregate_id, None if payload is None else payload.encode(), headers)


def from_record(record: Record) -> Event:
    """Read an event strictly from a record; its state has the schema's defaults and no unknown fields.

    What happened may be a word that only newer code knows: the state is whole all the same.

    Raises BadEventError with the reason when any part is not as `to_message` writes it.
    """
    said = read_usual(record.headers) or read_by_sdk(record)
    kind, key, version = said.type, record.key, _version_of(said.version)
    topic = EVENT_TYPES.get(kind) or _topic_of_later_type(record.topic, kind)
    if topic is None:
        raise BadEventError(f"unknown event type {kind!r}")
    if topic.name != record.topic:
        raise BadEventError(f"{kind} belongs on topic {topic.name!r}, not on {record.topic!r}")
    if said.subject != key or said.id != f"{key}:{version}":
        raise BadEventError(
            f"the key is {key!r} and the version {version}, but ce_subject or ce_id say otherwise"
        )
    if is_tombstone_type(kind) != (record.value is None):
        raise BadEventError(f"{kind}: exactly the erased events have no value")
    state = None
    if record.value is not None:
        if said.content_type != CONTENT_TYPE:
            raise BadEventError(f"content-type must be {CONTENT_TYPE}, not {said.content_type!r}")
        if len(record.value) > MAX_VALUE_BYTES:
            raise BadEventError(
                f"the value is {len(record.value)} bytes, at most {MAX_VALUE_BYTES} are taken"
            )
        state = load_state(topic, decode_state(record.value), key, version)
    return Event(kind, key, version, said.moment, state)


_FORMAT = JSONFormat()
_LATER_WORD = re.compile(r"[a-z]+(_[a-z]+)*")


def _topic_of_later_type(name: str, kind: str) -> Topic | None:
    """Return the topic of a type that is not in the catalogue and yet tells of the aggregate whose topic it is on."""
    topic = TOPICS.get(name)
    aggregate, _, word = kind.partition(".")
    return topic if topic and topic.aggregate == aggregate and _LATER_WORD.fullmatch(word) else None


def read_by_sdk(record: Record) -> Attributes:
    """Read the headers alone by the SDK, which would pass on a value that is no JSON as a string."""
    headers = dict(record.headers)
    if len(headers) != len(record.headers):
        raise BadEventError("a header stands there twice")
    missing = [name for name in NAMES if name not in headers]  # the SDK would invent some of them
    if missing:
        raise BadEventError(f"the header {missing[0]} is missing")
    try:
        read = from_binary(KafkaMessage(headers=headers, key=record.key, value=b""), _FORMAT, CloudEvent)
    except CloudEventValidationError as error:
        raise BadEventError(f"no CloudEvent 1.0: {error}") from error
    except UnicodeDecodeError as error:
        raise BadEventError("a header is not UTF-8") from error
    except (ValueError, OverflowError) as error:
        raise BadEventError(f"the header ce_time is no moment: {error}") from error
    return Attributes(
        id=read.get_id(),
        type=read.get_type(),
        subject=read.get_subject(),
        moment=_in_utc(cast(datetime, read.get_time())),
        version=str(read.get_extension(VERSION_EXTENSION)),
        content_type=read.get_datacontenttype(),
    )


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise BadEventError(f"the header ce_time is out of range: {error}") from error


def _version_of(text: str) -> int:
    if not _VERSION.fullmatch(text):
        raise BadEventError(
            f"the header ce_{VERSION_EXTENSION} must be a whole number from 1 to 999999999, not {text[:40]!r}"
        )
    return int(text)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _refuse_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key stands there twice")
    return members


_CANONICAL_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_STRICT_JSON = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_refuse_doubles)
"""Made once: json.dumps and json.loads would make them anew for every text."""


@cache
def schema_of(kind: type[Schema]) -> Schema:
    """Return the one instance of a schema."""
    return kind()


@cache
def _compiled(kind: type[Schema]) -> CompiledLoader:
    return compiled_loader(schema_of(kind))
