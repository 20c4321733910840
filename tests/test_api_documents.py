"""Every address of the three API documents answers as its document says, whatever is sent, to anyone and to staff.

What is sent is made of the documents by schemathesis, the same in every run: each bound of each field, what lies just
beyond it, other methods and content types, and some drawn ones.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test
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


METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def _text(service: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((DOCS / "openapi" / f"{service}.json").read_text(encoding="utf-8"))
    return read


OPERATIONS = [
    pytest.param(service, path, method, id=f"{service} {method.upper()} {path}")
    for service in SERVICES
    for path, methods in _text(service)["paths"].items()
    for method in methods
    if method in METHODS
]


@cache
def _document(service: str) -> schemathesis.BaseSchema:
    document = schemathesis.openapi.from_dict(_text(service))
    document.config.generation.with_security_parameters = False  # `ask` says who asks
    return document


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, ApiWorld]]:
    clock = SettableClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    made = {name: make_world(name, tmp_path_factory.mktemp(name), clock) for name in SERVICES}
    yield made
    for world in made.values():
        world.close()


@pytest.mark.parametrize(("service", "path", "method"), OPERATIONS)
def test_each_address_answers_as_its_document_says(
    service: str, path: str, method: str, worlds: Mapping[str, ApiWorld]
) -> None:
    document = _document(service)
    # Made here and not at the collection, by `parametrize` of the document: each process of the tests would make all,
    # and what it collects has one name for all addresses, of which pytest-xdist runs one.
    config = HypothesisTestConfig(project=document.config, modes=list(HypothesisTestMode))
    ask_all = create_test(operation=document[path][method], test_func=ask, config=config)
    ask_all(world=worlds[service])


@SAME_EACH_TIME
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
