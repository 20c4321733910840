"""Every address of the three API documents answers as its document says, whatever is sent, to anyone and to staff.

What is sent is made of the documents by schemathesis, the same in every run: each bound of each field, what lies just
beyond it, other methods and content types, and some drawn ones.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deploy.contracts import DOCS
from deploy.services import SERVICES
from shared.clock import SettableClock
from tests.api_worlds import STAFF, ApiWorld, make_world

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SAME_EACH_TIME = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
"""Some 6,000 cases in all, in half a minute: what is drawn is bounded here, the rest by the documents' fields."""


def _document(service: str) -> schemathesis.BaseSchema:
    text = (DOCS / "openapi" / f"{service}.json").read_text(encoding="utf-8")
    document = schemathesis.openapi.from_dict(json.loads(text))
    document.config.generation.with_security_parameters = False  # `ask` says who asks
    return document


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, ApiWorld]]:
    clock = SettableClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    made = {name: make_world(name, tmp_path_factory.mktemp(name), clock) for name in SERVICES}
    yield made
    for world in made.values():
        world.close()


@_document("profiles").parametrize()
@SAME_EACH_TIME
def test_profiles_answers_as_its_document_says(
    case: schemathesis.Case[Any], worlds: Mapping[str, ApiWorld]
) -> None:
    ask(case, worlds["profiles"])


@_document("matching").parametrize()
@SAME_EACH_TIME
def test_matching_answers_as_its_document_says(
    case: schemathesis.Case[Any], worlds: Mapping[str, ApiWorld]
) -> None:
    ask(case, worlds["matching"])


@_document("notifications").parametrize()
@SAME_EACH_TIME
def test_notifications_answers_as_its_document_says(
    case: schemathesis.Case[Any], worlds: Mapping[str, ApiWorld]
) -> None:
    ask(case, worlds["notifications"])


def ask(case: schemathesis.Case[Any], world: ApiWorld) -> None:
    """Send a case as anyone and as staff: two in three to where something is, and with the version that it is at."""
    given = dict(case.path_parameters)
    if zlib.crc32(repr(sorted(given.items())).encode()) % 3:
        known = world.known(case.path)
        case.path_parameters = {name: known.get(name, value) for name, value in given.items()}
    place = case.formatted_path
    seen = {"If-Match": world.last_tag(place)} if case.method != "GET" else {}
    for who in ({}, STAFF):
        answer = case.call(app=world.app, headers={**who, **seen})
        case.validate_response(answer, checks=CHECKS)
        for tag in answer.headers.get("etag", ()):
            world.note_tag(place, tag)
