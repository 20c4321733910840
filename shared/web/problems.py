"""Errors in one shape: RFC 9457 problem details for the API, a page for people."""

from __future__ import annotations

import errno
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from itertools import islice
from typing import Any

import sqlalchemy.exc
from flask import Flask, Response, g, render_template, request
from flask_babel import gettext
from marshmallow import INCLUDE, Schema, fields
from werkzeug.exceptions import HTTPException, SecurityError

from shared.faults import Fault
from shared.messaging.outbox import EventTooLargeError

log = logging.getLogger(__name__)

API_PREFIX = "/api/"
CONTENT_TYPE = "application/problem+json"
STORAGE_ERRORS = {errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO, errno.EACCES, errno.EPERM}
MOST_ERRORS = 50
"""Errors that one answer tells; whoever mends these is told the rest."""
FieldErrors = Sequence[Mapping[str, str]]


class FieldErrorSchema(Schema):
    """What is wrong with one field."""

    field = fields.String(required=True, metadata={"example": "capabilities.0.text"})
    problem = fields.String(required=True)
    fix = fields.String()


class ProblemSchema(Schema):
    """RFC 9457 problem details; `errors` names each field that is wrong and how to mend it.

    Some have more members (section 3.2 of the RFC), such as the version that a record is at.
    """

    class Meta:
        """Take members that are not listed."""

        unknown = INCLUDE

    type = fields.String(required=True, metadata={"example": "about:blank"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    instance = fields.String()
    request_id = fields.String()
    errors = fields.List(fields.Nested(FieldErrorSchema))
    current_version = fields.Integer(allow_none=True)


class Problem(Exception):  # the standard's own word
    """An answer that says what went wrong; raise it anywhere while a request is answered.

    `values` fill the places of `detail`, so that pages can translate it.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str | None = None,
        errors: FieldErrors = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        values: Mapping[str, object] | None = None,
    ) -> None:
        self.template = detail
        self.values = dict(values or {})
        self.detail = detail % self.values if self.values else detail
        super().__init__(self.detail)
        self.status = status
        self.title = title or HTTPStatus(status).phrase
        self.errors = list(errors)[:MOST_ERRORS]
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


FIXES = {
    "Missing data for required field.": "Send this field.",
    "Field may not be null.": "Send a value, or leave the field out.",
    "Unknown field.": "Take this field out, or correct its name.",
    "Not a valid string.": "Send a text in quotation marks.",
    "Not a valid integer.": "Send a whole number, without quotation marks.",
    "Not a valid number.": "Send a number, without quotation marks.",
    "Not a valid boolean.": "Send true or false.",
    "Not a valid list.": "Send a list in square brackets, also for one value.",
    "Not a valid mapping type.": "Send an object in curly brackets.",
    "Invalid input type.": "Send an object in curly brackets.",
    "Not a valid date.": "Send a date such as 2026-03-02.",
    "Not a valid email address.": "Send one address such as name@example.org.",
    "Not a valid URL.": "Send an address that starts with https://.",
}
"""What to do about marshmallow's own messages; a `Fault` says it itself."""
CORRECT = "Correct this field and send it again."
"""What to do where nothing better is known."""


def field_error(field: str, problem: str, fix: str = "") -> dict[str, str]:
    """Name a field, what is wrong with it and how to mend it."""
    return {"field": field, "problem": problem, **({"fix": fix} if fix else {})}


def faults_in(messages: Any, path: str = "") -> list[Fault]:
    """Read marshmallow's nested messages as one fault a message, with the field's dotted path; at most the first 50.

    A message is a text or a `Fault`, whose path is not known where it is raised.
    """
    return list(islice(_each_fault(messages, path), MOST_ERRORS))


def _each_fault(messages: Any, path: str) -> Iterator[Fault]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _each_fault(inner, path if key == "_schema" else f"{path}.{key}" if path else str(key))
        return
    if isinstance(messages, list | tuple):
        for inner in messages:
            yield from _each_fault(inner, path)
        return
    field = path or "(body)"
    if isinstance(messages, Fault):
        yield replace(messages, field=field)
    else:
        yield Fault(field, str(messages), FIXES.get(str(messages), ""))


def _entries(messages: Any) -> list[dict[str, str]]:
    return [replace(fault, fix=fault.fix or CORRECT).to_json() for fault in faults_in(messages)]


def _translated(text: str, values: Mapping[str, object] | None = None) -> str:
    """Return a text in the reader's language, with its places filled; one without a translation stays as it is."""
    read = gettext(text) if text else ""
    return read % values if values else read


def problem_response(problem: Problem) -> Response:
    """Answer with a problem: JSON where an API was asked, a page where a person looks."""
    request_id = str(g.get("request_id", ""))
    if not request.path.startswith(API_PREFIX):
        page = render_template("problem.html", problem=problem, said=_translated, request_id=request_id)
        response = Response(page, status=problem.status, mimetype="text/html")
    else:
        body = {
            "type": "about:blank",
            "title": problem.title,
            "status": problem.status,
            "detail": problem.detail,
            "instance": request.script_root + request.path,
            "request_id": request_id,
            **({"errors": problem.errors} if problem.errors else {}),
            **problem.extra,
        }
        text = json.dumps(body, ensure_ascii=False)
        response = Response(text, status=problem.status, mimetype=CONTENT_TYPE)
    response.headers.extend(problem.headers)
    return response


def problem_of_http_error(error: HTTPException) -> Problem:
    """Read a werkzeug error (with what webargs hung on it) as a problem."""
    status = error.code or 500
    data = getattr(error, "data", None) or {}
    messages = data.get("errors") or data.get("messages") or {}
    if isinstance(messages, Mapping) and set(messages) <= {
        "json",
        "query",
        "headers",
        "form",
        "files",
        "path",
    }:
        errors = [entry for inner in messages.values() for entry in _entries(inner)]
    else:
        errors = _entries(messages)
    detail = str(data.get("message") or "")
    if not detail and errors:
        detail = "These fields are wrong: " + ", ".join(sorted({entry["field"] for entry in errors})) + "."
        if len(errors) >= MOST_ERRORS:
            detail += f" These are the first {MOST_ERRORS}; there may be more."
    headers = dict(error.get_response().headers)
    kept_names: tuple[str, ...] = ("Allow", "Retry-After", "WWW-Authenticate", "Location")
    kept = {name: headers[name] for name in kept_names if name in headers}
    return Problem(
        status, detail or error.description or error.name, title=error.name, errors=errors, headers=kept
    )


def handle_problems(app: Flask) -> None:
    """Have an app answer every error as a problem; what nobody foresaw is logged with its request id."""

    @app.errorhandler(Problem)
    def known(problem: Problem) -> Response:
        return problem_response(problem)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if isinstance(error, SecurityError):  # not our host: no page can be made, addresses cannot be built
            return Response("This address is not served here.\n", status=400, mimetype="text/plain")
        if error.code is not None and error.code < 400:
            return Response(error.get_body(), status=error.code, headers=error.get_headers())
        return problem_response(problem_of_http_error(error))

    @app.errorhandler(EventTooLargeError)
    def too_large(error: EventTooLargeError) -> Response:
        return problem_response(Problem(413, "This is too large: %(why)s.", values={"why": error}))

    @app.errorhandler(sqlalchemy.exc.OperationalError)
    @app.errorhandler(OSError)
    def away(error: Exception) -> Response:
        if isinstance(error, OSError) and error.errno not in STORAGE_ERRORS:
            return unforeseen(error)
        log.error("storage failed: %s", error)
        return problem_response(
            Problem(
                503,
                "Nothing was saved: the storage is full, read-only or away. Try again; if it goes on, tell the "
                "administrator to look at the disk and the database.",
                headers={"Retry-After": "10"},
            )
        )

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        log.exception("request %s failed", g.get("request_id", ""), exc_info=error)
        return problem_response(
            Problem(500, "Something went wrong here; quote the request id to the administrator.")
        )
