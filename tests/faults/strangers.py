"""What other producers write to the topics: events that nobody can use, good ones between them, and old ones again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from kafka import KafkaProducer

from shared.event_log.embedded import EmbeddedLog
from shared.event_log.port import Headers, Message, Record
from tests.faults.house import PREFIX, House
from tests.faults.waiting import PATIENCE

TOPIC = "companies"
OVERSIZED = 1_000_000
"""Bytes of a value: more than ours may send, less than a broker takes."""


@dataclass(frozen=True)
class Written:
    """A message as a stranger writes it."""

    key: bytes
    value: bytes | None
    headers: Headers


def company_event(id: str, version: int = 1, **changes: Any) -> Written:
    """Write a company's event by hand, with a field that nobody knows yet."""
    state = {
        "id": id,
        "version": version,
        "status": "active",
        "updated_at": "2026-03-02T08:00:00.000000Z",
        "name": f"Foreign {id}",
        "shoe_size": 43,
        "contact": {"email": f"{id}+{version}@example.org"},
        **changes,
    }
    return Written(id.encode(), json.dumps(state).encode(), headers_of(id, version))


def headers_of(id: str, version: int, **changes: str) -> Headers:
    plain = {
        "ce_specversion": "1.0",
        "ce_id": f"{id}:{version}",
        "ce_type": "company.created",
        "ce_source": "/elsewhere",
        "ce_time": "2026-03-02T08:00:00Z",
        "ce_subject": id,
        "ce_aggregateversion": str(version),
        "content-type": "application/json",
        **changes,
    }
    return tuple((name, text.encode()) for name, text in plain.items())


def bad_events(broker: bool) -> list[Written]:
    """Return events that no handler can use: poisoned, oversized, of unknown types and versions."""
    good = company_event("bad")
    assert good.value is not None
    big = json.dumps({"id": "bad", "version": 1, "filler": "x" * OVERSIZED}).encode()[:OVERSIZED]
    found = [
        Written(b"bad", b"\x00\xff no json", good.headers),
        Written(b"bad", b'{"id": "bad", "id": "bad"}', good.headers),
        Written(b"bad", b"[" * 100_000, good.headers),
        Written(b"bad", b'{"id": "bad", "version": NaN}', good.headers),
        Written(b"bad", b"{}", good.headers),
        Written(b"bad", big, good.headers),
        Written(b"bad", None, good.headers),
        Written(b"bad", good.value, ()),
        Written(b"bad", good.value, good.headers[1:]),
        Written(b"bad", good.value, (*good.headers, good.headers[0])),
        Written(b"bad", good.value, headers_of("bad", 1, ce_type="planet.exploded")),
        Written(b"bad", good.value, headers_of("bad", 1, ce_type="partner.created")),
        Written(b"bad", good.value, headers_of("bad", 1, ce_specversion="2.0")),
        Written(b"bad", good.value, headers_of("bad", 1, ce_time="yesterday")),
        Written(b"bad", good.value, headers_of("bad", 2)),
        Written(b"bad", good.value, headers_of("bad", 1, ce_aggregateversion="-1")),
        Written(b"other", good.value, good.headers),
        company_event("bad", 1, contact="nobody"),
        company_event("bad", 1, shoe_size="x" * OVERSIZED),  # else quite valid
    ]
    if broker:  # the embedded log keeps keys as text
        found.append(Written(b"\xff\xfe", good.value, good.headers))
    return found


def write(house: House, events: list[tuple[str, Written]]) -> None:
    """Append events, given with their topics, as a program that knows none of our rules; durable on return."""
    if house.broker is not None:
        producer = KafkaProducer(
            bootstrap_servers=[house.broker.server], acks="all", reconnect_backoff_max_ms=1000
        )
        try:
            futures = [
                producer.send(f"{PREFIX}.{topic}", key=one.key, value=one.value, headers=list(one.headers))
                for topic, one in events
            ]
            for future in futures:
                future.get(timeout=PATIENCE)
        finally:
            producer.close(timeout=5)
        return
    assert isinstance(house.log, EmbeddedLog)
    for topic, one in events:
        message = Message(topic, one.key.decode(), one.value, one.headers)
        house.log.topic(topic).append([message], house.log.now_ms())


def again(records: list[Record]) -> list[tuple[str, Written]]:
    """Return what was read, to be written once more, in the same order per key."""
    return [
        (one.topic, Written(one.key.encode(errors="surrogateescape"), one.value, one.headers))
        for one in records
    ]
