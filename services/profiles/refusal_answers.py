"""Refusals, and fields that are wrong, as problem details."""

from __future__ import annotations

from flask import Flask, Response
from marshmallow import ValidationError

from services.profiles.refusals import Refusal, RefusedError
from shared.web.api import not_found, stale_version
from shared.web.problems import Problem, faults_in, problem_response

FULL_SECONDS = "3600"
"""After which it may be tried again where too much waits: people have to look at that first."""


def problem_of(refused: RefusedError) -> Problem:
    """Return the answer to a refused change; each field in question is named with the fix."""
    entries = [fault.to_json() for fault in refused.faults]
    if refused.kind is Refusal.INVALID:
        names = ", ".join(fault.field for fault in refused.faults)
        return Problem(422, f"These fields are wrong: {names}.", errors=entries)
    if refused.kind is Refusal.STALE and refused.current_version is not None:
        return stale_version(refused.current_version)
    if refused.kind is Refusal.UNKNOWN:
        return not_found(str(refused.values["aggregate"]), str(refused.values["id"]))
    if refused.kind is Refusal.TOO_MANY:
        seconds = str(refused.values["seconds"])
        detail = f"Too many submissions came from your address. Send it again in {seconds} seconds."
        return Problem(429, detail, headers={"Retry-After": seconds})
    message = str(refused)
    sentence = f"{message[0].upper()}{message[1:]}."
    if refused.kind is Refusal.TOO_LARGE:
        return Problem(413, sentence)
    if refused.kind is Refusal.FULL:
        return Problem(503, sentence, headers={"Retry-After": FULL_SECONDS})
    return Problem(409, sentence, errors=entries)


def handle_refusals(app: Flask) -> None:
    """Have an app answer refusals as problems, and fields that its schemas do not take (any more)."""

    @app.errorhandler(RefusedError)
    def refused(error: RefusedError) -> Response:
        return problem_response(problem_of(error))

    @app.errorhandler(ValidationError)
    def not_taken(error: ValidationError) -> Response:
        faults = faults_in(error.messages)
        return problem_response(problem_of(RefusedError(Refusal.INVALID, faults=faults)))
