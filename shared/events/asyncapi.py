"""The AsyncAPI document of all events, made from the catalogue.

`python -m shared.events.asyncapi > docs/asyncapi.yaml` writes it.
"""

from __future__ import annotations

import sys
from typing import Any

import yaml
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from shared.events.catalogue import TOPICS, Topic
from shared.events.envelope import is_tombstone_type, source_of
from shared.events.usual_headers import CONTENT_TYPE, VERSION_EXTENSION

_TEXT = {"type": "string"}
_NO_STATE = "tombstone"


def document() -> dict[str, Any]:
    """Return the document (AsyncAPI 3.0) as JSON types."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Handslag events",
            "version": "1",
            "description": (
                "CloudEvents 1.0 in Kafka's binary mode on compacted topics, keyed by aggregate id. Every event "
                "carries its aggregate's whole state; the key's tombstone has the same headers and no value. "
                "Topics have the organiser's prefix before their name, `handslag.` by default. Pass over records with "
                "the key `handslag.pulse`: they have the header `handslag-pulse`, no value and no meaning, and let the "
                "broker compact topics that nobody writes to."
            ),
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {name: _channel(topic) for name, topic in TOPICS.items()},
        "operations": {f"publish-{name}": _operation(topic) for name, topic in TOPICS.items()},
        "components": {
            "messages": {
                kind: _message(topic, kind) for topic in TOPICS.values() for kind in topic.event_types
            },
            "schemas": {**_schemas(), _NO_STATE: {"type": "null", "description": "the aggregate is erased"}},
        },
    }


def text() -> str:
    """Return the document as YAML."""
    written: str = yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=110)
    return written


def _channel(topic: Topic) -> dict[str, Any]:
    personal = "Holds personal data." if topic.personal_data else "Holds ids, no personal data."
    return {
        "address": f"handslag.{topic.name}",
        "description": f"States of each {topic.aggregate}, by the {topic.service} service. {personal}",
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in topic.event_types},
        "bindings": {"kafka": {"topicConfiguration": {"cleanup.policy": ["compact"]}}},
    }


def _operation(topic: Topic) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"The {topic.service} service tells what happened to a {topic.aggregate}.",
    }


def _message(topic: Topic, kind: str) -> dict[str, Any]:
    schema = _NO_STATE if is_tombstone_type(kind) else topic.schema.__name__
    return {
        "name": kind,
        "contentType": CONTENT_TYPE,
        "headers": _headers(topic, kind),
        "payload": {"$ref": f"#/components/schemas/{schema}"},
        "bindings": {"kafka": {"key": {**_TEXT, "description": f"the {topic.aggregate}'s id"}}},
    }


def _headers(topic: Topic, kind: str) -> dict[str, Any]:
    names: dict[str, Any] = {
        "ce_specversion": {**_TEXT, "const": "1.0"},
        "ce_id": {**_TEXT, "description": "`aggregate id:version`"},
        "ce_type": {**_TEXT, "const": kind},
        "ce_source": {**_TEXT, "const": source_of(topic)},
        "ce_time": {**_TEXT, "format": "date-time"},
        "ce_subject": {**_TEXT, "description": f"the {topic.aggregate}'s id"},
        f"ce_{VERSION_EXTENSION}": {**_TEXT, "pattern": "^[1-9][0-9]{0,8}$"},
    }
    if not is_tombstone_type(kind):
        names["content-type"] = {**_TEXT, "const": CONTENT_TYPE}
    return {"type": "object", "properties": names, "required": list(names)}


def _schemas() -> dict[str, Any]:
    """Return the JSON Schemas of all states, and of the parts they nest, by name."""
    spec = APISpec(title="states", version="1", openapi_version="3.1.0", plugins=[MarshmallowPlugin()])
    for topic in TOPICS.values():
        name = topic.schema.__name__
        if name not in spec.components.schemas:
            spec.components.schema(name, schema=topic.schema)
    schemas: dict[str, Any] = spec.to_dict()["components"]["schemas"]
    return dict(sorted(schemas.items()))


if __name__ == "__main__":
    sys.stdout.write(text())
