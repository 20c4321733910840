"""The catalogue: every topic and every event type there is, and the schema of the state each carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from marshmallow import Schema

from shared.events import states


@dataclass(frozen=True)
class Topic:
    """A topic without the organiser's prefix; compacted, keyed by aggregate id, written by one service."""

    name: str
    service: str
    aggregate: str
    schema: type[Schema]
    personal_data: bool
    event_types: tuple[str, ...]


def _topic(
    name: str, service: str, aggregate: str, schema: type[Schema], *happened: str, personal: bool = False
) -> Topic:
    return Topic(
        name, service, aggregate, schema, personal, tuple(f"{aggregate}.{word}" for word in happened)
    )


TOPICS: Mapping[str, Topic] = {
    topic.name: topic
    for topic in (
        _topic(
            "companies",
            "profiles",
            "company",
            states.Company,
            "created",
            "replaced",
            "withdrawn",
            "erased",
            personal=True,
        ),
        _topic(
            "partners",
            "profiles",
            "partner",
            states.Partner,
            "created",
            "replaced",
            "withdrawn",
            "erased",
            personal=True,
        ),
        _topic(
            "requests",
            "profiles",
            "request",
            states.MatchRequest,
            "created",
            "replaced",
            "withdrawn",
            "erased",
        ),
        _topic("visits", "profiles", "visit", states.Visit, "created", "replaced", "withdrawn", "erased"),
        _topic(
            "introductions",
            "matching",
            "introduction",
            states.Introduction,
            "approved",
            "cancelled",
            "erased",
        ),
        _topic(
            "deliveries",
            "notifications",
            "delivery",
            states.Delivery,
            "waiting",
            "queued",
            "sent",
            "failed",
            "cancelled",
            "erased",
        ),
    )
}
"""Every topic by name."""

EVENT_TYPES: Mapping[str, Topic] = {kind: topic for topic in TOPICS.values() for kind in topic.event_types}
"""The topic of every event type."""
