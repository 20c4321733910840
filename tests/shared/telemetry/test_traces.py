"""Spans, where they are switched on; nothing at all where they are not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.event_log.port import Message
from shared.telemetry import traces

SUBMISSION = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(traces, "_tracer", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


def only(exporter: InMemorySpanExporter) -> ReadableSpan:
    [span] = exporter.get_finished_spans()
    return span


def test_nothing_is_imported_or_made_while_traces_are_off() -> None:
    code = (
        "import sys; from shared.telemetry import traces\n"
        "import shared.messaging.relay, shared.messaging.consumer, shared.web.app\n"
        "with traces.span('a'), traces.carried_on('b', '" + SUBMISSION + "'): traces.note(status=1)\n"
        "assert traces.current() is None and traces.traceparent_of((('ce_traceparent', b'x'),)) is None\n"
        "traces.link('x'); traces.published('profiles', [('x', 'y')])\n"
        "found = [one for one in sys.modules if one.startswith(('opentelemetry', 'prometheus_client'))]\n"
        "assert not found, found\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=200)


def test_a_span_continues_the_trace_that_came_as_text(spans: InMemorySpanExporter) -> None:
    with traces.carried_on("handle", SUBMISSION, "consumer"):
        inside = traces.current()
        assert traces.current_trace_id() == "0af7651916cd43dd8448eb211c80319c"
    span = only(spans)
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == "b7ad6b7169203331"
    own = span.get_span_context()
    assert own is not None
    assert inside == f"00-0af7651916cd43dd8448eb211c80319c-{own.span_id:016x}-01"
    assert traces.current() is None


def test_without_a_trace_to_continue_no_span_is_made(spans: InMemorySpanExporter) -> None:
    with traces.carried_on("handle", None):
        assert traces.current() is None
    assert spans.get_finished_spans() == ()


def test_an_error_marks_its_span_without_its_words(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="canary"), traces.span("make"):
        raise ValueError("canary")
    span = only(spans)
    assert span.status.description == "ValueError"
    assert "canary" not in span.to_json()


def test_an_approval_is_linked_to_what_led_to_it(spans: InMemorySpanExporter) -> None:
    with traces.span("approve"):
        traces.link(SUBMISSION)
        traces.link(None)
    [link] = only(spans).links
    assert f"{link.context.trace_id:032x}" in SUBMISSION


def test_a_message_carries_its_trace_in_the_header_that_cloudevents_names(
    spans: InMemorySpanExporter,
) -> None:
    message = traces.traced(Message("companies", "acme", b"{}", (("ce_id", b"acme:1"),)), SUBMISSION)
    assert message.headers == (("ce_id", b"acme:1"), ("ce_traceparent", SUBMISSION.encode()))
    assert traces.traceparent_of(message.headers) == SUBMISSION
    for wrong in (b"", b"00-1", b"\xff", SUBMISSION.upper().encode(), SUBMISSION.encode() + b"\n"):
        assert traces.traceparent_of((("ce_traceparent", wrong),)) is None


def test_publishing_is_seen_from_the_recording_on(spans: InMemorySpanExporter) -> None:
    traces.published(
        "profiles", [(SUBMISSION, "2026-03-02T08:00:00.000000Z"), (None, "2026-03-02T08:00:00Z")]
    )
    span = only(spans)
    assert span.name == "profiles publish"
    assert span.start_time == 1_772_438_400 * 10**9
