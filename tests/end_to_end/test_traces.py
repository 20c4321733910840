"""One submission followed by its traces, as a receiver of OTLP over HTTP gets them: to the report, and to the mails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.end_to_end.conftest import Process, Site, environment, wait_for
from tests.end_to_end.test_watching import SERVICES, introduce
from tests.free_ports import free_port
from tests.plugins.kafka_broker import KafkaBroker


@dataclass(frozen=True)
class Seen:
    """One span, as it came."""

    name: str
    process: str
    trace: bytes
    span: bytes
    parent: bytes
    links: tuple[bytes, ...]
    said: str


class Receiver:
    """Takes what is exported by OTLP over HTTP, as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.take(ExportTraceServiceRequest.FromString(body))
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, request: ExportTraceServiceRequest) -> None:
        for resource in request.resource_spans:
            named = {one.key: one.value.string_value for one in resource.resource.attributes}
            self.spans += [
                Seen(
                    span.name,
                    named["service.name"],
                    span.trace_id,
                    span.span_id,
                    span.parent_span_id,
                    tuple(link.trace_id for link in span.links),
                    str(span),
                )
                for scope in resource.scope_spans
                for span in scope.spans
            ]

    def trace_of(self, name: str) -> bytes | None:
        """Return the trace of the last span of a name."""
        return next((one.trace for one in reversed(self.spans) if one.name == name), None)

    def names(self, trace: bytes) -> list[str]:
        return [one.name for one in self.spans if one.trace == trace]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(params=["one machine", "processes on Kafka"])
def sites(
    request: pytest.FixtureRequest, receiver: Receiver, tmp_path: Path, start: Callable[..., Process]
) -> dict[str, Site]:
    """The sites of the services, in processes that make traces."""
    if request.param == "one machine":
        port = free_port()
        start("serve", "serve", env=environment(tmp_path, PORT=str(port), TRACES=receiver.url))
        sites = dict.fromkeys(SERVICES, Site(port))
    else:
        broker: KafkaBroker = request.getfixturevalue("kafka_broker")
        sites = {}
        for name in SERVICES:
            port = free_port()
            env = environment(
                tmp_path,
                PORT=str(port),
                TRACES=receiver.url,
                EVENT_LOG=broker.url,
                TOPIC_PREFIX=request.getfixturevalue("topic_prefix"),
            )
            start(f"web-{name}", "web", name, env=env)
            start(f"work-{name}", "work", name, env=env)
            sites[name] = Site(port)
    for name, site in sites.items():
        wait_for(f"{name} answers", site.answers)
    return sites


def test_a_submission_leads_to_its_report_and_the_approval_to_the_mails(
    sites: dict[str, Site], receiver: Receiver
) -> None:
    introduce(sites["profiles"], sites["matching"])

    def complete() -> bool:
        trace = receiver.trace_of("POST /api/v1/reports/<request_id>/approvals")
        return trace is not None and len(of_mails(trace)) == 4

    def of_mails(trace: bytes) -> list[str]:
        return [one for one in receiver.names(trace) if one == "matching handle delivery.sent"] + [
            one for one in receiver.names(trace) if one == "notifications send mail"
        ]

    wait_for("the mails' spans, and the news of them", complete)
    submission = receiver.trace_of("POST /api/v1/requests")
    approval = receiver.trace_of("POST /api/v1/reports/<request_id>/approvals")
    assert submission is not None
    assert approval is not None
    assert submission != approval
    for step in (
        "profiles publish",
        "matching handle request.created",
        "matching make report",
        "matching save report",
    ):
        assert step in receiver.names(submission), step
    for step in (
        "matching publish",
        "notifications handle introduction.approved",
        "notifications write mails",
        "notifications send mail",
        "notifications record mail",
        "notifications publish",
    ):
        assert step in receiver.names(approval), step

    approving = next(one for one in receiver.spans if one.name.endswith("/approvals") and one.links)
    assert approving.links == (submission,), "the approval leads back to the making of the report"
    known = {one.span for one in receiver.spans}
    assert all(not one.parent or one.parent in known for one in receiver.spans if one.trace == approval)
    assert "canary" not in str([one.said.lower() for one in receiver.spans])


def test_a_visitor_does_not_choose_the_trace_and_a_receiver_that_is_away_stops_nothing(
    receiver: Receiver, tmp_path: Path, start: Callable[..., Process]
) -> None:
    port = free_port()
    process = start("serve", "serve", env=environment(tmp_path, PORT=str(port), TRACES=receiver.url))
    site = Site(port)
    wait_for("the site answers", site.answers)
    wait_for("a span", lambda: receiver.trace_of("GET /sign-in"))
    chosen = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
    assert site.call("GET", "/api/v1/companies", traceparent=chosen)[0] == 200
    seen = wait_for("its span", lambda: receiver.trace_of("GET /api/v1/companies"))
    assert seen.hex() not in chosen
    receiver.server.server_close()
    for _ in range(20):
        assert site.call("GET", "/api/v1/companies")[0] == 200
    assert process.end() == 0
