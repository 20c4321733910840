"""Traces: one submission followed from the request through outbox, event log and report to the mail.

Off unless `switch_on` was called: OpenTelemetry is then not even imported, `current` and `span` cost a comparison.
A trace is carried on as text, the W3C's traceparent: with the outbox row, as the CloudEvents extension
`ce_traceparent` in the event log, and in the tables of work that is done later. See docs/decisions/0010.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from shared.clock import from_text
from shared.event_log.port import Message
from shared.events.usual_headers import TRACE_HEADER

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

EXPORT_SECONDS = 2.0
Kind = Literal["server", "producer", "consumer", "internal", "client"]
Values = dict[str, str | int]

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_tracer: Tracer | None = None
_nothing: AbstractContextManager[None] = nullcontext()


def switch_on(endpoint: str, service: str, exporter: SpanExporter | None = None) -> None:
    """Begin to make spans and to send them to an OTLP receiver over HTTP, in the background.

    In a process that forks, call it after the fork. A receiver that is away costs spans, never work.
    """
    global _tracer
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"handslag-{service}"}))
    sender = exporter or OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(sender, schedule_delay_millis=1000))
    _tracer = provider.get_tracer("handslag")


def is_on() -> bool:
    """Say whether spans are made."""
    return _tracer is not None


def current() -> str | None:
    """Return the traceparent of the span that this thread is in, to be carried on; None outside or when off."""
    if _tracer is None:
        return None
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def current_trace_id() -> str | None:
    """Return the id of the trace that this thread is in; None outside or when off."""
    traceparent = current()
    return None if traceparent is None else traceparent.split("-")[1]


def span(
    name: str, parent: str | None = None, kind: Kind = "internal", values: Values | None = None
) -> AbstractContextManager[None]:
    """Be in a span while the block runs.

    It continues the trace of `parent`, a traceparent; without one that of the span around it, or a new one. An
    exception that leaves the block marks it as failed, without the exception's words: they may be personal.
    """
    return _nothing if _tracer is None else _span(_tracer, name, parent, kind, values)


def carried_on(name: str, parent: str | None, kind: Kind = "internal") -> AbstractContextManager[None]:
    """Be in a span only where there is a trace to continue."""
    return _nothing if _tracer is None or parent is None else _span(_tracer, name, parent, kind, None)


def note(**values: str | int) -> None:
    """Write values on the span that this thread is in."""
    if _tracer is not None:
        from opentelemetry import trace

        trace.get_current_span().set_attributes({f"handslag.{name}": value for name, value in values.items()})


def link(traceparent: str | None) -> None:
    """Link the span that this thread is in to another one, which led to it without being its cause."""
    if _tracer is None or traceparent is None:
        return
    from opentelemetry import trace

    trace.get_current_span().add_link(trace.get_current_span(_context(traceparent)).get_span_context())


def published(service: str, rows: Sequence[tuple[str | None, str]]) -> None:
    """Make a span for each row of the outbox whose trace is known: from when it was recorded until it was taken.

    A row is its traceparent and the moment it was recorded, as text.
    """
    if _tracer is None:
        return
    from opentelemetry.trace import SpanKind

    for traceparent, recorded in rows:
        if traceparent is not None:
            begun = int(from_text(recorded).timestamp() * 1e9)
            context, values = _context(traceparent), {"handslag.service": service}
            name, kind = f"{service} publish", SpanKind.PRODUCER
            _tracer.start_span(name, context, kind, values, start_time=begun).end()


def traced(message: Message, traceparent: str) -> Message:
    """Return a message with the header that carries its trace on."""
    return replace(message, headers=(*message.headers, (TRACE_HEADER, traceparent.encode())))


def traceparent_of(headers: Sequence[tuple[str, bytes]]) -> str | None:
    """Return what a record's headers say of its trace; None when off, or when they say nothing of use."""
    if _tracer is None:
        return None
    found = next((value for name, value in headers if name == TRACE_HEADER), b"").decode("ascii", "replace")
    return found if _TRACEPARENT.fullmatch(found) else None


@contextmanager
def _span(tracer: Tracer, name: str, parent: str | None, kind: Kind, values: Values | None) -> Iterator[None]:
    from opentelemetry.trace import SpanKind, Status, StatusCode

    with tracer.start_as_current_span(
        name,
        None if parent is None else _context(parent),
        SpanKind[kind.upper()],
        attributes=values,
        record_exception=False,
        set_status_on_exception=False,
    ) as made:
        try:
            yield
        except BaseException as error:
            made.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def _context(traceparent: str) -> Context:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent})
