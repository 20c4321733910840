"""What the handlers refuse, as problem details."""

from __future__ import annotations

from flask import Flask, Response

from services.profiles.organisations import actions as handlers
from services.profiles.organisations.domain.codes import KINDS
from services.profiles.organisations.domain.offers import FieldsError
from shared.web.api import not_found, stale_version
from shared.web.problems import Problem, field_error, problem_response

Refusal = handlers.ProfileError | FieldsError


def problem_of(error: Refusal) -> Problem:
    """Give the answer to a change that was refused; each field in question is named with the fix."""
    if isinstance(error, FieldsError):
        entries = [field_error(field, *problem.split("; ", 1)) for field, problem in error.problems.items()]
        return Problem(422, f"These fields are wrong: {', '.join(error.problems)}.", errors=entries)
    if isinstance(error, handlers.StaleVersionError):
        return stale_version(error.current)
    if isinstance(error, handlers.NotFoundError):
        return not_found(KINDS[error.kind].aggregate, error.id)
    errors = []
    if isinstance(error, handlers.DuplicateIdError):
        errors = [field_error("id", f"{error.id} is taken", "choose another, or replace what has it")]
    return Problem(409, f"{str(error)[0].upper()}{str(error)[1:]}.", errors=errors)


def handle_profile_errors(app: Flask) -> None:
    """Have an app answer the handlers' refusals as problems."""

    def answer(error: Refusal) -> Response:
        return problem_response(problem_of(error))

    for refusal in (handlers.ProfileError, FieldsError):
        app.register_error_handler(refusal, answer)
