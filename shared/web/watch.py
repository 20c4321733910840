"""What is seen of each request from outside: its id, a line in the log, a count, a span.

None of it holds what the visitor sent or who it is: the route's template, not the path; no query, no address.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack

from flask import Flask, Response, g, request

from shared.ids import ID_PATTERN, random_ids
from shared.telemetry import logs, metrics, traces

log = logging.getLogger(__name__)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def watch(app: Flask, service: str) -> None:
    """Have every request of an app named, counted, traced and logged; call it before anything else can refuse one.

    A trace begins here: what a visitor sends as `traceparent` is not believed.
    """

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if ID_PATTERN.fullmatch(given) else random_ids()
        g.begun = time.perf_counter()
        logs.begin_request(service=service, request_id=g.request_id)
        if traces.is_on():
            g.span = ExitStack()
            g.span.enter_context(traces.span(f"{_method()} {_route()}", kind="server"))
            traces.note(service=service, request_id=g.request_id)

    @app.after_request
    def count(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("begun", time.perf_counter())
        method, route, status = _method(), _route(), response.status_code
        metrics.HTTP_REQUESTS.add(1, service, route, method, str(status))
        metrics.HTTP_SECONDS.observe(seconds, service, route, method)
        if traces.is_on():
            traces.note(status=status)
        if log.isEnabledFor(logging.INFO):
            values = {"method": method, "route": route, "status": status, "ms": round(1000 * seconds, 1)}
            log.info("answered", extra=values)
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        span: ExitStack | None = g.pop("span", None)
        if span is not None:
            span.close()


def _route() -> str:
    return "none" if request.url_rule is None else request.url_rule.rule


def _method() -> str:
    return request.method if request.method in METHODS else "other"
